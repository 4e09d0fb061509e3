/**
 * Time as the rest of the program sees it. Everything that waits, measures or dates takes one, so that a test moves
 * time in place of sleeping.
 */
export interface Clock {
  /** Wall-clock time in milliseconds since the Unix epoch; for dates that people and records see. */
  now(): number;
  /** Milliseconds that only ever grow, from an arbitrary start; for measuring and for deadlines. */
  monotonic(): number;
  /**
   * Waits.
   *
   * @param ms - how long, in milliseconds.
   * @param signal - ends the wait early: the promise then resolves at once, it does not reject.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
