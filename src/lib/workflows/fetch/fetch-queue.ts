import {GembatchError} from '../../domain/errors.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import type {RetrySchedule} from '../reconcile/retry-schedule.js';
import type {FetchDeps, FetchedResult, FetchOptions} from './fetch-options.js';
import {fetchResult} from './fetch-result.js';
import {hasUnrecordedFile} from './place/unrecorded-file.js';

/** What a queue of fetches goes by. */
export interface FetchQueueOptions {
  readonly deps: FetchDeps;
  /** How each result is fetched. */
  readonly how: FetchOptions;
  /** How many results are fetched at once. */
  readonly limit: number;
  readonly retrySchedule: RetrySchedule;
  /** Called when a fetch failed, with the time until the next try; null when this run makes none. */
  readonly onFailedTry: (record: JobRecord, error: GembatchError, retryMs: number | null) => Promise<void>;
  /** Called with an error that concerns every job, such as a refused API key or a defect. */
  readonly onFatal: (error: unknown) => void;
  /** Called when a fetch has ended. */
  readonly onEnd: () => void;
}

/** Fetches results in the background, a few at once; a job whose fetch failed is fetched again when its time has come. */
export class FetchQueue {
  readonly #options: FetchQueueOptions;
  readonly #running = new Map<string, Promise<void>>();
  /** Request files of the jobs that are being fetched, by batch name. */
  readonly #inputs = new Map<string, string>();

  constructor(options: FetchQueueOptions) {
    this.#options = options;
  }

  get isIdle(): boolean {
    return this.#running.size === 0;
  }

  /**
   * Begins as many fetches as may run at once, of jobs that are not being fetched and are due. Where a run that was killed has put
   * results in place, those of the jobs of that request file are fetched one at a time, so that they are recorded first.
   */
  start(records: readonly JobRecord[]): void {
    const {deps, how, limit, retrySchedule, onFatal, onEnd} = this.#options;
    for (const record of records) {
      const {name} = record.batch;
      if (this.#running.size >= limit) return;
      if (this.#running.has(name) || !retrySchedule.isDue(name)) continue;
      const input = deps.store.resolveInput(record.input_file);
      if (this.#isWaiting(record, input)) continue;
      this.#inputs.set(name, input);
      const fetching = fetchResult(deps, record, how)
        .then((fetched) => this.#succeed(record, fetched))
        .catch((error: unknown) => this.#fail(record, error))
        .catch(onFatal)
        .finally(() => {
          this.#running.delete(name);
          this.#inputs.delete(name);
          onEnd();
        });
      this.#running.set(name, fetching);
    }
  }

  #isWaiting(record: JobRecord, input: string): boolean {
    const {deps, how} = this.#options;
    const rules = {store: deps.store, records: deps.limiters.byName, resultsDir: how.resultsDir};
    return [...this.#inputs.values()].includes(input) && hasUnrecordedFile(record, rules);
  }

  /** Waits for the fetches that are running. */
  async untilIdle(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  #succeed(record: JobRecord, {notes}: FetchedResult): void {
    const {deps, retrySchedule} = this.#options;
    const {name} = record.batch;
    for (const note of notes) deps.report({type: 'warning', name, message: `${record.input_file}: ${note}`});
    retrySchedule.clear(name);
  }

  async #fail(record: JobRecord, error: unknown): Promise<void> {
    const isOfTheJob = error instanceof GembatchError && error.code !== 'KEY_REFUSED';
    if (!isOfTheJob) throw error;
    if (error.code === 'INTERRUPTED') return;
    const retryMs = this.#options.retrySchedule.note(record.batch.name, error);
    await this.#options.onFailedTry(record, error, retryMs);
  }
}
