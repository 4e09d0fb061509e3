import type {Clock} from '../../domain/clock.js';
import type {BatchService} from '../../services/batch-service.js';
import type {JobStore} from '../../store/job-store.js';
import {FreshStore} from '../job-states/fresh-store.js';
import {listJobs, refreshList, type JobList, type ListInput} from './list-jobs.js';

export interface WatchDeps {
  readonly store: JobStore;
  readonly clock: Clock;
  /** Where the service is to be asked, too. */
  readonly client?: BatchService | undefined;
  /** Takes the list now, and again whenever it has changed. */
  readonly show: (list: JobList) => void;
}

/** Another command writes the job-info file; to look whether it has changed costs nothing. */
const LOOK_MS = 1_000;
/** As often as `gembatch poll` asks. */
const ASK_MS = 30_000;

/**
 * Lists the jobs again whenever something is recorded, until none of them runs any more.
 *
 * @returns the last list.
 * @throws GembatchError as `listJobs`, what the service says to the first question, and the reason of `stop`.
 */
export async function watchList(
  {store, clock, client, show}: WatchDeps,
  input: ListInput,
  stop: AbortSignal,
): Promise<JobList> {
  const known = new FreshStore(store);
  let seen: FreshStore['snapshot'] | undefined;
  let list: JobList | undefined;
  let askedMs = -Infinity;
  for (;;) {
    stop.throwIfAborted();
    if (client !== undefined && clock.monotonic() - askedMs >= ASK_MS) {
      const {error} = await refreshList({store, client, clock}, stop);
      if (error !== undefined && askedMs === -Infinity) throw error;
      askedMs = clock.monotonic();
    }
    const {snapshot} = known;
    if (list === undefined || snapshot !== seen) {
      seen = snapshot;
      list = await listJobs(store, input, stop);
      show(list);
    }
    if (list.summary.running === 0 && list.open_intents.length === 0) return list;
    await clock.sleep(LOOK_MS, stop);
  }
}
