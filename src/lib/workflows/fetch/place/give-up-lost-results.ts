import type {JobRecord} from '../../../domain/job/job-record.js';
import {lookAtResults, onDiskOf} from '../../job-states/result-files.js';
import type {PollDeps} from '../../poll/poll-run.js';

/**
 * Takes lost results out of the records of the jobs whose requests a job sent again, all of them, so that their place is
 * free for its results. Results that were put back meanwhile keep it.
 *
 * @throws GembatchError STORAGE, LOCKED, LOCK_LOST, and the reason of `stop`.
 */
export async function giveUpLostResults(
  {store, clock}: Pick<PollDeps, 'store' | 'clock'>,
  record: JobRecord,
  stop: AbortSignal,
): Promise<void> {
  if (record.retry_of === undefined) return;
  const retried = sentAgainBy(
    record,
    store.read().records.map(({record: each}) => each),
  );
  if (retried.length === 0) return;
  const onDisk = onDiskOf(await lookAtResults(store, retried, {stop}));
  const at = new Date(clock.now()).toISOString();
  const lost = retried.filter((job) => onDisk(job) !== 'intact');
  await store.updateJobs(
    new Map(
      lost.map(({batch, results}) => [
        batch.name,
        (newest: JobRecord): JobRecord => {
          const {results: its, ...rest} = newest;
          return its?.sha256 === results?.sha256 ? {...rest, lost_at: rest.lost_at ?? at} : newest;
        },
      ]),
    ),
  );
}

/** Those with results of the jobs that have the same request file and that this one retries, or a retry of them. */
function sentAgainBy(record: JobRecord, records: readonly JobRecord[]): readonly JobRecord[] {
  const byName = new Map(records.map((each) => [each.batch.name, each]));
  const retried = new Set<JobRecord>();
  let above = byName.get(record.retry_of ?? '');
  while (above !== undefined && above.input_file === record.input_file && !retried.has(above)) {
    retried.add(above);
    above = byName.get(above.retry_of ?? '');
  }
  return [...retried].filter(({results}) => results !== undefined);
}
