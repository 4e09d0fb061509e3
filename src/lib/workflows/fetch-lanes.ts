import type {JobRecord} from '../domain/job-record.js';
import type {JobStore} from '../store/job-store.js';
import {Lane} from './lane.js';
import {storeStamp} from './store-stamp.js';

/** Few enough to leave the line to each, enough to hide the time that a small result takes. */
const CONCURRENT_DOWNLOADS = 3;
const CONCURRENT_DELETIONS = 3;

/**
 * Fetches of one run that may be under way at once. Most of them wait for their results to be recorded, which happens for
 * all that wait in one commit: with thousands of records a commit takes longer than a small result.
 */
export const CONCURRENT_FETCHES = 32;

/** What the fetches of one run share: the ways to the service, and what is known of all jobs. */
export class FetchLanes {
  readonly downloads = new Lane(CONCURRENT_DOWNLOADS);
  readonly deletions = new Lane(CONCURRENT_DELETIONS);
  readonly #store: JobStore;
  #stamp = '';
  #records: readonly JobRecord[] = [];

  constructor(store: JobStore) {
    this.#store = store;
  }

  /** All records as they are now; read again only when something has changed. */
  get records(): readonly JobRecord[] {
    const stamp = storeStamp(this.#store.path);
    if (stamp !== this.#stamp) {
      this.#records = this.#store.read().records.map(({record}) => record);
      this.#stamp = stamp;
    }
    return this.#records;
  }
}
