import {GembatchError} from '../../domain/errors.js';
import type {Intent, JobRecord} from '../../domain/job/job-record.js';
import {awaitsFetch, awaitsService} from '../../domain/job/job-progress.js';
import {costOfRecord} from '../../domain/price/record-cost.js';
import type {PriceList} from '../../domain/price/price-list.js';
import type {JobStore, StoreSnapshot} from '../../store/job-store.js';
import type {FileEstimate} from '../estimate/file-estimator.js';
import {costOfJob} from './sum-costs.js';

/** Limits of what batch jobs may cost, in USD. */
export interface CostCaps {
  /** For the named request files with their retries and parts. */
  readonly maxCost?: number;
  /** For all that is submitted on one day, UTC. */
  readonly maxCostPerDay?: number;
  /** A day, UTC, as `2026-11-28`: `maxCost` is for everything that was submitted since, whatever is named. */
  readonly since?: string;
}

/** What counts under the caps of a submission, and by which prices. */
export interface CostRoomInput {
  readonly caps: CostCaps;
  /** `input_file` of the named request files, and of jobs that are retried. */
  readonly named: readonly string[];
  readonly prices: PriceList;
  readonly nowMs: number;
  /** Batch jobs whose results this process is fetching. */
  readonly followed?: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

/** What one batch job has cost, or at most will, as far as it is known. */
interface Spending {
  /** A create without an answer: when nothing came of it, its file itself counts in its place. */
  readonly unanswered?: Intent;
  /** Request file, for messages. */
  readonly file: string;
  /** USD; null when unknown. */
  readonly usd: number | null;
  /** Whether it may soon be known to have cost less. */
  readonly isOpen: boolean;
  /** A job that is over and whose results this process is not fetching; another run may be. */
  readonly unfetched?: string;
}

interface Cap {
  readonly flag: string;
  readonly usd: number;
  readonly spent: readonly Spending[];
}

/** Cents of cents, which sums of many numbers are off by. */
const ROUNDING_USD = 1e-9;

/**
 * What may still be spent, while a session is held: no other process creates jobs then.
 *
 * What was answered counts with what it used; everything else with the high end of its estimate, creates without an answer
 * too. So a cap is kept as long as no job costs more than its estimate.
 */
export class CostRoom {
  readonly #caps: readonly Cap[];
  /** High estimates of the files that were let through, by `input_file`. */
  readonly #taken = new Map<string, number>();
  /** Attempts of creates of which no job came. */
  readonly #failed = new Set<string>();

  constructor(caps: readonly Cap[]) {
    this.#caps = caps;
  }

  /** Whether there may be more room soon, as jobs end. */
  get isOpen(): boolean {
    return this.#caps.some(({spent}) => spent.some((entry) => entry.isOpen));
  }

  /** Jobs that are over and whose results another run may be fetching. */
  get unfetched(): readonly string[] {
    return this.#caps.flatMap(({spent}) => spent.flatMap(({unfetched}) => unfetched ?? []));
  }

  /** Whether there is room for a job that costs so much at most. */
  fits(inputFile: string, high: number | null): boolean {
    if (high === null) return false;
    return this.#caps.every(
      (cap) =>
        this.#counted(cap).every(({usd}) => usd !== null) &&
        this.#spent(cap, inputFile) + high <= cap.usd + ROUNDING_USD,
    );
  }

  /**
   * Takes room for the batch job of a request file, until `release`.
   *
   * @returns `COST_CAP` when there is too little.
   */
  take(inputFile: string, estimate: FileEstimate | undefined): GembatchError | undefined {
    const high = estimate?.cost_usd?.high;
    if (estimate === undefined || high === undefined) return unknownError(inputFile, estimate);
    for (const cap of this.#caps) {
      const unknown = this.#counted(cap).find(({usd}) => usd === null);
      if (unknown !== undefined) return unknownSpendingError(inputFile, cap, unknown);
      const spent = this.#spent(cap, inputFile);
      if (spent + high > cap.usd + ROUNDING_USD) return capError(cap, {estimate, high, spent});
    }
    this.#taken.set(inputFile, high);
    return undefined;
  }

  /** Gives back the room of a file of which no job came. */
  release(inputFile: string): void {
    this.#taken.delete(inputFile);
  }

  /** Counts creates no more of which it is known by now that no job came of them. */
  forget(attempts: Iterable<string>): void {
    for (const attempt of attempts) this.#failed.add(attempt);
  }

  #counted({spent}: Cap): readonly Spending[] {
    return spent.filter(({unanswered}) => unanswered === undefined || !this.#failed.has(unanswered.attempt));
  }

  #spent(cap: Cap, inputFile: string): number {
    const before = this.#counted(cap).reduce(
      (sum, {usd, unanswered}) => sum + (unanswered?.input_file === inputFile ? 0 : (usd ?? 0)),
      0,
    );
    return [...this.#taken.values()].reduce((sum, usd) => sum + usd, before);
  }
}

/** The room under the caps of a submission, from all that is recorded; undefined without caps. */
export async function costRoom(
  store: JobStore,
  {records: stored, openIntents}: StoreSnapshot,
  input: CostRoomInput,
): Promise<CostRoom | undefined> {
  const {caps, named, nowMs} = input;
  const {maxCost, maxCostPerDay, since} = caps;
  if (maxCost === undefined && maxCostPerDay === undefined) return undefined;
  const records = stored.map(({record}) => record);
  const all = [...records, ...openIntents];
  const roots = rootsOf(store, records);
  const isNamed = new Set(named.map((file) => roots.ofFile(file)));
  const counted = (isCounted: (work: JobRecord | Intent) => boolean): Promise<readonly Spending[]> =>
    Promise.all(all.filter(isCounted).map((work) => spendingOf(store, work, input)));
  const today = new Date(nowMs).toISOString().slice(0, 10);
  const result: Cap[] = [];
  if (maxCost !== undefined) {
    const spent = await counted((work) =>
      since === undefined ? isNamed.has(roots.of(work)) : (dayOf(work) ?? since) >= since,
    );
    result.push({flag: '--max-cost', usd: maxCost, spent});
  }
  if (maxCostPerDay !== undefined) {
    const spent = await counted((work) => dayOf(work) === today);
    result.push({flag: '--max-cost-per-day', usd: maxCostPerDay, spent});
  }
  return new CostRoom(result);
}

/** The first request file of each chain of retries. */
function rootsOf(
  store: JobStore,
  records: readonly JobRecord[],
): {of: (work: JobRecord | Intent) => string; ofFile: (inputFile: string) => string} {
  const byName = new Map(records.map((record) => [record.batch.name, record]));
  const byFile = new Map<string, JobRecord>();
  const nameOf = ({input_file: file, attempt}: JobRecord | Intent): string =>
    attempt === undefined ? store.inputName(store.resolveInput(file)) : file;
  for (const record of records) byFile.set(nameOf(record), record);
  const of = (work: JobRecord | Intent): string => {
    const seen = new Set<string>();
    let first = work;
    for (let parent = byName.get(work.retry_of ?? ''); parent !== undefined;) {
      if (seen.has(parent.batch.name)) break;
      seen.add(parent.batch.name);
      first = parent;
      parent = byName.get(parent.retry_of ?? '');
    }
    return nameOf(first);
  };
  return {
    of,
    ofFile: (file) => {
      const record = byFile.get(file);
      return record === undefined ? file : of(record);
    },
  };
}

/** The day, UTC, on which it was submitted. */
function dayOf(work: JobRecord | Intent): string | undefined {
  const at = 'intended_at' in work ? work.intended_at : (work.submitted_at ?? work.batch.create_time);
  return at?.slice(0, 10);
}

async function spendingOf(
  store: JobStore,
  work: JobRecord | Intent,
  {prices, signal, followed}: CostRoomInput,
): Promise<Spending> {
  const {input_file: file, estimate} = work;
  const high = estimate?.cost_usd?.high ?? null;
  if (!('batch' in work)) return {file, unanswered: work, usd: high, isOpen: true};
  const {name} = work.batch;
  const awaitsResults = awaitsFetch(work) && work.results_error === undefined;
  const isFollowed = followed?.has(name) === true;
  const isOpen = awaitsService(work) || (isFollowed && awaitsResults);
  const progress = {isOpen, ...(awaitsResults && !isFollowed ? {unfetched: name} : {})};
  const known = costOfRecord(work);
  if (known !== null || high !== null) return {file, usd: known ?? high, ...progress};
  // A record of an earlier version, or of another tool.
  const job = await costOfJob(store, work, {names: [], prices, signal, isMerged: false});
  return {file, usd: job.cost_usd ?? job.estimate_usd?.high ?? null, ...progress};
}

function capError(
  {flag, usd: cap}: Cap,
  {estimate, high, spent}: {readonly estimate: FileEstimate; readonly high: number; readonly spent: number},
): GembatchError {
  const text = `${estimate.file} may cost up to ${dollars(high)}; ${dollars(spent)} of the ${dollars(cap)} of ${flag} is spent or kept for open jobs. Nothing was sent.`;
  const raise = `Raise ${flag}, or run the same command again when open jobs are over: they may cost less than was kept for them.`;
  return new GembatchError('COST_CAP', text, {
    suggestions: estimate.unlimited_requests > 0 ? [LIMIT_HELPS, raise] : [raise],
  });
}

const LIMIT_HELPS =
  'Set maxOutputTokens in the requests: without it, as much is kept for each as the model can answer at most.';

function unknownError(inputFile: string, estimate: FileEstimate | undefined): GembatchError {
  const parts = estimate?.uncounted_parts ?? 0;
  const why =
    parts > 0
      ? `only the service can count ${parts} of its parts (files by address, cached content)`
      : estimate === undefined
        ? 'it cannot be read'
        : `no price is known for ${estimate.model}`;
  return new GembatchError(
    'COST_CAP',
    `${estimate?.file ?? inputFile} has no known cost (${why}), so nothing is sent for it under a cap.`,
    {
      suggestions: [
        parts > 0
          ? 'Submit it without a cap.'
          : 'Give its price with --prices FILE, or submit it without a cap.',
      ],
    },
  );
}

function unknownSpendingError(inputFile: string, {flag}: Cap, {file}: Spending): GembatchError {
  return new GembatchError(
    'COST_CAP',
    `${inputFile}: the cost of ${file} is not known, so nothing is sent under ${flag}.`,
    {suggestions: ['Fetch its results, or give the price of its model with --prices FILE.']},
  );
}

/** To the cent of a cent, and finer below that: the caps of small runs are small. */
export function dollars(usd: number): string {
  const decimals = usd >= 1 ? 2 : usd > 0 && usd < 0.0001 ? 7 : 4;
  return `$${usd.toFixed(decimals)}`;
}
