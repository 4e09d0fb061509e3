import {existsSync, statSync} from 'node:fs';
import type {JobRecord} from '../../domain/job/job-record.js';
import type {JobStore, StoreSnapshot} from '../../store/job-store.js';

/** What the store holds now; it is read again only when something has changed. */
export class FreshStore {
  readonly #store: JobStore;
  #stamp = '';
  #snapshot: StoreSnapshot = {records: [], openIntents: [], problems: []};
  #records: readonly JobRecord[] = [];

  constructor(store: JobStore) {
    this.#store = store;
  }

  /** The same object as long as nothing has changed. */
  get snapshot(): StoreSnapshot {
    this.#refresh();
    return this.#snapshot;
  }

  /** All records of it. */
  get records(): readonly JobRecord[] {
    this.#refresh();
    return this.#records;
  }

  #refresh(): void {
    // Before the reading: what changes meanwhile is seen the next time.
    const stamp = storeStamp(this.#store.path);
    if (stamp === this.#stamp) return;
    this.#snapshot = this.#store.glance();
    this.#records = this.#snapshot.records.map(({record}) => record);
    this.#stamp = stamp;
  }
}

/** Whether a process may be adding jobs: there is a session lock, of a live process or a dead one. */
export function hasSessionLock(path: string): boolean {
  return existsSync(`${path}.lock`);
}

/** A text that differs whenever the job-info file or its journal has changed; far cheaper than reading them. */
function storeStamp(path: string): string {
  return [`${path}.journal`, path].map((file) => stampOf(file)).join(' ');
}

function stampOf(path: string): string {
  const stats = statSync(path, {bigint: true, throwIfNoEntry: false});
  return stats === undefined ? 'missing' : `${stats.ino}:${stats.size}:${stats.mtimeNs}`;
}
