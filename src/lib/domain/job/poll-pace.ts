/** Nothing that takes hours is worth asking about more rarely: whoever waits wants to know within minutes. */
const SLOWEST_MS = 300_000;
/** Whatever a person asks for, the service is not flooded. */
const FASTEST_MS = 100;
const GROWTH = 1.5;
/** The first pause after trouble with the service; it doubles as long as the trouble lasts. */
const ERROR_PAUSE_MS = 5_000;
/** Keeps many pollers that were started together from asking together. */
const JITTER = 0.2;

/** How long to wait before the service is asked again: longer while nothing moves, at once as usual when it does. */
export class PollPace {
  readonly #intervalMs: number;
  readonly #random: () => number;
  #stillMs: number;
  #errorPauseMs: number;

  /**
   * @param intervalMs - the pause while things move.
   * @param random - numbers from 0 to 1, 1 excluded.
   */
  constructor(intervalMs: number, random: () => number = Math.random) {
    this.#intervalMs = Math.max(intervalMs, FASTEST_MS);
    this.#random = random;
    this.#stillMs = this.#intervalMs;
    this.#errorPauseMs = Math.min(this.#intervalMs, ERROR_PAUSE_MS);
  }

  /** The pause in milliseconds after the service has answered. */
  afterAnswer(hasMoved: boolean): number {
    this.#errorPauseMs = Math.min(this.#intervalMs, ERROR_PAUSE_MS);
    if (hasMoved) this.#stillMs = this.#intervalMs;
    const pauseMs = this.#stillMs;
    this.#stillMs = Math.min(pauseMs * GROWTH, Math.max(SLOWEST_MS, this.#intervalMs));
    return this.#jittered(pauseMs);
  }

  /** The pause in milliseconds after the service could not be asked. */
  afterError(): number {
    const pauseMs = this.#errorPauseMs;
    this.#errorPauseMs = Math.min(pauseMs * 2, Math.max(SLOWEST_MS, this.#intervalMs));
    return this.#jittered(pauseMs);
  }

  #jittered(ms: number): number {
    return Math.round(ms * (1 - JITTER + 2 * JITTER * this.#random()));
  }
}
