import {backoffMs, jittered} from '../../domain/backoff.js';
import type {Clock} from '../../domain/clock.js';
import type {GembatchError} from '../../domain/errors.js';

/**
 * Pauses after refusals. Quotas of the Batch API count per minute at the least, and refusals for enqueued tokens last until a
 * running job ends.
 */
const PAUSES = {firstMs: 10_000, longestMs: 120_000};

/** What to do after a refused create. */
export type Refusal =
  | {
      readonly mayTryAgain: true;
      readonly pauseMs: number;
      /** For how long refusals may go on, from now. */
      readonly leftMs: number;
      /** Whether the refusal is worth a message: the others that wait know nothing of it yet. */
      readonly isNews: boolean;
    }
  | {readonly mayTryAgain: false};

/**
 * Limits the creates of a submission by what the service has quota for.
 *
 * The service counts its quota per project, so a refusal of one create holds for all of them: then one at a time is sent,
 * with growing pauses between, until one succeeds. Who is refused goes to the back of the queue, so that a file too large
 * for what is left of the quota does not keep small ones from being tried.
 */
export class CreateLimiter {
  readonly #clock: Clock;
  readonly #retryBudgetMs: number | null;
  /** Resolves when the refused create whose turn it is has had its answer. */
  #turn: Promise<void> = Promise.resolve();
  #refusal: {readonly sinceMs: number; count: number; nextTryMs: number} | undefined;
  #exhausted: GembatchError | undefined;

  /** @param retryBudgetMs - how long refusals may last before the limiter gives up; 0 for no waiting, null to give up at once. */
  constructor(clock: Clock, retryBudgetMs: number | null) {
    this.#clock = clock;
    this.#retryBudgetMs = retryBudgetMs;
  }

  /** The refusal that made the limiter give up; work that still needs a create is pointless then. */
  get exhausted(): GembatchError | undefined {
    return this.#exhausted;
  }

  /** Whether creates wait for quota. */
  get isRefusing(): boolean {
    return this.#refusal !== undefined;
  }

  /**
   * Waits until a create may be sent: at once as a rule; while the service refuses, one after the other, each after the
   * pause that is due.
   *
   * @param stop - ends the wait early; nothing may be sent then.
   * @returns must be called when the create has had its answer; undefined when nothing may be sent any more.
   */
  async turn(stop: AbortSignal): Promise<(() => void) | undefined> {
    if (stop.aborted || this.#exhausted !== undefined) return undefined;
    if (this.#refusal === undefined) return () => undefined;

    const previous = this.#turn;
    const {promise, resolve} = deferred();
    this.#turn = promise;
    await previous;
    const dueMs = (this.#refusal?.nextTryMs ?? 0) - this.#clock.monotonic();
    if (dueMs > 0) await this.#clock.sleep(dueMs, stop);
    if (!stop.aborted && this.#exhausted === undefined) return resolve;
    resolve();
    return undefined;
  }

  /** Notes that a create went through: the quota is free again. */
  succeeded(): void {
    this.#refusal = undefined;
  }

  /**
   * Notes that a create was refused.
   *
   * @param error - the refusal; `details.retryDelayMs` is the pause that the service asks for, in milliseconds.
   */
  refused(error: GembatchError): Refusal {
    // Without a retry budget each file has its one try, and says nothing about the others.
    if (this.#retryBudgetMs === 0) return {mayTryAgain: false};
    // Even when a create that was under way went through after that: the others know already that it is over.
    if (this.#exhausted !== undefined) return {mayTryAgain: false};
    if (this.#retryBudgetMs === null) {
      this.#exhausted = error;
      return {mayTryAgain: false};
    }

    const now = this.#clock.monotonic();
    this.#refusal ??= {sinceMs: now, count: 0, nextTryMs: now};
    const leftMs = this.#refusal.sinceMs + this.#retryBudgetMs - now;
    // Creates that were already under way at the first refusal add nothing to what it said.
    if (now < this.#refusal.nextTryMs)
      return {mayTryAgain: true, pauseMs: this.#refusal.nextTryMs - now, leftMs, isNews: false};
    if (leftMs <= 0) {
      this.#exhausted ??= error;
      return {mayTryAgain: false};
    }

    const grownMs = backoffMs(PAUSES, this.#refusal.count);
    const asked = error.details['retryDelayMs'];
    const pauseMs = Math.min(leftMs, Math.max(jittered(grownMs), typeof asked === 'number' ? asked : 0));
    this.#refusal.count += 1;
    this.#refusal.nextTryMs = now + pauseMs;
    return {mayTryAgain: true, pauseMs, leftMs, isNews: true};
  }
}

function deferred(): {promise: Promise<void>; resolve: () => void} {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return {promise, resolve};
}
