import {GembatchError} from '../../domain/errors.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import type {RetrySchedule} from '../reconcile/retry-schedule.js';

/** What a queue of fetches goes by. */
export interface FetchQueueOptions {
  /** How many results are fetched at once. */
  readonly limit: number;
  readonly retrySchedule: RetrySchedule;
  readonly fetch: (record: JobRecord) => Promise<void>;
  /** Told when a fetch did not work and when it is tried again; null for not in this run. */
  readonly onFailedTry: (record: JobRecord, error: GembatchError, retryMs: number | null) => Promise<void>;
  /** Told about trouble that no single job can have, such as a refused key or a defect. */
  readonly onFatal: (error: unknown) => void;
  /** Told when a fetch has come to its end. */
  readonly onEnd: () => void;
}

/** Fetches results in the background, a few at once; a job whose fetch failed is fetched again when its time has come. */
export class FetchQueue {
  readonly #options: FetchQueueOptions;
  readonly #running = new Map<string, Promise<void>>();

  constructor(options: FetchQueueOptions) {
    this.#options = options;
  }

  get isIdle(): boolean {
    return this.#running.size === 0;
  }

  /** Begins as many fetches as may run at once, of jobs that are not being fetched and are due. */
  start(records: readonly JobRecord[]): void {
    for (const record of records) {
      const {name} = record.batch;
      if (this.#running.size >= this.#options.limit) return;
      if (this.#running.has(name) || !this.#options.retrySchedule.isDue(name)) continue;
      this.#running.set(name, this.#run(record));
    }
  }

  /** Waits for the fetches that are running. */
  async untilIdle(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  async #run(record: JobRecord): Promise<void> {
    const {fetch, retrySchedule, onFatal, onEnd} = this.#options;
    try {
      await fetch(record);
      retrySchedule.clear(record.batch.name);
    } catch (error) {
      await this.#fail(record, error).catch(onFatal);
    } finally {
      this.#running.delete(record.batch.name);
      onEnd();
    }
  }

  async #fail(record: JobRecord, error: unknown): Promise<void> {
    const isOfTheJob = error instanceof GembatchError && error.code !== 'KEY_REFUSED';
    if (!isOfTheJob) throw error;
    if (error.code === 'INTERRUPTED') return;
    const retryMs = this.#options.retrySchedule.note(record.batch.name, error);
    await this.#options.onFailedTry(record, error, retryMs);
  }
}
