import {isEveryRowLeft} from '../../domain/job/job-progress.js';
import type {JobRecord, LeftResults} from '../../domain/job/job-record.js';
import type {CallOptions} from '../../services/batch-service.js';
import type {PollDeps, PollInput} from '../poll/poll-run.js';
import {deleteRemoteCopies} from './delete-remote-copies.js';
import type {FetchLimiters} from './fetch-limiters.js';

/** Whether the results stay in their bucket: nobody has ever fetched them, and nobody asks for that now. */
export function isToStay(
  {results_left: place, results}: JobRecord,
  {fetchesLeft}: Pick<PollInput, 'fetchesLeft'>,
): boolean {
  return place !== undefined && results === undefined && !fetchesLeft;
}

/**
 * Looks for the results where they are to stay, and records that they are there. Deletes nothing.
 *
 * @throws GembatchError `NOT_FOUND` when there are none, `SERVICE` when some are missing, `STORAGE`, `LOCKED`, `LOCK_LOST`.
 */
export async function noteLeftResults(
  {client, clock, store}: Pick<PollDeps, 'client' | 'clock' | 'store'>,
  {batch: {name, dest}}: JobRecord,
  options: CallOptions,
): Promise<void> {
  if (dest === undefined) throw new TypeError(`${name} has no results`);
  const {objects, sizeBytes} = await client.sizeOfResults(dest.file_name, options);
  const left: LeftResults = {
    seen_at: new Date(clock.now()).toISOString(),
    objects,
    size_bytes: sizeBytes,
  };
  const change = ({results_error: _error, lost_at: _lost, ...newest}: JobRecord): JobRecord =>
    newest.results === undefined ? {...newest, left} : newest;
  await store.updateJobs(new Map([[name, change]]));
}

/**
 * Makes sure that the results are where they are to stay, and records that. Only then are the uploaded request file and the job
 * deleted; the results never are.
 *
 * @returns what a person should know, one sentence each.
 * @throws GembatchError `NOT_FOUND` when there are none, `SERVICE` when some are missing, `STORAGE`, `LOCKED`, `LOCK_LOST`.
 */
export async function leaveResults(
  deps: PollDeps & {readonly limiters: FetchLimiters},
  record: JobRecord,
  {keepsRemote, stop}: Pick<PollInput, 'keepsRemote' | 'stop'>,
): Promise<readonly string[]> {
  const {limiters, report} = deps;
  const {batch, input_file: file, adopted_at: adoptedAt} = record;
  const onWait = (wait: {reason: string; delayMs: number}): void =>
    report({type: 'wait', name: batch.name, file, ...wait});
  await limiters.downloads(() => noteLeftResults(deps, record, {signal: stop, onWait}));
  // What was adopted may be a colleague's.
  if (keepsRemote || adoptedAt !== undefined) return [];
  if (!isEveryRowLeft(record))
    return ['Not every request is known to have a row: the service keeps the job and its files.'];
  return deleteRemoteCopies(deps, record, stop);
}
