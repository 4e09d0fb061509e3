import {GembatchError} from '../../domain/errors.js';
import type {Clock} from '../../domain/clock.js';
import {leftUpload} from '../../domain/job/left-upload.js';
import {awaitsFetch, awaitsService} from '../../domain/job/job-progress.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import type {BatchService, CallOptions} from '../../services/batch-service.js';
import {tryCall} from '../reconcile/try-call.js';

/**
 * Deletes what the service keeps of a job whose results are durable: the uploaded request file, the result file and the
 * job. What is gone already counts as deleted. The service refuses to delete result files, because their names are
 * longer than it allows (`googleapis/python-genai`, issue 1759), and lets go of them by itself; that is no failure.
 *
 * The uploaded file stays as long as another of the records needs it.
 *
 * @param records - all records of the job-info file.
 * @returns what could not be deleted and why, one sentence each; empty when nothing is left.
 */
export async function discardRemote(
  client: BatchService,
  {record, records}: {record: JobRecord; records: readonly JobRecord[]},
  options: CallOptions = {},
): Promise<readonly string[]> {
  const {uploaded_file_name: upload, batch} = record;
  const isShared = records.some(
    (other) =>
      other.uploaded_file_name === upload &&
      other.batch.name !== batch.name &&
      (awaitsService(other) || awaitsFetch(other)),
  );
  const failures: string[] = [];
  const attempt = async (name: string, deletion: () => Promise<unknown>): Promise<void> => {
    const error = await errorOf(deletion);
    if (error !== undefined) failures.push(`${name} could not be deleted: ${error.message}`);
  };
  if (upload !== '' && !isShared) await attempt(upload, () => client.deleteFile(upload, options));
  if (batch.dest !== undefined) await deleteResultFile(client, batch.dest.file_name, options);
  await attempt(batch.name, () => client.deleteBatch(batch.name, options));
  return failures;
}

/**
 * Deletes an uploaded request file that no batch job needs. It is tried also when the run is to end.
 *
 * @returns what a person should know when it could not be deleted; undefined when it is gone.
 */
export async function discardUpload(
  {client, clock}: {readonly client: BatchService; readonly clock: Clock},
  uploadedFileName: string,
): Promise<string | undefined> {
  const never = new AbortController().signal;
  const error = await tryCall({clock, stop: never}, (options) =>
    client.deleteFile(uploadedFileName, options),
  );
  return error === undefined ? undefined : leftUpload(uploadedFileName, error);
}

/** The job, whose deletion is reported, goes after it and would meet the same trouble. */
async function deleteResultFile(client: BatchService, name: string, options: CallOptions): Promise<void> {
  await errorOf(() => client.deleteFile(name, options));
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
