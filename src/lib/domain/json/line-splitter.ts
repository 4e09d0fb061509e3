/** Receives one line as a span of a buffer: valid only during the call, so that nothing is copied for it. */
export type LineSink = (bytes: Uint8Array, start: number, end: number) => void;

const NEWLINE = 0x0a;
const NOTHING = new Uint8Array(0);

/**
 * Cuts a stream of bytes into lines, whatever the chunks are.
 *
 * Only byte 0x0A ends a line: U+2028 and a lone CR are legal inside a line. A last line without a newline is a line;
 * nothing after a last newline is none. Memory is one chunk, plus a line that spans chunks and is not too long.
 */
export class LineSplitter {
  readonly #sink: LineSink;
  /** The line that is not ended yet: a copy, because a caller may fill its chunk anew. Kept for the next one: rows can be megabytes. */
  #pending: Uint8Array = NOTHING;
  #pendingBytes = 0;
  #lineNumber = 0;
  #lineOffset = 0;
  #nextOffset = 0;
  readonly #maxBytes: number;
  readonly #onTooLong: () => void;

  /** @param limit - lines of more bytes than `maxBytes` are not kept: they go to `onTooLong` in place of the sink. */
  constructor(sink: LineSink, limit?: {readonly maxBytes: number; readonly onTooLong: () => void}) {
    this.#sink = sink;
    this.#maxBytes = limit?.maxBytes ?? Infinity;
    this.#onTooLong = limit?.onTooLong ?? (() => undefined);
  }

  /** Number of the line that the sink is looking at, from 1. */
  get lineNumber(): number {
    return this.#lineNumber;
  }

  /** Where in the stream the line starts that the sink is looking at, in bytes. */
  get lineOffset(): number {
    return this.#lineOffset;
  }

  /** Takes the next bytes; the chunk may be reused afterwards. */
  push(chunk: Uint8Array): void {
    let start = 0;
    let newline = chunk.indexOf(NEWLINE);
    if (newline !== -1 && this.#pendingBytes > 0) {
      this.#keep(chunk.subarray(0, newline));
      this.#emitPending();
      start = newline + 1;
      newline = chunk.indexOf(NEWLINE, start);
    }
    while (newline !== -1) {
      this.#emit(chunk, start, newline);
      start = newline + 1;
      newline = chunk.indexOf(NEWLINE, start);
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  /** Ends the stream: what follows the last newline is the last line. */
  finish(): void {
    if (this.#pendingBytes > 0) this.#emitPending();
  }

  #keep(piece: Uint8Array): void {
    const start = this.#pendingBytes;
    this.#pendingBytes += piece.length;
    if (this.#pendingBytes > this.#maxBytes) {
      this.#pending = NOTHING;
      return;
    }
    if (this.#pendingBytes > this.#pending.length) {
      const larger = new Uint8Array(Math.max(this.#pendingBytes, this.#pending.length * 2));
      larger.set(this.#pending.subarray(0, start));
      this.#pending = larger;
    }
    this.#pending.set(piece, start);
  }

  #emit(bytes: Uint8Array, start: number, end: number): void {
    this.#step(end - start);
    if (end - start > this.#maxBytes) this.#onTooLong();
    else this.#sink(bytes, start, end);
  }

  #emitPending(): void {
    const lengthBytes = this.#pendingBytes;
    this.#pendingBytes = 0;
    this.#emit(this.#pending, 0, lengthBytes);
  }

  #step(lengthBytes: number): void {
    this.#lineNumber++;
    this.#lineOffset = this.#nextOffset;
    this.#nextOffset += lengthBytes + 1;
  }
}

/** Whether a line holds nothing but blanks: it is no row and no request. */
export function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return false;
  }
  return true;
}
