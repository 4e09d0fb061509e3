import {jobOutcome, type JobOutcome, type ResultsOnDisk} from '../../domain/job/job-progress.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import {replacedJobs} from '../../domain/job/replaced-jobs.js';
import {isOfService} from '../../domain/service/service-address.js';
import type {JobStore} from '../../store/job-store.js';
import {lookAtResults, onDiskOf} from '../job-states/result-files.js';
import {selectJobs, withRetries} from '../job-states/select-jobs.js';
import type {RetrySelection} from './retry-selection.js';

/** A job that no later one stands for, and how it stands. */
export interface CurrentJob {
  readonly record: JobRecord;
  readonly onDisk: ResultsOnDisk;
  readonly outcome: JobOutcome;
}

type Selection = Pick<RetrySelection, 'names' | 'address' | 'stop'>;

/**
 * The selected jobs, and retries of them, that no later job stands for.
 *
 * @throws GembatchError `USAGE` when a name means no job, `STORAGE`, and the reason of `stop`.
 */
export async function currentJobs(
  store: JobStore,
  {names, address, stop = new AbortController().signal}: Selection,
): Promise<readonly CurrentJob[]> {
  const records = store.read().records.map(({record}) => record);
  const family = withRetries(records, selectJobs(store, records, names)).filter((record) =>
    isOfService(record, address),
  );
  const onDisk = onDiskOf(await lookAtResults(store, family, {stop}));
  const replaced = replacedJobs(records, onDisk);
  return family
    .filter(({batch}) => !replaced.has(batch.name))
    .map((record) => ({record, onDisk: onDisk(record), outcome: jobOutcome(record, onDisk(record))}));
}

/**
 * Those of them that did not fully work, also where their results have to be fetched again.
 *
 * @throws GembatchError as `currentJobs`.
 */
export async function retriable(store: JobStore, selection: Selection): Promise<readonly CurrentJob[]> {
  const jobs = await currentJobs(store, selection);
  return jobs.filter((job) => isForPerson(job) || !['done', 'running'].includes(jobOutcome(job.record)));
}

/** Whether only a person may decide that it is paid for again. */
export function isForPerson({outcome}: Pick<CurrentJob, 'outcome'>): boolean {
  return outcome === 'lost' || outcome === 'not_seen';
}
