import type {Clock} from '../../domain/clock.js';
import {GembatchError} from '../../domain/errors.js';
import {interruption} from '../../domain/interruption.js';
import type {CallOptions} from '../batch-service.js';
import {isTransient} from './service-error.js';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/** How long failures of the network and the service are tried again, with longer and longer pauses. */
export class RetryBudget {
  readonly #clock: Clock;
  readonly #options: CallOptions;
  readonly #budgetMs: number;
  #failingSinceMs: number | undefined;
  #failures = 0;

  /** @param budgetMs - how long failures may last, from the first one, without any success in between. */
  constructor(clock: Clock, budgetMs: number, options: CallOptions) {
    this.#clock = clock;
    this.#options = options;
    this.#budgetMs = budgetMs;
  }

  /** Notes that something got through: failures count from here again. */
  progressed(): void {
    this.#failures = 0;
    this.#failingSinceMs = undefined;
  }

  /**
   * Waits before the next try, longer each time, and at least as long as the service asks for.
   *
   * @throws the error itself when it is not worth another try or the budget is spent; GembatchError `INTERRUPTED`.
   */
  async waitAfter(error: unknown): Promise<void> {
    if (!(error instanceof GembatchError) || !isTransient(error)) throw error;
    const nowMs = this.#clock.monotonic();
    this.#failingSinceMs ??= nowMs;
    const leftMs = this.#failingSinceMs + this.#budgetMs - nowMs;
    if (leftMs <= 0) throw error;

    const grownMs =
      Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures) * (0.75 + Math.random() / 2);
    const asked = error.details['retryDelayMs'];
    const delayMs = Math.min(leftMs, Math.max(grownMs, typeof asked === 'number' ? asked : 0));
    this.#failures += 1;
    this.#options.onWait?.({reason: error.message, delayMs});
    await this.#clock.sleep(delayMs, this.#options.signal);
    throwIfAborted(this.#options.signal);
  }
}

/**
 * Makes a call that may be made any number of times, until it works or its failures are final or last too long.
 *
 * @throws what the last try threw; GembatchError `INTERRUPTED` when the signal ended it.
 */
export async function retrying<T>(call: () => Promise<T>, budget: RetryBudget): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      await budget.waitAfter(error);
    }
  }
}

/** @throws GembatchError `INTERRUPTED` */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw interruption('Stopped before the service had answered.', signal.reason);
}
