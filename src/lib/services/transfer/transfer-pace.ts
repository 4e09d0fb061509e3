/**
 * A transfer that is slower than this, measured over the time after which silence ends a connection, is as good as one
 * that stands still: a modem of 1985 was faster, and a gigabyte would take three months.
 */
const SLOWEST_BYTES_PER_SECOND = 128;

/** Tells a transfer that moves from one that only keeps its connection from falling silent. */
export class TransferPace {
  readonly #windowMs: number;
  #bytes = 0;
  #waitedMs = 0;

  /** @param windowMs - the time over which it is measured; only waiting for the other side counts. */
  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Notes bytes and how long they were waited for, and judges. */
  judge(bytes: number, waitedMs: number): 'moves' | 'undecided' | 'stands still' {
    this.#bytes += bytes;
    this.#waitedMs += waitedMs;
    const isMoving = this.#bytes >= (SLOWEST_BYTES_PER_SECOND * this.#windowMs) / 1_000;
    if (!isMoving && this.#waitedMs < this.#windowMs) return 'undecided';
    this.#bytes = 0;
    this.#waitedMs = 0;
    return isMoving ? 'moves' : 'stands still';
  }
}
