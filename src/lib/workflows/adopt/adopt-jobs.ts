/**
 * Records batch jobs that were made elsewhere, or whose job-info file is lost.
 *
 * A job of ours says in its display name which request file it was made from, with the head of its fingerprint, so that
 * it is matched with the local file, or with the news that this has changed. A create that had no answer is closed when
 * its job is adopted, also where several jobs answer to it and a person has to choose.
 */
import {isJobName} from '../../domain/job/batch-name.js';
import {itemError, type ItemError} from '../../domain/item-error.js';
import {isAbsolute, resolve} from 'node:path';
import type {Clock} from '../../domain/clock.js';
import type {BatchJob} from '../../domain/job/batch-job.js';
import {parseJobDisplayName} from '../../domain/job/display-name.js';
import {newAttempt} from '../../domain/job/new-attempt.js';
import {GembatchError} from '../../domain/errors.js';
import {isCloudAddress, submittedObject} from '../../domain/bucket/bucket-input.js';
import {objectFingerprint} from '../../domain/bucket/object-fingerprint.js';
import type {JobRecord, PartOf, SubmittedObject} from '../../domain/job/job-record.js';
import {describeLockWait} from '../../domain/lock-holder.js';
import {ownCommand} from '../../domain/program-name.js';
import {shellWord} from '../../domain/text/shell-word.js';
import {exitCodeOf, type ItemOutcome} from '../../domain/outcome.js';
import type {BatchService} from '../../services/batch-service.js';
import type {JobStore, Session} from '../../store/job-store.js';
import {parentOfRetry} from '../reconcile/parent-of-retry.js';
import {inspectFile, type Inspection} from '../request-file/inspect-file.js';
import {partOfFile} from '../split/part-of-file.js';

export interface AdoptDeps {
  readonly store: JobStore;
  readonly client: BatchService;
  readonly clock: Clock;
  /** Called with the lock holder that the command waits for. */
  readonly report: (event: {readonly type: 'status'; readonly message: string}) => void;
}

/** Which jobs are adopted. */
export interface AdoptInput {
  /** Batch jobs, with or without `batches/`. */
  readonly names: readonly string[];
  /** The request file of the one job that is named, where its display name does not tell. */
  readonly file: string | undefined;
  /** All jobs at the service whose display name is one of ours. */
  readonly isAllMine: boolean;
  /** Folder that `file` starts from. */
  readonly cwd: string;
  /** How long to wait for the session lock, in milliseconds; null for without limit. */
  readonly lockTimeoutMs: number | null;
  readonly stop: AbortSignal;
}

/** What became of one job; the element of `jobs` in the `--json` object. */
export interface AdoptedJob {
  readonly job: string;
  /** `adopted` now, `known` before, or `failed`; `not_recorded` where the jobs are only listed. */
  readonly outcome: 'adopted' | 'known' | 'failed' | 'not_recorded';
  /** `input_file` of its record; of a job without one, its display name. */
  readonly file?: string;
  /** Of which request file it is a part. */
  readonly part_of?: PartOf;
  /**
   * Whether the local request file is the one that the job was made from: by its fingerprint, `named` where only the
   * person says so, `changed`, or `missing`.
   */
  readonly request_file?: 'matched' | 'named' | 'changed' | 'missing';
  readonly state?: string;
  readonly error?: ItemError;
}

/** The `--json` object of `gembatch adopt`. */
export interface AdoptResult {
  readonly job_info: string;
  readonly jobs: readonly AdoptedJob[];
  readonly exit_code: number;
}

/**
 * Adopts batch jobs, none of them twice. When it returns, each adopted job is durable in the job-info file.
 *
 * @throws GembatchError `LOCKED`, `STORAGE`, `INTERRUPTED`, and what listing the jobs says. What concerns one job that is
 *   named is in its `error`.
 */
export async function adoptJobs(deps: AdoptDeps, input: AdoptInput): Promise<AdoptResult> {
  const {store, client, clock, report} = deps;
  const adoptedAt = new Date(clock.now()).toISOString();
  const jobs = await store.withSession(
    {
      timeoutMs: input.lockTimeoutMs,
      signal: input.stop,
      onWait: (holder) => report({type: 'status', message: describeLockWait(holder, store.path)}),
    },
    async (session) => {
      store.requireReadable(session.snapshot(), 'Nothing was recorded.');
      const adoption = new Adoption({store, session, adoptedAt, client}, input);
      return input.isAllMine ? adoptListed(client, adoption, input) : adoptNamed(client, adoption, input);
    },
  );
  const items = jobs.map(({error}): ItemOutcome =>
    error === undefined ? {kind: 'done'} : {kind: 'failed', code: error.code},
  );
  return {job_info: store.path, jobs, exit_code: exitCodeOf(items)};
}

async function adoptNamed(
  client: BatchService,
  adoption: Adoption,
  {names, stop}: AdoptInput,
): Promise<readonly AdoptedJob[]> {
  const jobs: AdoptedJob[] = [];
  for (const name of new Set(names.map(batchName))) {
    try {
      if (!isJobName(name)) throw noJobName(name);
      jobs.push(await adoption.adopt(await client.getBatch(name, {signal: stop})));
    } catch (error) {
      if (!(error instanceof GembatchError)) throw error;
      jobs.push({job: name, outcome: 'failed', error: itemError(error)});
    }
  }
  return jobs;
}

async function adoptListed(
  client: BatchService,
  adoption: Adoption,
  {stop}: AdoptInput,
): Promise<readonly AdoptedJob[]> {
  const found: BatchJob[] = [];
  for await (const page of client.listBatches({signal: stop})) {
    found.push(...page.filter(({display_name: name}) => parseJobDisplayName(name ?? '') !== undefined));
  }
  // The list is newest first; records are in the order in which the jobs were made.
  const jobs: AdoptedJob[] = [];
  for (const batch of found.toReversed()) {
    try {
      jobs.push(await adoption.adopt(batch));
    } catch (error) {
      if (!(error instanceof GembatchError) || error.code !== 'REFUSED') throw error;
      jobs.push({job: batch.name, outcome: 'failed', error: itemError(error)});
    }
  }
  return jobs;
}

function noJobName(name: string): GembatchError {
  return new GembatchError(
    'REFUSED',
    `${JSON.stringify(name)} is not the name of a batch job; the service was not asked for it.`,
    {
      suggestions: [
        `Name jobs as ${ownCommand('adopt')} lists them, such as batches/abc123; for a request file: --done`,
      ],
    },
  );
}

function impossibleName({name, display_name: displayName = ''}: BatchJob, error: unknown): GembatchError {
  return new GembatchError('REFUSED', `${name}: no file can have the name ${JSON.stringify(displayName)}.`, {
    suggestions: [`Name its request file: ${ownCommand(`adopt ${name} --file FILE`)}`],
    cause: error,
  });
}

function leadsElsewhere({name}: BatchJob, file: string, folder: string): GembatchError {
  return new GembatchError(
    'REFUSED',
    `The display name of ${name} leads to ${file}, outside of ${folder}, where its results would go. Nothing was recorded.`,
    {
      suggestions: [
        `If it was made from that file, say so: ${ownCommand(`adopt ${name} --file ${shellWord(file)}`)}`,
      ],
    },
  );
}

/**
 * The jobs that the service has and no record knows, the newest first. Changes nothing.
 *
 * @throws GembatchError what listing the jobs says.
 */
export async function listNotRecorded(
  {store, client}: Pick<AdoptDeps, 'store' | 'client'>,
  stop: AbortSignal,
): Promise<AdoptResult> {
  const known = new Set(store.read().records.map(({record}) => record.batch.name));
  const jobs: AdoptedJob[] = [];
  for await (const page of client.listBatches({signal: stop})) {
    for (const {name, display_name: file, state} of page) {
      if (known.has(name)) continue;
      jobs.push({job: name, outcome: 'not_recorded', ...(file === undefined ? {} : {file}), state});
    }
  }
  return {job_info: store.path, jobs, exit_code: exitCodeOf([])};
}

function batchName(name: string): string {
  return /^(?:batches|projects)\//u.test(name) ? name : `batches/${name}`;
}

/** The service echoes the input file of a job that has one, so that a job without has its requests, and answers, inline. */
function inlineError({name}: BatchJob): GembatchError {
  return new GembatchError(
    'REFUSED',
    `${name} was made with its requests in the call, not from a request file; gembatch does not fetch answers that come inline.`,
    {suggestions: ['Read them with the tool that made the job: batches.get of the SDK holds the answers.']},
  );
}

/** What is known of the request file of a job. */
interface Match {
  readonly inspection?: Inspection;
  readonly object?: SubmittedObject;
  readonly state: NonNullable<AdoptedJob['request_file']>;
}

/** Whether a display name, which may have room for the end only, is the address of the object that a job reads. */
function isNameOf(path: string, address = ''): boolean {
  if (!isCloudAddress(address)) return false;
  return path === address || (path.startsWith('...') && address.endsWith(path.slice('...'.length)));
}

/** One session in which jobs are adopted. */
class Adoption {
  readonly #store: JobStore;
  readonly #session: Session;
  readonly #client: BatchService;
  readonly #adoptedAt: string;
  readonly #file: string | undefined;
  readonly #known: Map<string, JobRecord>;
  readonly #attempts: Set<string>;
  /** Attempts of creates of this job-info file that had no answer: their jobs can only be ours. */
  readonly #open: ReadonlySet<string>;

  constructor(
    {
      store,
      session,
      adoptedAt,
      client,
    }: {store: JobStore; session: Session; adoptedAt: string; client: BatchService},
    {file, cwd}: AdoptInput,
  ) {
    this.#store = store;
    this.#session = session;
    this.#client = client;
    this.#adoptedAt = adoptedAt;
    this.#file = file === undefined || isCloudAddress(file) ? file : resolve(cwd, file);
    const snapshot = session.snapshot();
    const records = snapshot.records.map(({record}) => record);
    this.#open = new Set(snapshot.openIntents.map(({attempt}) => attempt));
    this.#known = new Map(records.map((record) => [record.batch.name, record]));
    this.#attempts = new Set(records.flatMap(({attempt}) => attempt ?? []));
  }

  async adopt(batch: BatchJob): Promise<AdoptedJob> {
    const known = this.#known.get(batch.name);
    if (known !== undefined) {
      return {job: batch.name, outcome: 'known', file: known.input_file, state: known.batch.state};
    }
    const ours = parseJobDisplayName(batch.display_name ?? '');
    if (ours === undefined && batch.src === undefined) throw inlineError(batch);
    const inputFile = this.#inputFile(batch);
    const {inspection, object, state} = await this.#match(inputFile, ours?.fingerprintHead);
    // Two jobs of one create have one attempt, and a record is known by it.
    const isTaken = ours !== undefined && this.#attempts.has(ours.attempt);
    const attempt = ours === undefined || isTaken ? newAttempt() : ours.attempt;
    const retryOf = parentOfRetry(inputFile, this.#known.values())?.batch.name;
    const partOf = state === 'changed' ? undefined : await partOfFile(this.#store, inputFile);
    const part = partOf === undefined ? {} : {part_of: partOf};
    const record: JobRecord = {
      input_file: inputFile,
      count: inspection?.count ?? batch.stats?.request_count ?? null,
      uploaded_file_name: batch.src?.file_name ?? '',
      batch,
      ...(inspection === undefined ? {} : {sha256: inspection.sha256, size_bytes: inspection.size_bytes}),
      ...(object === undefined ? {} : {object}),
      attempt,
      ...(batch.create_time === undefined ? {} : {submitted_at: batch.create_time}),
      ...(this.#open.has(attempt) ? {} : {adopted_at: this.#adoptedAt}),
      ...(this.#client.address === undefined ? {} : {service_url: this.#client.address}),
      ...(retryOf === undefined ? {} : {retry_of: retryOf}),
      ...part,
      ...(batch.results_left === undefined ? {} : {results_left: batch.results_left}),
    };
    this.#session.done(attempt, record);
    this.#known.set(batch.name, record);
    this.#attempts.add(attempt);
    return {
      job: batch.name,
      outcome: 'adopted',
      file: inputFile,
      ...part,
      request_file: state,
      state: batch.state,
    };
  }

  /** Display names of ours, and of the Python tool, are the path of the request file. */
  #inputFile(batch: BatchJob): string {
    const {name, display_name: displayName = ''} = batch;
    if (this.#file !== undefined) return this.#store.inputName(this.#file);
    const path = parseJobDisplayName(displayName)?.inputFile ?? displayName;
    if (isNameOf(path, batch.src?.file_name)) return batch.src?.file_name ?? path;
    let inputFile: string;
    try {
      // The folder of the job-info file itself is no request file either.
      inputFile = (path === '' ? '' : this.#store.inputName(this.#store.resolveInput(path))) || name;
    } catch (error) {
      throw impossibleName(batch, error);
    }
    // Anybody in the project may have made the job, and its results go beside its request file.
    if (isAbsolute(inputFile)) throw leadsElsewhere(batch, inputFile, this.#store.folder);
    return inputFile;
  }

  /** Facts of the local file, unless it is known to be another one than the job was made from. */
  async #match(inputFile: string, fingerprintHead: string | undefined): Promise<Match> {
    if (isCloudAddress(inputFile)) return this.#matchObject(inputFile, fingerprintHead);
    let inspection: Inspection;
    try {
      inspection = await inspectFile(this.#store.resolveInput(inputFile), {validate: false, name: inputFile});
    } catch (error) {
      if (error instanceof GembatchError) return {state: 'missing'};
      throw error;
    }
    if (fingerprintHead === undefined) return {inspection, state: 'named'};
    return inspection.sha256.startsWith(fingerprintHead)
      ? {inspection, state: 'matched'}
      : {state: 'changed'};
  }

  async #matchObject(address: string, fingerprintHead: string | undefined): Promise<Match> {
    const [found] = await this.#client.listInputs(address);
    if (found === undefined) return {state: 'missing'};
    const inspection = {
      count: null,
      size_bytes: found.sizeBytes,
      sha256: objectFingerprint(found),
      warnings: [],
    };
    const object = submittedObject(found);
    if (fingerprintHead === undefined) return {inspection, object, state: 'named'};
    return inspection.sha256.startsWith(fingerprintHead)
      ? {inspection, object, state: 'matched'}
      : {state: 'changed'};
  }
}
