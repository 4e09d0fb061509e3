import type {Clock} from '../../domain/clock.js';

/** So many own looks without a change, whatever the clock says: on Windows it may run on while the machine sleeps. */
const MIN_LOOKS = 18;
/** Three signs of life of a holder, which gives one every 5 seconds. */
const THREE_BEATS_MS = 15_000;
/** Longer than a tick of the clock that file systems stamp files with: up to 10 ms on Linux. */
const TICK_MS = 20;
/** Some file systems keep whole or even seconds only. */
const COARSE_TICK_MS = 2_500;
const NS_PER_SECOND = 1_000_000_000n;

/**
 * Watches one lock file for signs of life, by the watcher's own time. Wall clocks of other machines play no part, so
 * neither a wrong clock nor a step of the clock can make a live holder look dead.
 */
export class SilenceWatch {
  readonly #clock: Clock;
  readonly #limitMs: number;
  #instance = '';
  #sinceMs = 0;
  #looks = 0;
  #realSinceMs = 0;

  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock;
    this.#limitMs = limitMs;
  }

  /** Notes what the lock looks like now; any change is a sign of life. */
  see(instance: string): void {
    if (instance !== this.#instance) {
      this.#instance = instance;
      this.#sinceMs = this.#clock.monotonic();
      this.#realSinceMs = performance.now();
      this.#looks = 0;
    }
    this.#looks += 1;
  }

  /** How long nothing has changed. */
  get silentMs(): number {
    return this.#clock.monotonic() - this.#sinceMs;
  }

  /**
   * Whether the silence has lasted so long that the holder is presumed dead.
   *
   * @param isLeftFromEarlierStart - whether all else says that the holder ended when the machine was last shut down. Three
   *   signs of life are waited for all the same: what says so is a clock.
   */
  isOverLimit(isLeftFromEarlierStart: boolean): boolean {
    const limitMs = isLeftFromEarlierStart ? Math.min(THREE_BEATS_MS, this.#limitMs) : this.#limitMs;
    return this.silentMs >= limitMs && this.#looks >= MIN_LOOKS;
  }

  /**
   * Whether the file has stood long enough for its times to tell it from any later one. This is about the clock of the
   * file system, so it is measured in real time.
   */
  hasStoodLongerThanTick(modifiedNs: bigint): boolean {
    const tickMs = modifiedNs % NS_PER_SECOND === 0n ? COARSE_TICK_MS : TICK_MS;
    return performance.now() - this.#realSinceMs >= tickMs;
  }
}
