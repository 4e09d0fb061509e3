import {backoffMs, jittered} from '../../domain/backoff.js';
import type {Clock} from '../../domain/clock.js';
import {GembatchError} from '../../domain/errors.js';
import {interruption} from '../../domain/interruption.js';
import type {CallOptions} from '../batch-service.js';
import type {Outage} from './outage.js';
import {isTransient} from './service-error.js';

const PAUSES = {firstMs: 1_000, longestMs: 60_000};

/** For how long a client tries again. */
interface RetryLimits {
  readonly clock: Clock;
  /** How long failures may last, from the first one, without any success in between, in milliseconds. */
  readonly retryMs: number;
  /** Ends the tries of all calls together. */
  readonly outage?: Outage;
}

/** How long failures of the network and the service are tried again, with longer and longer pauses. */
export class RetryBudget {
  readonly #limits: RetryLimits;
  readonly #options: CallOptions;
  #startedMs: number;
  #failingSinceMs: number | undefined;
  #failures = 0;

  /** @throws GembatchError `SERVICE` when an outage has lasted too long for another call. */
  constructor(limits: RetryLimits, options: CallOptions) {
    limits.outage?.check();
    this.#limits = limits;
    this.#options = options;
    this.#startedMs = limits.clock.monotonic();
  }

  /** Notes that something got through: failures count from here again. */
  progressed(): void {
    this.#failures = 0;
    this.#failingSinceMs = undefined;
    this.#startedMs = this.#limits.clock.monotonic();
    this.#limits.outage?.answered();
  }

  /**
   * Waits before the next try, longer each time, and at least as long as the service asks for.
   *
   * @throws the error itself when it is not worth another try or the budget is spent; GembatchError `INTERRUPTED`.
   */
  async waitAfter(error: unknown): Promise<void> {
    const {clock, retryMs, outage} = this.#limits;
    if (!(error instanceof GembatchError)) throw error;
    this.#noteIn(outage, error);
    if (!isTransient(error)) throw error;
    const nowMs = clock.monotonic();
    this.#failingSinceMs ??= nowMs;
    const leftMs = Math.min(this.#failingSinceMs + retryMs - nowMs, outage?.leftMs ?? Infinity);
    if (leftMs <= 0) throw error;

    const grownMs = jittered(backoffMs(PAUSES, this.#failures));
    const asked = error.details['retryDelayMs'];
    const delayMs = Math.min(leftMs, Math.max(grownMs, typeof asked === 'number' ? asked : 0));
    this.#failures += 1;
    this.#options.onWait?.({reason: error.message, delayMs});
    await clock.sleep(delayMs, this.#options.signal);
    throwIfAborted(this.#options.signal);
    outage?.check();
    this.#startedMs = clock.monotonic();
  }

  /** A refusal is an answer, too. A call that its caller gave up had none, for as long as it was under way. */
  #noteIn(outage: Outage | undefined, error: GembatchError): void {
    if (error.code === 'INTERRUPTED')
      outage?.failed(this.#startedMs, new GembatchError('SERVICE', 'no answer from the service'));
    else if (isTransient(error)) outage?.failed(this.#startedMs, error);
    else outage?.answered();
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
