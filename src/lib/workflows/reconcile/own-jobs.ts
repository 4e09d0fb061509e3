/**
 * Finds a job of ours at the service for work that no record knows: the job-info file may be lost, not cached, renamed,
 * or a copy from before. Such a job is adopted, and nothing is paid for that work again.
 */
import {jobDisplayName, parseJobDisplayName, type DisplayNameParts} from '../../domain/job/display-name.js';
import {GembatchError} from '../../domain/errors.js';
import type {BatchJob} from '../../domain/job/batch-job.js';
import {isCloudAddress} from '../../domain/bucket/bucket-input.js';
import type {JobRecord, PartOf, SubmittedObject} from '../../domain/job/job-record.js';
import {SERVICE_LIMITS, serviceOfJob} from '../../domain/service/service-of.js';
import {isServedAs} from '../../domain/service/model-choice.js';
import {mayGiveResults} from '../../domain/job/job-state.js';
import type {BatchService, CallOptions} from '../../services/batch-service.js';
import type {JobStore, Session} from '../../store/job-store.js';
import {parentOfRetry} from './parent-of-retry.js';
import {ownCommand} from '../../domain/program-name.js';

/** A request file that is about to be submitted, and the model that it goes to. */
export interface Work {
  /** Canonical path, as `JobStore.inputName` gives it. */
  readonly inputFile: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Null when nobody has counted them. */
  readonly count: number | null;
  /** Of an object that is in a bucket already, by whose address the job is known. */
  readonly object?: SubmittedObject;
  /** Resource name as it was asked for, `models/<id>`. */
  readonly model: string;
  /** The batch job that the file submits again. */
  readonly retryOf?: string;
  readonly partOf?: PartOf;
}

/** The job for a piece of work, and what else at the service answers to it. */
export interface OwnJob {
  readonly batch: BatchJob;
  readonly attempt: string;
  /** Older jobs for the same work; they are named to the person and left alone. */
  readonly others: readonly BatchJob[];
  /** Jobs that retry `batch`, the oldest first, each with the request file that it was made from. */
  readonly retries: readonly OwnRetry[];
}

interface OwnRetry {
  readonly batch: BatchJob;
  readonly inputFile: string;
  readonly attempt: string;
}

/** When, and at which service, a job was found. */
interface Adoption {
  /** ISO 8601 UTC. */
  readonly adoptedAt: string;
  /** As `BatchService.address`. */
  readonly address: string | undefined;
}

/** A job with our marker in its display name. */
interface MarkedJob {
  readonly batch: BatchJob;
  readonly parts: DisplayNameParts;
  readonly inputFile: string;
}

interface OwnJobsDeps {
  readonly store: Pick<JobStore, 'inputName' | 'resolveInput'>;
  readonly client: BatchService;
  /** Whether a batch job has a record already; such a job is never adopted again. */
  readonly isRecorded: (job: string) => boolean;
}

/**
 * The jobs of ours that the service has, for one submission. The list is read once, when it is first needed: call
 * `begin` beside the checks, and `find` when a file without a record has been inspected.
 */
export class OwnJobs {
  readonly #deps: OwnJobsDeps;
  readonly #options: CallOptions;
  #list: Promise<readonly MarkedJob[]> | undefined;

  constructor(deps: OwnJobsDeps, options: CallOptions = {}) {
    this.#deps = deps;
    this.#options = options;
  }

  /** Begins to read the list. A failure is for `find` to tell. */
  begin(): void {
    this.#list ??= this.#read();
    this.#list.catch(() => undefined);
  }

  /**
   * The newest open or succeeded job of this very work: our marker, the input file and the head of the fingerprint in its
   * display name, the model, and the SHA-256 of its upload, or its request count once the upload is gone.
   *
   * @returns undefined when the service has none, so that the work may be submitted.
   * @throws GembatchError `SERVICE` when the list cannot be read to its end, `UNCLEAR` when a job may be of this work and
   *   it is unclear; the work must not be submitted then. `KEY_REFUSED` and `INTERRUPTED` as they are.
   */
  async find(work: Work): Promise<OwnJob | undefined> {
    this.begin();
    const marked = await this.#listed(work);
    const candidates = marked.filter((job) => isFor(work, job) && !this.#deps.isRecorded(job.batch.name));
    const matches: MarkedJob[] = [];
    for (const job of candidates) if (await this.#isSameWork(work, job.batch)) matches.push(job);
    const [newest, ...older] = newestFirst(matches);
    if (newest === undefined) return undefined;
    const {batch, parts} = newest;
    const others = older.map((job) => job.batch);
    return {batch, attempt: parts.attempt, others, retries: this.#retriesOf(work, batch, marked)};
  }

  async #read(): Promise<readonly MarkedJob[]> {
    const {client, store} = this.#deps;
    const marked: MarkedJob[] = [];
    for await (const page of client.listBatches(this.#options)) {
      for (const batch of page) {
        const parts = parseJobDisplayName(batch.display_name ?? '');
        const isHere = serviceOfJob(batch.name) === client.services[0];
        if (parts === undefined || !isHere || !mayGiveResults(batch.state)) continue;
        const inputFile = nameOf(store, parts.inputFile);
        if (inputFile !== undefined) marked.push({batch, parts, inputFile});
      }
    }
    return marked;
  }

  async #listed({inputFile}: Work): Promise<readonly MarkedJob[]> {
    try {
      return (await this.#list) ?? [];
    } catch (error) {
      throw unreadable(error, `${inputFile}: the service's list of batch jobs cannot be read`);
    }
  }

  /** @throws GembatchError `UNCLEAR` when the upload is gone and the service does not say how many requests there are. */
  async #isSameWork({inputFile, sha256, count}: Work, batch: BatchJob): Promise<boolean> {
    // Its display name has the head of the fingerprint; an object that a person has put there tells no more.
    if (isCloudAddress(inputFile)) return batch.src === undefined || batch.src.file_name === inputFile;
    const uploaded = await this.#uploadedSha256(inputFile, batch);
    if (uploaded !== undefined) return uploaded === sha256;
    if (batch.stats !== undefined) return batch.stats.request_count === count;
    throw new GembatchError(
      'UNCLEAR',
      `${inputFile}: ${batch.name} seems to be its batch job, but its upload is gone and the service does not say how many requests it has. Nothing was sent.`,
      {
        suggestions: [
          `Look at the job; if it is the one: ${ownCommand(`adopt ${batch.name}`)}`,
          `If it is not: ${ownCommand(`submit --force ${inputFile}`)}`,
        ],
      },
    );
  }

  /** The fingerprint of what a job reads, while the service has it and says so. */
  async #uploadedSha256(inputFile: string, {src}: BatchJob): Promise<string | undefined> {
    if (src === undefined) return undefined;
    try {
      return (await this.#deps.client.getFile(src.file_name, this.#options)).sha256;
    } catch (error) {
      if (error instanceof GembatchError && error.code === 'NOT_FOUND') return undefined;
      throw unreadable(error, `${inputFile}: the upload of a job that may be its own cannot be looked up`);
    }
  }

  #retriesOf({inputFile: file}: Work, batch: BatchJob, marked: readonly MarkedJob[]): readonly OwnRetry[] {
    const parents = [{input_file: file, batch}];
    const ofParent = marked.filter(
      (job) => !this.#deps.isRecorded(job.batch.name) && parentOfRetry(job.inputFile, parents) !== undefined,
    );
    const newestOfEach = new Map(
      newestFirst(ofParent)
        .toReversed()
        .map((job) => [job.inputFile, job]),
    );
    return Array.from(newestOfEach.values(), ({batch, inputFile, parts: {attempt}}) => ({
      batch,
      inputFile,
      attempt,
    }));
  }
}

/**
 * Records a job that `OwnJobs.find` found, and the retries of it. On return the records are durable.
 *
 * @returns the record of the job for the work.
 * @throws GembatchError `STORAGE`, `LOCK_LOST`.
 */
export function adoptOwnJob(
  session: Session,
  {work, job, ...adoption}: {readonly work: Work; readonly job: OwnJob} & Adoption,
): JobRecord {
  const {model = work.model} = job.batch;
  const record: JobRecord = {
    ...recordOfAdopted(job.batch, {inputFile: work.inputFile, attempt: job.attempt, ...adoption}),
    count: work.count,
    batch: {...job.batch, model},
    ...(model === work.model ? {} : {requested_model: work.model}),
    sha256: work.sha256,
    size_bytes: work.sizeBytes,
    ...(work.object === undefined ? {} : {object: work.object}),
    ...(work.retryOf === undefined ? {} : {retry_of: work.retryOf}),
    ...(work.partOf === undefined ? {} : {part_of: work.partOf}),
  };
  session.done(job.attempt, record);
  for (const {batch, inputFile, attempt} of job.retries) {
    const retry = recordOfAdopted(batch, {inputFile, attempt, ...adoption});
    session.done(attempt, {...retry, retry_of: job.batch.name});
  }
  return record;
}

/** Warnings about an adopted job, one sentence each. */
export function adoptionNotes({inputFile}: Work, {batch, others, retries}: OwnJob): readonly string[] {
  const older = others.map(({name}) => name).join(', ');
  return [
    `${inputFile}: recovered; its job ${batch.name} already existed. Nothing was paid`,
    ...(older === '' ? [] : [`${inputFile}: older jobs for the same work are left alone: ${older}`]),
    ...retries.map(({batch: {name}}) => `${inputFile}: ${name}, which retries it, is recorded too`),
  ];
}

/** The record of a job that was found at the service, as far as the service tells. */
function recordOfAdopted(
  batch: BatchJob,
  {inputFile, attempt, adoptedAt, address}: {inputFile: string; attempt: string} & Adoption,
): JobRecord {
  return {
    input_file: inputFile,
    count: batch.stats?.request_count ?? null,
    uploaded_file_name: isCloudAddress(inputFile) ? inputFile : (batch.src?.file_name ?? ''),
    batch,
    attempt,
    ...(batch.create_time === undefined ? {} : {submitted_at: batch.create_time}),
    adopted_at: adoptedAt,
    ...(address === undefined ? {} : {service_url: address}),
    ...(batch.results_left === undefined ? {} : {results_left: batch.results_left}),
  };
}

/** Of a name that no file can have, undefined: it is none of the request files here. */
function nameOf(store: OwnJobsDeps['store'], inputFile: string): string | undefined {
  try {
    return store.inputName(store.resolveInput(inputFile));
  } catch {
    return undefined;
  }
}

function isFor({inputFile, sha256, model}: Work, {batch, parts, inputFile: named}: MarkedJob): boolean {
  if (!sha256.startsWith(parts.fingerprintHead)) return false;
  // A display name has room for the end of a long path only.
  const isSameFile =
    named === inputFile ||
    batch.display_name ===
      jobDisplayName(
        inputFile,
        sha256,
        parts.attempt,
        SERVICE_LIMITS[serviceOfJob(batch.name)].maxNameLength,
      );
  return isSameFile && isServedAs(model, batch.model);
}

function newestFirst(jobs: readonly MarkedJob[]): readonly MarkedJob[] {
  const time = ({batch}: MarkedJob): number => Date.parse(batch.create_time ?? '') || 0;
  return jobs.toSorted((a, b) => time(b) - time(a));
}

/** An error after which it is unknown whether a file has a job, as the error of that file. */
function unreadable(error: unknown, what: string): unknown {
  if (!(error instanceof GembatchError)) return error;
  if (error.code === 'INTERRUPTED' || error.code === 'KEY_REFUSED') return error;
  const message = `${what} (${error.message}), so it may have been paid for already. Nothing was sent.`;
  return new GembatchError('SERVICE', message, {cause: error});
}
