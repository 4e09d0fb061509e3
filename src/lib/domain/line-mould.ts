import {FixedBytes, type JsonCursor, type Visit} from './json-cursor.js';

/** So many misses in a row show that lines differ in more than strings; then as many lines pass until the next attempt. */
const MAX_MISSES = 4;
const REST_LINES = 128;

/** A value that may be another in the next line, and what stands between it and the one before. */
interface FreeValue {
  readonly before: FixedBytes;
  readonly read: Visit;
}

/**
 * What lines of a file have in common: programs write one after the other with another key and other texts, and all else
 * the same.
 *
 * A line that fits is, byte for byte, one that was found good, but for some values; and each of these is read as it was
 * then. So it is good as well, which costs a fraction of the time that a walk over its members takes.
 */
export class LineMould {
  #values: readonly FreeValue[] = [];
  #after = new FixedBytes(new Uint8Array(0));
  #misses = 0;
  #restLines = 0;

  /** The draft: the mould of a line that may yet turn out bad. */
  #bytes: Uint8Array = new Uint8Array(0);
  #drafted: FreeValue[] = [];
  #copiedTo = 0;

  /** Whether the line that the cursor is at the start of is as good as the one that the mould was made of. */
  fits(cursor: JsonCursor): boolean {
    if (this.#restLines > 0) {
      this.#restLines--;
      return false;
    }
    if (this.#isMatch(cursor)) {
      this.#misses = 0;
      return true;
    }
    this.#misses++;
    if (this.#misses >= MAX_MISSES) this.#rest();
    return false;
  }

  /** Begins to draft a mould of a line, which starts here. */
  draft(bytes: Uint8Array, start: number): void {
    this.#bytes = bytes;
    this.#drafted = [];
    this.#copiedTo = start;
  }

  /**
   * Reads a value that may be another in the next line.
   *
   * @param readNext - reads it there, where it is stricter.
   */
  readFree(cursor: JsonCursor, read: Visit, readNext = read): boolean {
    const start = cursor.position;
    if (!read(cursor)) return false;
    if (this.#restLines > 0) return true;
    this.#drafted.push({before: this.#copyTo(start), read: readNext});
    this.#copiedTo = cursor.position;
    return true;
  }

  /** Makes the draft the mould: its line, which ends here, is good. */
  keepDraft(end: number): void {
    if (this.#restLines > 0) return;
    this.#values = this.#drafted;
    this.#after = this.#copyTo(end);
  }

  #isMatch(cursor: JsonCursor): boolean {
    if (this.#values.length === 0) return false;
    for (const {before, read} of this.#values) if (!cursor.take(before) || !read(cursor)) return false;
    return cursor.take(this.#after) && cursor.isAtEnd();
  }

  #rest(): void {
    this.#misses = 0;
    this.#restLines = REST_LINES;
  }

  #copyTo(end: number): FixedBytes {
    return new FixedBytes(Uint8Array.prototype.slice.call(this.#bytes, this.#copiedTo, end));
  }
}
