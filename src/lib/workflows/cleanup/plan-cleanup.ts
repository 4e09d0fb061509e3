/**
 * Decides what at the service is not needed any more.
 *
 * What is needed: everything of jobs that run, results that are not on disk, uploads that an open create or a running
 * job may use, and all that belongs to others. The session lock is held meanwhile, so that no upload of this job-info
 * file is waiting for its create. One of another job-info file may be, also for the same request file, and leaves no
 * trace until then: an upload that nothing uses stays for an hour.
 */
import {parseUploadDisplayName} from '../../domain/job/display-name.js';
import {isEveryRowLeft, isFinished, isLeft} from '../../domain/job/job-progress.js';
import type {BatchJob} from '../../domain/job/batch-job.js';
import type {Intent, JobRecord} from '../../domain/job/job-record.js';
import {isTerminal, normaliseState} from '../../domain/job/job-state.js';
import type {RemoteFile} from '../../services/batch-service.js';
import {deletableResults, isUploadOf, takesResultsAlong} from './discard-remote.js';

/** Something at the service that is to be deleted, and why that is safe. */
export interface Disposable {
  readonly kind: 'job' | 'file';
  /** `batches/<id>` or `files/<id>`. */
  readonly name: string;
  readonly reason: string;
  /** The request file that it belongs to, where that is known. */
  readonly file?: string;
  /** Of a job: where its results are, if they go with it. */
  readonly results?: string;
  /** Whether the job runs and has to be cancelled first. */
  readonly isRunning?: boolean;
}

/** All that is known: here, and of the project at the service. */
export interface Inventory {
  /** Brought up to what the service says. */
  readonly records: readonly JobRecord[];
  readonly openIntents: readonly Intent[];
  /**
   * Batch names of the jobs whose result file is, byte for byte, what was recorded, and has all rows: else the service may have
   * the only other copy.
   */
  readonly withResults: ReadonlySet<string>;
  /** Those of jobs that the service has, and whose result file is another than was recorded. */
  readonly altered: readonly JobRecord[];
  readonly jobs: readonly BatchJob[];
  readonly files: readonly RemoteFile[];
}

/** What may be deleted besides what this job-info file needs no longer. */
export interface CleanupScope {
  /** Everything of the project that nothing needs, also what belongs to others. */
  readonly isWholeProject: boolean;
  /** Names that are deleted whatever they are: `batches/…` and `files/…`. */
  readonly named: ReadonlySet<string>;
  readonly nowMs: number;
}

/** Another program may be about to create the job of an upload that nothing uses yet. */
const UPLOAD_REST_MS = 3_600_000;

/** A job that has succeeded may name its result file later. */
const STATES_WITHOUT_RESULTS: ReadonlySet<string> = new Set([
  'JOB_STATE_FAILED',
  'JOB_STATE_CANCELLED',
  'JOB_STATE_EXPIRED',
]);

/** Plans a cleanup; jobs come before the files that they read. */
export function planCleanup(inventory: Inventory, scope: CleanupScope): readonly Disposable[] {
  const {records, openIntents} = inventory;
  const known = new KnownRemote(inventory);
  const jobs = inventory.jobs.flatMap((job) => disposableJob(job, {known, inventory}, scope));
  const needed = new Set([
    ...inventory.jobs.filter(({state}) => !isTerminal(state)).map(({src}) => src?.file_name ?? ''),
    ...records.filter((record) => !isFinished(record)).map(({uploaded_file_name: name}) => name),
  ]);
  const deleted = new Set(jobs.filter(({isRunning}) => isRunning).map(({name}) => name));
  const released = inventory.jobs.filter(({name}) => deleted.has(name)).map(({src}) => src?.file_name ?? '');
  for (const name of released) needed.delete(name);
  for (const {uploaded_file_name: name} of openIntents) needed.add(name);
  const inputs = new Set([...records, ...openIntents].map(({input_file: input}) => input));
  // What somebody had in the bucket already, even under a name like ours, is not for us to delete.
  const uploads = inventory.files.filter(({name}) => !inputs.has(name));
  const files = uploads.flatMap((file) => disposableFile(file, {known, needed}, scope));
  return [...jobs, ...files];
}

function disposableJob(
  job: BatchJob,
  {known, inventory: {openIntents, withResults}}: {known: KnownRemote; inventory: Inventory},
  scope: CleanupScope,
): readonly Disposable[] {
  if (openIntents.some((intent) => isMadeBy(intent, job))) return [];
  const record = known.recordOfJob(job.name);
  const results = deletableResults(job, record);
  const item = {
    kind: 'job',
    name: job.name,
    ...(record === undefined ? {} : {file: record.input_file}),
    ...(results === undefined ? {} : {results}),
  } as const;
  if (scope.named.has(job.name)) {
    const isOnlyCopy = takesResultsAlong(job, record) && !withResults.has(job.name);
    return isTerminal(job.state)
      ? [{...item, reason: isOnlyCopy ? 'named; its results, which are not on disk, go with it' : 'named'}]
      : [{...item, reason: 'named; it runs and is cancelled first', isRunning: true}];
  }
  if (!isTerminal(job.state) || (record === undefined && !scope.isWholeProject)) return [];
  // It may be a colleague's.
  if (record?.adopted_at !== undefined) return [];
  if (record?.results !== undefined) {
    // Rows that the service never wrote may still come; only who names the job gives them up.
    const {missing, malformed} = record.results.rows;
    const isSafe = missing + malformed === 0 && withResults.has(job.name);
    return isSafe ? [{...item, reason: 'its results are on disk'}] : [];
  }
  if (record !== undefined && isLeft(record))
    return isEveryRowLeft(record) ? [{...item, reason: `its results stay in ${record.results_left}`}] : [];
  return hasNoResults(job) ? [{...item, reason: 'it ended without results'}] : [];
}

/** Whether a job is over and there is nothing to fetch. */
export function hasNoResults({dest, state}: BatchJob): boolean {
  return dest === undefined && STATES_WITHOUT_RESULTS.has(normaliseState(state));
}

/** Whether a job may be what came of a create that had no answer. */
function isMadeBy(intent: Intent, {display_name: displayName, src}: BatchJob): boolean {
  return intent.display_name === displayName || intent.uploaded_file_name === src?.file_name;
}

interface FileFacts {
  readonly known: KnownRemote;
  /** Uploads that something needs. */
  readonly needed: ReadonlySet<string>;
}

function disposableFile(
  file: RemoteFile,
  {known, needed}: FileFacts,
  scope: CleanupScope,
): readonly Disposable[] {
  const record = known.recordOfUpload(file);
  const ours = parseUploadDisplayName(file.displayName ?? '');
  const inputFile = record?.input_file ?? ours?.inputFile;
  const item = {
    kind: 'file',
    name: file.name,
    ...(inputFile === undefined ? {} : {file: inputFile}),
  } as const;
  if (needed.has(file.name)) return [];
  if (scope.named.has(file.name)) return [{...item, reason: 'named'}];
  if (record !== undefined) {
    const isGivenUp = record.adopted_at === undefined || scope.named.has(record.batch.name);
    return isGivenUp ? [{...item, reason: 'its job has ended'}] : [];
  }

  if (known.isUsed(file.name)) return scope.isWholeProject ? [{...item, reason: 'its job has ended'}] : [];
  if (!isResting(file, scope.nowMs)) return [];
  if (ours !== undefined && known.hasUploaded(ours))
    return [{...item, reason: 'an upload of this job-info file that no job uses'}];
  // The requests of a running job may refer to any file that is no request file.
  const mayBeMedia = ours === undefined && known.isAnyRunning;
  return scope.isWholeProject && !mayBeMedia ? [{...item, reason: 'no job uses it'}] : [];
}

/** A file of unknown age is taken for new. */
function isResting({createTime = ''}: RemoteFile, nowMs: number): boolean {
  return nowMs - Date.parse(createTime) > UPLOAD_REST_MS;
}

/** What is known of jobs and files at the service, found by their names in constant time. */
class KnownRemote {
  /** Whether any job of the project runs. */
  readonly isAnyRunning: boolean;
  readonly #byJob = new Map<string, JobRecord>();
  readonly #byUpload = new Map<string, JobRecord>();
  readonly #byInputFile = new Map<string, JobRecord[]>();
  readonly #used: ReadonlySet<string | undefined>;
  readonly #sources: ReadonlyMap<string, string | undefined>;

  constructor({records, jobs}: Pick<Inventory, 'records' | 'jobs'>) {
    this.isAnyRunning = jobs.some(({state}) => !isTerminal(state));
    this.#sources = new Map(jobs.map(({name, src}) => [name, src?.file_name]));
    this.#used = new Set(jobs.map(({src}) => src?.file_name));
    for (const record of records) {
      const {batch, uploaded_file_name: upload, input_file: file} = record;
      if (!this.#byJob.has(batch.name)) this.#byJob.set(batch.name, record);
      if (!this.#byUpload.has(upload)) this.#byUpload.set(upload, record);
      const same = this.#byInputFile.get(file);
      if (same === undefined) this.#byInputFile.set(file, [record]);
      else same.push(record);
    }
  }

  /** @param job - `batches/<id>` */
  recordOfJob(job: string): JobRecord | undefined {
    return this.#byJob.get(job);
  }

  /**
   * The record whose upload the file is. A record may come from anybody, so that its word alone does not count: the service has
   * to say so of the job, or, where it is silent, the display name or the content of the file.
   */
  recordOfUpload(file: RemoteFile): JobRecord | undefined {
    const record = this.#byUpload.get(file.name);
    if (record === undefined) return undefined;
    const source = this.#sources.get(record.batch.name);
    const isOwn = source === undefined ? isUploadOf(file, record.sha256) : source === file.name;
    return isOwn ? record : undefined;
  }

  /** Whether a job of the project reads the file. */
  isUsed(file: string): boolean {
    return this.#used.has(file);
  }

  /** Whether a request file with this content was uploaded for a record. Another folder may have a file of the same name; its fingerprint tells. */
  hasUploaded({inputFile, fingerprintHead}: {inputFile: string; fingerprintHead: string}): boolean {
    const records = this.#byInputFile.get(inputFile) ?? [];
    return records.some(({sha256}) => sha256?.startsWith(fingerprintHead) === true);
  }
}
