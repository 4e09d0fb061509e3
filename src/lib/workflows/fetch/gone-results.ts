import type {GembatchError} from '../../domain/errors.js';
import type {JobRecord, ResultsError} from '../../domain/job/job-record.js';
import {refreshJobs} from '../job-states/refresh-jobs.js';
import type {PollDeps} from '../poll/poll-run.js';

/** After this time without the results of an ended job at the service, they count as lost. */
const LOOKING_MS = 600_000;

/**
 * What a fetch that failed changes in the record of its job. Results that the service has not had for ten minutes are lost
 * if it shows the job itself; if it does not, the API key may be another project's, and the job is not seen.
 */
export async function afterFailedFetch(
  {client, clock}: Pick<PollDeps, 'client' | 'clock'>,
  record: JobRecord,
  {error, stop}: {readonly error: GembatchError; readonly stop: AbortSignal},
): Promise<(newest: JobRecord) => JobRecord> {
  const at = new Date(clock.now()).toISOString();
  const {message} = error;
  if (error.code !== 'NOT_FOUND') return (newest) => ({...newest, results_error: {message, at}});
  const since = record.results_error?.not_found_since ?? at;
  const resultsError: ResultsError = {message, at, not_found_since: since};
  const end =
    Date.parse(at) - Date.parse(since) < LOOKING_MS ? {} : await endOf(client, record, {since, at, stop});
  return (newest) => ({...newest, results_error: resultsError, ...end});
}

async function endOf(
  client: PollDeps['client'],
  {batch, left}: JobRecord,
  {since, at, stop}: {readonly since: string; readonly at: string; readonly stop: AbortSignal},
): Promise<Pick<JobRecord, 'lost_at' | 'not_seen'>> {
  const {found, gone} = await refreshJobs(client, [batch], {signal: stop});
  // Results that were left were seen in their bucket, and the job may have been deleted since.
  if (found.has(batch.name) || left !== undefined) return {lost_at: at};
  return gone.has(batch.name) ? {not_seen: {since, looks: 3, given_up_at: at}} : {};
}
