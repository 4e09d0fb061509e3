/** How far back a rate looks: long enough to be calm, short enough to follow the network. */
const WINDOW_MS = 5_000;
/** The total is noted this often, so that a rate costs the same whatever the number of reports. */
const NOTE_MS = 250;
/** A shorter time says nothing yet. */
const SHORTEST_MS = 500;

/** The bytes per second of a transfer in its last seconds. Times are those of a monotonic clock. */
export class ByteRate {
  #total = 0;
  #addedMs: number;
  #notes: {readonly atMs: number; readonly total: number}[];

  /** @param nowMs - the start of the transfer. */
  constructor(nowMs: number) {
    this.#addedMs = nowMs;
    this.#notes = [{atMs: nowMs, total: 0}];
  }

  add(bytes: number, nowMs: number): void {
    this.#total += bytes;
    if (bytes > 0) this.#addedMs = nowMs;
    const last = this.#notes.at(-1);
    if (last !== undefined && nowMs - last.atMs < NOTE_MS) return;
    this.#notes = [...this.#notes.slice(this.#firstInUse(nowMs)), {atMs: nowMs, total: this.#total}];
  }

  /** Undefined as long as there is too little to go by. */
  perSecond(nowMs: number): number | undefined {
    const first = this.#notes[this.#firstInUse(nowMs)];
    if (first === undefined || nowMs - first.atMs < SHORTEST_MS) return undefined;
    if (nowMs - this.#addedMs >= WINDOW_MS) return 0;
    return ((this.#total - first.total) / (nowMs - first.atMs)) * 1000;
  }

  /** The last note from before the window; the first one of all while the window is not full. */
  #firstInUse(nowMs: number): number {
    return Math.max(
      0,
      this.#notes.findLastIndex(({atMs}) => nowMs - atMs >= WINDOW_MS),
    );
  }
}
