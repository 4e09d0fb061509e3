import type {Clock} from '../../domain/clock.js';
import type {BatchService} from '../../services/batch-service.js';
import type {JobStore} from '../../store/job-store.js';
import {FreshStore} from '../job-states/fresh-store.js';
import {vanishedError} from '../job-states/vanished-records.js';
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

/** An editor that saves a file may empty it first. */
const VANISHED_MS = 5_000;

/** The jobs that were seen to run, whose records another program may take away. */
class RanBefore {
  readonly #store: JobStore;
  readonly #files = new Map<string, string>();
  #missing: {readonly name: string; readonly file: string; readonly sinceMs: number} | undefined;

  constructor(store: JobStore) {
    this.#store = store;
  }

  /** Takes what is recorded now, and how it is listed. */
  note({records}: FreshStore['snapshot'], {jobs}: JobList, nowMs: number): void {
    for (const {name, file, outcome} of jobs) if (outcome === 'running') this.#files.set(name, file);
    const recorded = new Set(records.map(({record}) => record.batch.name));
    const missing = [...this.#files].find(([name]) => !recorded.has(name));
    if (missing === undefined) this.#missing = undefined;
    else this.#missing ??= {name: missing[0], file: missing[1], sinceMs: nowMs};
  }

  /**
   * Whether each has a record still.
   *
   * @throws GembatchError STORAGE when one has had none for some seconds.
   */
  areAllThere(nowMs: number): boolean {
    if (this.#missing === undefined) return true;
    if (nowMs - this.#missing.sinceMs < VANISHED_MS) return false;
    throw vanishedError(this.#store, this.#missing);
  }
}

/**
 * Lists the jobs again whenever something is recorded, until none of them runs any more.
 *
 * @returns the last list.
 * @throws GembatchError as `listJobs`, `STORAGE` when the record of a job that ran is taken away, what the service says to the first question, and the reason of `stop`.
 */
export async function watchList(
  {store, clock, client, show}: WatchDeps,
  input: ListInput,
  stop: AbortSignal,
): Promise<JobList> {
  const known = new FreshStore(store);
  let seen: FreshStore['snapshot'] | undefined;
  let list: JobList | undefined;
  const ran = new RanBefore(store);
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
      ran.note(snapshot, list, clock.monotonic());
      show(list);
    }
    const areAllThere = ran.areAllThere(clock.monotonic());
    if (areAllThere && list.summary.running === 0 && list.open_intents.length === 0) return list;
    await clock.sleep(LOOK_MS, stop);
  }
}
