import type {JobRecord} from '../../domain/job/job-record.js';
import {ownCommand} from '../../domain/program-name.js';
import {discardRemote} from '../cleanup/discard-remote.js';
import type {PollDeps} from '../poll/poll-run.js';
import {withinTimeLimit} from '../reconcile/try-call.js';
import type {FetchLimiters} from './fetch-limiters.js';

/**
 * Deletes what the service keeps of a job whose results are durable, and records that. What takes too long is for
 * `gembatch cleanup`.
 *
 * @returns what a person should know, one sentence each.
 */
export async function deleteRemoteCopies(
  {client, clock, store, limiters}: PollDeps & {readonly limiters: FetchLimiters},
  record: JobRecord,
  stop: AbortSignal,
): Promise<readonly string[]> {
  const latest = limiters.latest(record.batch.name);
  const {failures, kept} = await limiters.deletions(() =>
    withinTimeLimit({clock, stop}, (signal) =>
      discardRemote({client, store}, {record, records: limiters.known.records, latest}, {signal}),
    ),
  );
  if (failures.length > 0) return [...failures, ...kept, `To delete it later: ${ownCommand('cleanup')}`];
  const deletedAt = new Date(clock.now()).toISOString();
  const mark = (newest: JobRecord): JobRecord => ({...newest, remote_deleted_at: deletedAt});
  await store.updateJobs(new Map([[record.batch.name, mark]]));
  return kept;
}
