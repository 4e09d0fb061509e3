import pLimit from 'p-limit';
import type {BatchJob} from '../../domain/job/batch-job.js';
import type {FreshStore} from '../job-states/fresh-store.js';
import {RecordsByName} from './place/records-by-name.js';

/** Few enough that each has bandwidth, enough to hide the latency of small results. */
const CONCURRENT_DOWNLOADS = 3;
const CONCURRENT_DELETIONS = 3;

/**
 * Fetches of one run that may be under way at once. Most of them wait for their results to be recorded, which happens for
 * all that wait in one commit: with thousands of records a commit takes longer than a small result.
 */
export const CONCURRENT_FETCHES = 64;

/** What the fetches of one run share: the ways to the service, and what is known of all jobs. */
export class FetchLimiters {
  readonly downloads = pLimit(CONCURRENT_DOWNLOADS);
  readonly deletions = pLimit(CONCURRENT_DELETIONS);
  readonly known: FreshStore;
  /** All jobs as they are while nobody else can change them; for `updateJobs` to bring up to date. */
  readonly underLock = new RecordsByName();
  readonly #byName = new RecordsByName();
  /** What the service said last of a job in this run. */
  readonly latest: (job: string) => BatchJob | undefined;

  constructor(known: FreshStore, latest: FetchLimiters['latest'] = () => undefined) {
    this.known = known;
    this.latest = latest;
  }

  /** All jobs that are known now. */
  get byName(): RecordsByName {
    return this.#byName.update(this.known.records);
  }
}
