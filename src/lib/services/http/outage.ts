import type {Clock} from '../../domain/clock.js';
import type {GembatchError} from '../../domain/errors.js';

/** How an outage ends the calls of a client. */
export interface OutageOptions {
  /** For so long, in milliseconds, all calls together may go without an answer. */
  readonly limitMs: number;
  /** Called with the reason why nothing answers when there is time to try again, once for each outage; must not throw. */
  readonly onBegin?: (reason: string) => void;
}

/**
 * The time that a client has spent without an answer, over all of its calls, so that a command which only looks ends soon when
 * the service is down, however many calls it would make.
 */
export class Outage {
  readonly #clock: Clock;
  readonly #options: OutageOptions;
  #sinceMs: number | undefined;
  #error: GembatchError | undefined;

  constructor(clock: Clock, options: OutageOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  /** How long calls may still be tried, in whole milliseconds. */
  get leftMs(): number {
    const {limitMs} = this.#options;
    const nowMs = this.#clock.monotonic();
    return Math.max(0, Math.floor((this.#sinceMs ?? nowMs) + limitMs - nowMs));
  }

  /** @throws GembatchError, that of the last call, when there is no time for another one. */
  check(): void {
    if (this.leftMs === 0 && this.#error !== undefined) throw this.#error;
  }

  /** Notes a call without an answer, and since when it was under way, by the monotonic clock. */
  failed(startedMs: number, error: GembatchError): void {
    const isNews = this.#sinceMs === undefined;
    this.#sinceMs = Math.min(this.#sinceMs ?? startedMs, startedMs);
    this.#error = error;
    if (isNews && this.leftMs > 0) this.#options.onBegin?.(error.message);
  }

  answered(): void {
    this.#sinceMs = undefined;
  }
}
