import {FixedBytes, type JsonCursor, type Visit} from '../json/json-cursor.js';

/** Lines that have more in them than these, in values and in bytes between values, are not worth a mould. */
const MAX_VALUES = 2_048;
const MAX_FIXED_BYTES = 65_536;
/** A line that fits earns one, one that does not costs two: with nothing left, lines pass for a while without a try. */
const MAX_CREDIT = 8;
const MISS_COST = 2;
const REST_LINES = 128;
/** Misses in a row after which the next lines may rather be like the last one. */
const MISSES_TO_REDRAFT = 2;

/** A value that may be another in the next line, and what stands between it and the one before. */
interface FreeValue {
  readonly before: FixedBytes;
  readonly read: Visit;
}

/** Where a value is that may be another in the next line. */
interface DraftedValue {
  readonly start: number;
  readonly end: number;
  readonly read: Visit;
}

/**
 * What lines of a file have in common: programs write one after the other with another key and other texts, and all else
 * the same.
 *
 * A line that fits is, byte for byte, one that was found good, but for some values; and each of these is read as it was
 * then. So it is good as well, which costs a fraction of the time that a walk over its members takes. Where lines differ
 * in more than that, trying and drafting are rare.
 */
export class LineMould {
  #values: readonly FreeValue[] = [];
  #after = new FixedBytes(new Uint8Array(0));
  #credit = MAX_CREDIT;
  #misses = 0;
  #restLines = 0;

  /** The draft: what a mould of the line would be that is read now, and may yet turn out bad. */
  #isDrafting = false;
  #drafted: DraftedValue[] = [];
  #lineStart = 0;
  #draftedTo = 0;
  #fixedBytes = 0;

  /** Whether values are noted: otherwise there is no need to look for them. */
  get isDrafting(): boolean {
    return this.#isDrafting;
  }

  /**
   * Whether the line that the cursor is at the start of is as good as the one that the mould was made of. If not, the line
   * is to be read again from its start.
   */
  fits(cursor: JsonCursor): boolean {
    this.#isDrafting = false;
    if (this.#restLines > 0) {
      this.#restLines--;
      return false;
    }
    this.#lineStart = cursor.position;
    if (this.#isMatch(cursor)) {
      this.#misses = 0;
      this.#credit = Math.min(this.#credit + 1, MAX_CREDIT);
      return true;
    }
    this.#noteMiss();
    return false;
  }

  /**
   * Reads a value that may be another in the next line.
   *
   * @param readNext - reads it there, where it is stricter.
   */
  readFree(cursor: JsonCursor, read: Visit, readNext = read): boolean {
    if (!this.#isDrafting) return read(cursor);
    const start = cursor.position;
    if (!read(cursor)) return false;
    this.#fixedBytes += start - this.#draftedTo;
    this.#draftedTo = cursor.position;
    this.#drafted.push({start, end: cursor.position, read: readNext});
    if (this.#drafted.length > MAX_VALUES || this.#fixedBytes > MAX_FIXED_BYTES) this.#rest();
    return true;
  }

  /** Makes the draft the mould, if there is one: its line, at whose end the cursor is, is good. */
  keepDraft(cursor: JsonCursor): void {
    if (!this.#isDrafting) return;
    if (this.#fixedBytes + cursor.position - this.#draftedTo > MAX_FIXED_BYTES) return this.#rest();
    let at = this.#lineStart;
    this.#values = this.#drafted.map(({start, end, read}) => {
      const before = new FixedBytes(cursor.copy(at, start));
      at = end;
      return {before, read};
    });
    this.#after = new FixedBytes(cursor.copy(at, cursor.position));
    this.#misses = 0;
  }

  #isMatch(cursor: JsonCursor): boolean {
    if (this.#values.length === 0) return false;
    for (const {before, read} of this.#values) if (!cursor.take(before) || !read(cursor)) return false;
    return cursor.take(this.#after) && cursor.isAtEnd();
  }

  #noteMiss(): void {
    this.#misses++;
    this.#credit -= MISS_COST;
    if (this.#credit <= 0) this.#rest();
    else if (this.#values.length === 0 || this.#misses >= MISSES_TO_REDRAFT) this.#draft();
  }

  #draft(): void {
    this.#isDrafting = true;
    this.#drafted = [];
    this.#draftedTo = this.#lineStart;
    this.#fixedBytes = 0;
  }

  #rest(): void {
    this.#isDrafting = false;
    this.#drafted = [];
    this.#misses = 0;
    this.#credit = MAX_CREDIT;
    this.#restLines = REST_LINES;
  }
}
