/**
 * Decides what at the service is not needed any more.
 *
 * What is needed: everything of jobs that run, results that are not on disk, uploads that an open create or a running
 * job may use, and all that belongs to others. The session lock is held meanwhile, so that no upload of this job-info
 * file is waiting for its create.
 */
import {parseUploadDisplayName} from '../domain/display-name.js';
import {isFinished} from '../domain/job-progress.js';
import type {BatchJob} from '../domain/batch-job.js';
import type {JobRecord} from '../domain/job-record.js';
import {isTerminal, normaliseState} from '../domain/job-state.js';
import type {RemoteFile} from '../gemini/gemini-batch-client.js';
import type {StoreSnapshot} from '../store/job-store.js';

/** Something at the service that is to be deleted, and why that is safe. */
export interface Disposable {
  readonly kind: 'job' | 'file';
  /** `batches/<id>` or `files/<id>`. */
  readonly name: string;
  readonly reason: string;
  /** The request file that it belongs to, where that is known. */
  readonly file?: string;
  /** Whether the job runs and has to be cancelled first. */
  readonly isRunning?: boolean;
}

/** All that the service has of the project. */
export interface RemoteInventory {
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
export function planCleanup(
  snapshot: StoreSnapshot,
  inventory: RemoteInventory,
  scope: CleanupScope,
): readonly Disposable[] {
  const records = snapshot.records.map(({record}) => record);
  const jobs = inventory.jobs.flatMap((job) => disposableJob(job, records, scope));
  const needed = new Set([
    ...snapshot.openIntents.map(({uploaded_file_name: name}) => name),
    ...inventory.jobs.filter(({state}) => !isTerminal(state)).map(({src}) => src?.file_name ?? ''),
    ...records.filter((record) => !isFinished(record)).map(({uploaded_file_name: name}) => name),
  ]);
  const deleted = new Set(jobs.filter(({isRunning}) => isRunning).map(({name}) => name));
  const released = inventory.jobs.filter(({name}) => deleted.has(name)).map(({src}) => src?.file_name ?? '');
  for (const name of released) needed.delete(name);
  const files = inventory.files.flatMap((file) => disposableFile(file, {records, inventory, needed}, scope));
  return [...jobs, ...files];
}

function disposableJob(
  job: BatchJob,
  records: readonly JobRecord[],
  scope: CleanupScope,
): readonly Disposable[] {
  const record = records.find(({batch}) => batch.name === job.name);
  const item = {
    kind: 'job',
    name: job.name,
    ...(record === undefined ? {} : {file: record.input_file}),
  } as const;
  if (scope.named.has(job.name)) {
    return isTerminal(job.state)
      ? [{...item, reason: 'named'}]
      : [{...item, reason: 'named; it runs and is cancelled first', isRunning: true}];
  }
  if (!isTerminal(job.state) || (record === undefined && !scope.isWholeProject)) return [];
  if (record?.results !== undefined) {
    // Rows that the service never wrote may still come; only who names the job gives them up.
    return record.results.rows.missing > 0 ? [] : [{...item, reason: 'its results are on disk'}];
  }
  const hasNoResults = job.dest === undefined && STATES_WITHOUT_RESULTS.has(normaliseState(job.state));
  return hasNoResults ? [{...item, reason: 'it ended without results'}] : [];
}

interface FileFacts {
  readonly records: readonly JobRecord[];
  readonly inventory: RemoteInventory;
  /** Uploads that something needs. */
  readonly needed: ReadonlySet<string>;
}

function disposableFile(
  file: RemoteFile,
  {records, inventory, needed}: FileFacts,
  scope: CleanupScope,
): readonly Disposable[] {
  const record = records.find(({uploaded_file_name: name}) => name === file.name);
  const ours = parseUploadDisplayName(file.displayName ?? '');
  const inputFile = record?.input_file ?? ours?.inputFile;
  const item = {
    kind: 'file',
    name: file.name,
    ...(inputFile === undefined ? {} : {file: inputFile}),
  } as const;
  if (scope.named.has(file.name)) return [{...item, reason: 'named'}];
  if (needed.has(file.name)) return [];
  if (record !== undefined) return [{...item, reason: 'its job has ended'}];

  const isUsed = inventory.jobs.some(({src}) => src?.file_name === file.name);
  const isOurOrphan = ours !== undefined && !isUsed && records.some((one) => isUploadOf(one, ours));
  if (isOurOrphan) return [{...item, reason: 'an upload of this job-info file that no job uses'}];
  if (!scope.isWholeProject) return [];
  const createdMs = Date.parse(file.createTime ?? '');
  const isResting = Number.isFinite(createdMs) && scope.nowMs - createdMs > UPLOAD_REST_MS;
  return isUsed || isResting ? [{...item, reason: isUsed ? 'its job has ended' : 'no job uses it'}] : [];
}

/** Another folder may have a file of the same name; its fingerprint tells. */
function isUploadOf(
  {input_file: file, sha256}: JobRecord,
  ours: {inputFile: string; fingerprintHead: string},
): boolean {
  return file === ours.inputFile && sha256?.startsWith(ours.fingerprintHead) === true;
}
