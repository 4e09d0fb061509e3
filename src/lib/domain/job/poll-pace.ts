import {backoffMs, jittered} from '../backoff.js';

/** Also for what takes hours: people who wait want to know within minutes. */
const SLOWEST_MS = 300_000;
/** Whatever a person asks for, the service is not flooded. */
const FASTEST_MS = 100;
const GROWTH = 1.5;
/** The first pause after the service could not be asked. */
const ERROR_PAUSE_MS = 5_000;

/** How long to wait before the service is asked again: longer while nothing moves, at once as usual when it does. */
export class PollPace {
  readonly #intervalMs: number;
  readonly #random: () => number;
  #stillMs: number;
  #errors = 0;

  /**
   * @param intervalMs - the pause while things move.
   * @param random - numbers from 0 to 1, 1 excluded.
   */
  constructor(intervalMs: number, random: () => number = Math.random) {
    this.#intervalMs = Math.max(intervalMs, FASTEST_MS);
    this.#random = random;
    this.#stillMs = this.#intervalMs;
  }

  /** The pause in milliseconds after the service has answered. */
  afterAnswer(hasMoved: boolean): number {
    this.#errors = 0;
    if (hasMoved) this.#stillMs = this.#intervalMs;
    const pauseMs = this.#stillMs;
    this.#stillMs = Math.min(pauseMs * GROWTH, Math.max(SLOWEST_MS, this.#intervalMs));
    return Math.round(jittered(pauseMs, this.#random));
  }

  /** The pause in milliseconds after the service could not be asked. */
  afterError(): number {
    const pauses = {
      firstMs: Math.min(this.#intervalMs, ERROR_PAUSE_MS),
      longestMs: Math.max(SLOWEST_MS, this.#intervalMs),
    };
    const pauseMs = backoffMs(pauses, this.#errors);
    this.#errors += 1;
    return Math.round(jittered(pauseMs, this.#random));
  }
}
