import {GembatchError} from '../../domain/errors.js';
import {badRowCount, isFinished, isIncomplete} from '../../domain/job/job-progress.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import {PRICES} from '../../domain/price/prices.js';
import {ownCommand} from '../../domain/program-name.js';
import type {StoreSnapshot} from '../../store/job-store.js';
import {costRoom, dollars} from '../cost/cost-room.js';
import type {Estimate} from '../estimate/estimate-files.js';
import {FileEstimator} from '../estimate/file-estimator.js';
import type {PlannedCanary} from '../split/choose-canary.js';
import type {RequestFile} from '../submit/collect-inputs.js';
import {expectedCost} from '../submit/expected-cost.js';
import {haltOn} from '../submit/submit-files.js';
import type {SubmitEvent} from '../submit/submit-report.js';
import type {SubmitDeps, SubmitOptions} from '../submit/submit-run.js';
import type {CanaryReport} from './run-report.js';
import type {RunQueue} from './run-queue.js';

/** So much of the rows of a canary may be bad. */
const MOST_BAD = 0.05;

interface CanaryDeps {
  readonly deps: Pick<SubmitDeps, 'store' | 'clock' | 'client'>;
  readonly queue: RunQueue;
  readonly options: SubmitOptions;
}

/** What of the jobs is known when canaries are looked at. */
export interface CanaryLook {
  readonly snapshot: StoreSnapshot;
  readonly model: string;
  /** `input_file` of all files of the run. */
  readonly named: readonly string[];
  /** Why the results of a job are not tried for any more. */
  readonly givenUp: (job: string) => GembatchError | undefined;
}

/** The canaries of a run: request files wait until the answers of theirs are good, and the rest is not too dear. */
export class Canaries {
  readonly #parts: CanaryDeps;
  readonly #planned: readonly PlannedCanary[];
  readonly #reports = new Map<PlannedCanary, CanaryReport>();
  #failure: GembatchError | undefined;
  #news: SubmitEvent[] = [];

  constructor(planned: readonly PlannedCanary[], parts: CanaryDeps) {
    this.#parts = parts;
    this.#planned = planned;
    for (const canary of planned) this.#reports.set(canary, reportOf(canary));
  }

  /** Why nothing more is to be sent; undefined as long as nothing speaks against it. */
  get failure(): GembatchError | undefined {
    return this.#failure;
  }

  get reports(): readonly CanaryReport[] {
    return [...this.#reports.values()];
  }

  /** What has not been reported yet. */
  takeNews(): readonly SubmitEvent[] {
    const news = this.#news;
    this.#news = [];
    return news;
  }

  /** Whether a file waits for a canary. */
  holds(file: RequestFile): boolean {
    return this.#planned.some(
      (canary) => this.#reports.get(canary)?.verdict !== 'passed' && isHeldBy(canary, file),
    );
  }

  /** Judges the canaries whose answers are here. */
  async look(look: CanaryLook): Promise<void> {
    for (const canary of this.#planned) {
      const isOpen = this.#reports.get(canary)?.verdict === null;
      if (isOpen && this.#parts.queue.waiting.some((file) => isHeldBy(canary, file)))
        await this.#judge(canary, look);
    }
  }

  async #judge(canary: PlannedCanary, look: CanaryLook): Promise<void> {
    const outcome = this.#parts.queue.outcomeOf(canary.inputFile);
    if (outcome === undefined) return;
    const name = outcome.outcome === 'changed' ? undefined : outcome.job?.name;
    const isUnclear = outcome.outcome === 'unclear';
    const absence = isUnclear ? 'whether it has a batch job is unclear' : 'it has no batch job';
    if (name === undefined || isUnclear) return this.#stop(canary, {reason: 'not_sent', text: absence});
    const record = look.snapshot.records.findLast(({record: {batch}}) => batch.name === name)?.record;
    if (record === undefined) return;
    const {results} = record;
    const givenUp = results === undefined ? look.givenUp(name) : undefined;
    if (results === undefined && !isFinished(record) && givenUp === undefined) return;
    if (results === undefined)
      return this.#stop(canary, {
        reason: 'no_results',
        text: `its batch job ${name} brought no results`,
        job: name,
      });
    const bad = badRowCount(results.rows);
    const facts = {job: name, bad_rows: bad};
    if (isIncomplete(results) || bad > canary.requests * MOST_BAD) {
      const text = `${bad} of its ${canary.requests} rows ${bad === 1 ? 'is' : 'are'} bad`;
      return this.#stop(canary, {...facts, reason: 'bad_rows', text});
    }
    await this.#judgeCost(canary, record, {look, facts});
  }

  /** What the rest costs by what the canary has used. */
  async #judgeCost(
    canary: PlannedCanary,
    record: JobRecord,
    {look, facts}: {readonly look: CanaryLook; readonly facts: Pick<CanaryReport, 'job' | 'bad_rows'>},
  ): Promise<void> {
    const {deps, queue, options} = this.#parts;
    const held = queue.waiting.filter((file) => isHeldBy(canary, file));
    const over = new AbortController();
    try {
      const rest = await restCost(held, record, {...this.#parts, model: look.model, over: over.signal});
      const room = await costRoom(deps.store, look.snapshot, {
        caps: options.caps ?? {},
        named: look.named,
        prices: options.prices ?? PRICES,
        nowMs: deps.clock.now(),
        signal: options.stop ?? over.signal,
      });
      const {likely} = rest?.total.cost_usd_known ?? {likely: 0};
      const found = {...facts, rest_usd: rest?.total.cost_usd ?? null};
      if (room?.fits('', likely) === false) {
        const text = `by what its answers cost, the rest is likely to cost ${dollars(likely)}, more than the cap leaves`;
        return this.#stop(canary, {...found, reason: 'cost', text});
      }
      this.#reports.set(canary, {...reportOf(canary), ...found, verdict: 'passed'});
      const good = `${canary.requests - (facts.bad_rows ?? 0)} of ${canary.requests} rows are good`;
      this.#news.push({type: 'status', message: `Canary ${canary.name}: ${good}. The rest follows.`});
      if (rest !== undefined) this.#news.push({type: 'estimate', estimate: rest});
    } finally {
      over.abort();
    }
  }

  #stop(
    canary: PlannedCanary,
    {text, ...facts}: {readonly text: string} & Pick<CanaryReport, 'reason'> & Partial<CanaryReport>,
  ): void {
    this.#reports.set(canary, {...reportOf(canary), ...facts, verdict: 'stopped'});
    this.#failure ??= new GembatchError('CANARY', `${canary.name}: ${text}. The rest was not sent.`, {
      suggestions: adviceFor(canary, facts.reason),
    });
  }
}

function isHeldBy({inputFile: own, holds}: PlannedCanary, {inputFile, partOf}: RequestFile): boolean {
  return inputFile !== own && holds.has(partOf?.input_file ?? inputFile);
}

function reportOf({name, requests}: PlannedCanary): CanaryReport {
  return {file: name, requests, job: null, bad_rows: null, rest_usd: null, verdict: null, reason: null};
}

/** What files cost by what the job of a canary has used. */
async function restCost(
  files: readonly RequestFile[],
  record: JobRecord,
  {deps, options, model, over}: CanaryDeps & {readonly model: string; readonly over: AbortSignal},
): Promise<Estimate | undefined> {
  const prices = options.prices ?? PRICES;
  const terms = {
    model,
    service: deps.client.services[0],
    prices,
    records: [record],
    nowMs: deps.clock.now(),
  } as const;
  const estimator = new FileEstimator(terms);
  const known = {ofInputFile: () => undefined};
  const halt = haltOn(options.stop, over);
  return (await expectedCost({estimator, known, options, halt}, files)) ?? undefined;
}

function adviceFor({name}: PlannedCanary, reason: CanaryReport['reason']): readonly string[] {
  const goOn = 'To send the rest all the same, run the same command without --canary.';
  switch (reason) {
    case 'bad_rows':
      return [
        `Look at them: ${ownCommand(`results ${name} --failed`)}`,
        `Send them again: ${ownCommand(`retry ${name}`)}, ${ownCommand('poll')}, and then the same command.`,
        goOn,
      ];
    case 'no_results':
      return [`Submit it again: ${ownCommand(`retry ${name}`)}, and then run the same command.`, goOn];
    case 'cost':
      return ['Raise the cap, or run the same command without --canary: it sends as much as fits.'];
    default:
      return ['Mend what its message says, and run the same command.', goOn];
  }
}
