import {isCloudAddress} from '../../domain/bucket/bucket-input.js';
import type {JobStore} from '../../store/job-store.js';
import {objectOfJob} from '../retry/object-of-job.js';
import type {FetchDeps, JobResults} from './collect-results.js';
import type {WalkInput} from './walk-results.js';

/** What the requests of jobs are read with. */
export interface RequestsDeps {
  readonly store: JobStore;
  /** Asked only for requests that are in a bucket. */
  readonly fetchDeps: FetchDeps;
  /** Ends the reading of files. */
  readonly stop?: AbortSignal;
}

/**
 * How the requests of a job are read where they are in a bucket: over the network, in the content that was submitted. Nothing for
 * those that are on this machine.
 *
 * @throws GembatchError as `objectOfJob`.
 */
export async function bucketRequests(
  {store, fetchDeps}: RequestsDeps,
  {job, file}: Pick<JobResults, 'job' | 'file'>,
): Promise<Pick<WalkInput, 'readRequests'>> {
  if (!isCloudAddress(file)) return {};
  const {client} = await fetchDeps();
  const stored = store.read().records.find(({record}) => record.batch.name === job);
  const object = stored === undefined ? undefined : await objectOfJob(client, stored.record);
  return object === undefined ? {} : {readRequests: () => client.openInput(object)};
}
