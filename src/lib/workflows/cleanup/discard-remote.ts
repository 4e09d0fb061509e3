import {GembatchError} from '../../domain/errors.js';
import type {Clock} from '../../domain/clock.js';
import type {BatchJob} from '../../domain/job/batch-job.js';
import {parseUploadDisplayName} from '../../domain/job/display-name.js';
import {uploadNotDeleted} from '../../domain/job/upload-not-deleted.js';
import {serviceOfFile} from '../../domain/service/service-of.js';
import {awaitsFetch, awaitsService} from '../../domain/job/job-progress.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import type {BatchService, CallOptions, RemoteFile} from '../../services/batch-service.js';
import {deleteUpload, type DeleteUploadDeps, type Upload} from './delete-upload.js';
import {tryCall} from '../reconcile/try-call.js';

/** What could not be deleted, and what was kept on purpose, one sentence each. */
export interface Discarded {
  readonly failures: readonly string[];
  readonly kept: readonly string[];
}

/**
 * Deletes what the service keeps of a job whose results are durable: the uploaded request file, the result file unless it was
 * left on purpose, and the job. A record may come from anybody: of files, only those that the service itself calls the job's are deleted; where it says
 * nothing of the upload, the display name or the content has to be that of the request file. What is gone already counts as deleted.
 *
 * The uploaded file stays as long as another of the records needs it.
 *
 * @param records - all records of the job-info file.
 * @param latest - what the service said last of the job in this run; it is asked when that is absent.
 */
export async function discardRemote(
  deps: DeleteUploadDeps,
  {record, records, latest}: {record: JobRecord; records: readonly JobRecord[]; latest: BatchJob | undefined},
  options: CallOptions = {},
): Promise<Discarded> {
  const {client} = deps;
  const {uploaded_file_name: upload, batch} = record;
  const isShared = records.some(
    (other) =>
      other.uploaded_file_name === upload &&
      other.batch.name !== batch.name &&
      (awaitsService(other) || awaitsFetch(other)),
  );
  const failures: string[] = [];
  const kept: string[] = [];
  const attempt = async (name: string, deletion: () => Promise<unknown>): Promise<boolean> => {
    const error = await errorOf(deletion);
    if (error !== undefined) failures.push(`${name} could not be deleted: ${error.message}`);
    return error === undefined;
  };
  const job = latest ?? (await answerOf(client.getBatch(batch.name, options)));
  if (upload !== '' && !isShared) {
    const isOwn =
      job?.src === undefined ? await looksOwn(client, record, options) : job.src.file_name === upload;
    if (isOwn)
      await attempt(upload, () => deleteUpload(deps, {name: upload, inputFile: record.input_file}, options));
    else
      kept.push(`${upload} is kept: the service does not say that it is the request file of ${batch.name}.`);
  }
  const results = job === undefined ? undefined : deletableResults(job, record);
  // Only the job tells where its results are.
  const areResultsGone =
    results === undefined || (await attempt(results, () => client.deleteFile(results, options)));
  if (areResultsGone) await attempt(batch.name, () => client.deleteBatch(batch.name, options));
  return {failures, kept};
}

/** Whether the file that a record calls its upload is that by its display name or its content. */
async function looksOwn(
  client: BatchService,
  {uploaded_file_name: upload, sha256}: JobRecord,
  options: CallOptions,
): Promise<boolean> {
  const file = await answerOf(client.getFile(upload, options));
  return file !== undefined && isUploadOf(file, sha256);
}

/** Whether a file at the service is the upload of a request file, by its display name or its content. */
export function isUploadOf(
  {displayName = '', sha256: content}: RemoteFile,
  sha256: string | undefined,
): boolean {
  const ours = parseUploadDisplayName(displayName);
  if (sha256 === undefined) return ours !== undefined;
  return content === sha256 || (ours !== undefined && sha256.startsWith(ours.fingerprintHead));
}

/** What the service answers; undefined when it has nothing to say, which is then for the deletion to report. */
async function answerOf<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof GembatchError)) throw error;
    return undefined;
  }
}

/**
 * Deletes an uploaded request file that no batch job needs. It is tried also when the run is to end.
 *
 * @param sha256 - of the request file, where only a journal says that the upload is ours: one that may come from anybody.
 *   A file that is not its upload is left alone.
 * @returns what a person should know when it could not be deleted; undefined when it is gone.
 */
export async function discardUpload(
  deps: DeleteUploadDeps & {readonly clock: Clock},
  upload: Upload,
  sha256?: string,
): Promise<string | undefined> {
  const never = new AbortController().signal;
  const {client, clock} = deps;
  const error = await tryCall({clock, stop: never}, async (options) => {
    if (sha256 !== undefined) {
      const file = await answerOf(client.getFile(upload.name, options));
      if (file !== undefined && !isUploadOf(file, sha256)) return;
    }
    await deleteUpload(deps, upload, options);
  });
  return error === undefined ? undefined : uploadNotDeleted(upload.name, error);
}

/**
 * The results of a job that are ours to delete: those in a bucket, unless the job or its record says that they are left there. The
 * Gemini API refuses it, because the names of its result files are longer than it allows (`googleapis/python-genai`, issue 1759),
 * and lets go of them by itself.
 */
export function deletableResults(
  {dest, results_left: leftByJob}: BatchJob,
  record: Pick<JobRecord, 'results_left'> | undefined,
): string | undefined {
  const isLeftThere = leftByJob !== undefined || record?.results_left !== undefined;
  const isOurs = dest !== undefined && serviceOfFile(dest.file_name) === 'vertex';
  return isOurs && !isLeftThere ? dest.file_name : undefined;
}

/** Whether the results of a job are at the service and cannot be had any more once the job is gone, because only it names them. */
export function takesResultsAlong(
  {dest, results_left: leftByJob}: BatchJob,
  record: Pick<JobRecord, 'results_left'> | undefined,
): boolean {
  return dest !== undefined && leftByJob === undefined && record?.results_left === undefined;
}

async function errorOf(deletion: () => Promise<unknown>): Promise<GembatchError | undefined> {
  try {
    await deletion();
    return undefined;
  } catch (error) {
    if (!(error instanceof GembatchError)) throw error;
    return error;
  }
}
