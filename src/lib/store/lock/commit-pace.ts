import type {Clock} from '../../domain/clock.js';

/** After a commit that took so long, in milliseconds, as much time again is left to others; of twice that, four times as much. */
const CHEAP_MS = 10;

/**
 * Says when the next commit is due. Each replaces the whole job-info file under a lock: half of the time is left to other
 * processes, and where a commit is dear, more time passes between two, and what is asked for meanwhile is in the second.
 */
export class CommitPace {
  readonly #clock: Clock;
  readonly #mostPauses: number;
  #costMs = 0;
  #lastCostMs = 0;
  #endedMs = 0;

  /** @param mostPauses - so many times its cost passes at most before the next commit; after a cheap one, its cost once. */
  constructor(clock: Clock, mostPauses: number) {
    this.#clock = clock;
    this.#mostPauses = mostPauses;
  }

  /** How long to wait with a commit, in milliseconds; not above zero when it is due. */
  get waitMs(): number {
    const pauses = Math.min(this.#mostPauses, Math.max(1, (this.#costMs / CHEAP_MS) ** 2));
    return this.#endedMs + pauses * this.#costMs - this.#clock.monotonic();
  }

  /** Notes what a commit that has ended now, or something that costs as much, has cost, in milliseconds. */
  noteCost(costMs: number): void {
    this.#endedMs = this.#clock.monotonic();
    // One that a disk or another process held up says nothing of the next; two in a row do.
    this.#costMs = Math.min(costMs, this.#lastCostMs);
    this.#lastCostMs = costMs;
  }
}
