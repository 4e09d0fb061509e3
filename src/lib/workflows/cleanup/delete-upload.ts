import {isCloudAddress, isPersonsObject} from '../../domain/bucket/bucket-input.js';
import type {BatchService, CallOptions, Deletion} from '../../services/batch-service.js';
import type {JobStore} from '../../store/job-store.js';

/** What a deletion of an upload needs. */
export interface DeleteUploadDeps {
  readonly client: BatchService;
  readonly store: Pick<JobStore, 'glance'>;
}

/** An upload, and the request file that it was made from where that is known. */
export interface Upload {
  readonly name: string;
  readonly inputFile?: string;
}

/**
 * Deletes an uploaded request file: the only place where that happens, because what a person has in a bucket must stay whatever
 * else speaks for its deletion, even where it has the name of an upload of ours.
 *
 * @returns `kept` for an object that a record or an open create names as its input.
 */
export async function deleteUpload(
  {client, store}: DeleteUploadDeps,
  {name, inputFile}: Upload,
  options?: CallOptions,
): Promise<Deletion | 'kept'> {
  // The create that it was made for may be over, without a job.
  if (inputFile === name) return 'kept';
  return isCloudAddress(name) && isPersonsObject(name, inputsIn(store))
    ? 'kept'
    : client.deleteFile(name, options);
}

/** What records and open creates name as their input. */
function* inputsIn(store: Pick<JobStore, 'glance'>): Generator<string> {
  const {records, openIntents} = store.glance();
  for (const {record} of records) yield record.input_file;
  for (const intent of openIntents) yield intent.input_file;
}
