import {backoffMs} from '../../domain/backoff.js';
import type {Clock} from '../../domain/clock.js';
import type {GembatchError} from '../../domain/errors.js';

const PAUSES = {firstMs: 5_000, longestMs: 300_000};
/** Three tries take half a minute; a fourth does not help against an error that lasts longer. */
const MOST_TRIES = 3;
/** Eight looks take ten minutes: only after them does a job or file count as gone. */
const MOST_LOOKS = 8;

interface FailedTry {
  readonly error: GembatchError;
  readonly tries: number;
  /** By the monotonic clock; null when this run tries no more. */
  readonly retryAtMs: number | null;
}

/**
 * The jobs whose last try failed, and when each is tried again. While the service cannot be reached, tries go on; after any
 * other error there are only a few.
 */
export class RetrySchedule {
  readonly #clock: Clock;
  readonly #byName = new Map<string, FailedTry>();

  readonly #isOnce: boolean;

  /** @param isOnce - whether a job is tried a single time, whatever the error. */
  constructor(clock: Clock, isOnce: boolean) {
    this.#clock = clock;
    this.#isOnce = isOnce;
  }

  /** @returns in how many milliseconds the job may be tried again; null for not in this run. */
  note(name: string, error: GembatchError): number | null {
    const tries = (this.#byName.get(name)?.tries ?? 0) + 1;
    const isOnTheWay = error.code === 'SERVICE' || error.code === 'QUOTA';
    const isLasting = !isOnTheWay || error.details['malformed'] === true;
    const pauseMs = backoffMs(PAUSES, tries - 1);
    const mostTries = error.code === 'NOT_FOUND' ? MOST_LOOKS : MOST_TRIES;
    const retryMs = this.#isOnce || (isLasting && tries >= mostTries) ? null : pauseMs;
    const retryAtMs = retryMs === null ? null : this.#clock.monotonic() + retryMs;
    this.#byName.set(name, {error, tries, retryAtMs});
    return retryMs;
  }

  /** Tries the job no more in this run. */
  giveUp(name: string, error: GembatchError): void {
    this.#byName.set(name, {error, tries: MOST_TRIES, retryAtMs: null});
  }

  clear(name: string): void {
    this.#byName.delete(name);
  }

  /** Whether the job may be tried now. */
  isDue(name: string): boolean {
    const failed = this.#byName.get(name);
    if (failed === undefined) return true;
    return failed.retryAtMs !== null && failed.retryAtMs <= this.#clock.monotonic();
  }

  /** Why this run no longer tries the job; undefined when it does. */
  finalError(name: string): GembatchError | undefined {
    const failed = this.#byName.get(name);
    return failed?.retryAtMs === null ? failed.error : undefined;
  }
}
