import {backoffMs, jittered} from '../../domain/backoff.js';

/**
 * Pauses after refusals. Quotas of the Batch API count per minute at the least, and refusals for enqueued tokens last until a
 * running job ends.
 */
const PAUSES = {firstMs: 10_000, longestMs: 300_000};

/** A service that takes no more for now. Times are by the monotonic clock. */
export interface Refusal {
  /** When the first of a row of refusals came. */
  readonly sinceMs: number;
  readonly count: number;
  readonly retryAtMs: number;
  /** Open jobs at that time: as soon as there are fewer, there is room again. */
  readonly openJobs: number;
}

/**
 * How many batch jobs may be open at once, as far as it is known: what a person allows, less after each refusal.
 *
 * The service does not say which of its limits was reached, so it is found by trying: a refusal halves the room that was
 * thought to be left, and each pass without one makes it larger by one.
 */
export class OpenJobLimit {
  readonly #most: number;
  readonly #random: () => number;
  #limit: number;
  #refusal: Refusal | undefined;

  /** @param random - numbers from 0 to 1, 1 excluded. */
  constructor(most: number, random: () => number = Math.random) {
    this.#most = most;
    this.#random = random;
    this.#limit = most;
  }

  /** What a person allows. */
  get most(): number {
    return this.#most;
  }

  /** The refusals since the last success. */
  get refusal(): Refusal | undefined {
    return this.#refusal;
  }

  /** How many jobs may be created now, given how many are open. */
  slots(openJobs: number, nowMs: number): number {
    const refusal = this.#refusal;
    if (refusal === undefined) return Math.max(0, this.#limit - openJobs);
    const allowed = Math.max(0, this.#most - openJobs);
    if (openJobs < refusal.openJobs) return Math.min(refusal.openJobs - openJobs, allowed);
    return nowMs < refusal.retryAtMs ? 0 : Math.min(1, allowed);
  }

  /** Notes that a create was refused, and how many jobs were open then. `askedMs` is the pause that the service asks for. */
  refused(openJobs: number, nowMs: number, askedMs = 0): void {
    const {sinceMs = nowMs, count = 0} = this.#refusal ?? {};
    this.#limit = openJobs + Math.floor(Math.max(0, this.#limit - openJobs) / 2);
    const pauseMs = Math.max(jittered(backoffMs(PAUSES, count), this.#random), askedMs);
    this.#refusal = {sinceMs, count: count + 1, retryAtMs: nowMs + pauseMs, openJobs};
  }

  /** Notes that a pass has created jobs, and none was refused. */
  succeeded(openJobs: number): void {
    this.#refusal = undefined;
    this.#limit = Math.min(this.#most, Math.max(this.#limit, openJobs) + 1);
  }
}
