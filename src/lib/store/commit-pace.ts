import type {Clock} from '../domain/clock.js';

/** Commits that take no longer are made at once. */
const CHEAP_MS = 5;

/**
 * Says when the next commit is due. Each replaces the whole job-info file: where that is dear, some time passes between two,
 * and what is asked for meanwhile is in the second.
 */
export class CommitPace {
  readonly #clock: Clock;
  readonly #patience: number;
  #costMs = 0;
  #endedMs = 0;

  /** @param patience - so many times the cost of a commit passes before the next one. */
  constructor(clock: Clock, patience: number) {
    this.#clock = clock;
    this.#patience = patience;
  }

  /** How long to wait with a commit, in milliseconds; not above zero when it is due. */
  get waitMs(): number {
    if (this.#costMs <= CHEAP_MS) return 0;
    return this.#endedMs + this.#patience * this.#costMs - this.#clock.monotonic();
  }

  /** Notes that a commit, or what costs as much, has ended now. */
  noteCost(startMs: number): void {
    this.#endedMs = this.#clock.monotonic();
    this.#costMs = this.#endedMs - startMs;
  }
}
