import {isUtf8} from 'node:buffer';

/** Consumes the value that the cursor stands on. False gives up on the whole text. */
export type Visit = (cursor: JsonCursor) => boolean;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const LETTER_U = 0x75;
const DIGIT_ZERO = 0x30;
/** Longer numbers may not be exact. */
const MOST_DIGITS = 15;
/** Deeper nesting than any answer has; beyond it the cursor gives up. */
const MAX_DEPTH = 200;

/**
 * Walks over the bytes of one JSON text without building its values: for a reader that needs two or three members of
 * a row, which is decoded and copied nowhere.
 *
 * It accepts nothing that is not JSON in UTF-8: what it skips is checked as `JSON.parse` would. It may give up on
 * texts that are JSON (escapes in names, half characters, very deep nesting), so on false callers ask `JSON.parse`.
 */
export class JsonCursor {
  #bytes: Uint8Array = new Uint8Array(0);
  /** The memory that the bytes are in, by words. */
  #words: Int32Array = new Int32Array(0);
  #offset = 0;
  #start = 0;
  #at = 0;
  #end = 0;
  #depth = 0;
  #hasHighBytes = false;
  /** The last string or member name, without its quotes. */
  #spanStart = 0;
  #spanEnd = 0;
  #isPlain = true;

  /** Walks over one whole text: an object whose members go to `visit`. True when all of it was accepted. */
  walkObject(
    bytes: Uint8Array,
    range: {readonly start: number; readonly end: number},
    visit: Visit,
  ): boolean {
    this.#begin(bytes, range);
    if (!this.eachMember(visit)) return false;
    this.#skipSpace();
    return this.#isAtEnd();
  }

  /** As `walkObject`, for an array whose elements go to `visit`. */
  walkList(bytes: Uint8Array, range: {readonly start: number; readonly end: number}, visit: Visit): boolean {
    this.#begin(bytes, range);
    if (!this.eachElement(visit)) return false;
    this.#skipSpace();
    return this.#isAtEnd();
  }

  #begin(bytes: Uint8Array, {start, end}: {readonly start: number; readonly end: number}): void {
    if (bytes !== this.#bytes) this.#open(bytes);
    this.#start = start;
    this.#at = start;
    this.#end = end;
    this.#depth = 0;
    this.#hasHighBytes = false;
  }

  /** All lines of a chunk are in the same bytes. */
  #open(bytes: Uint8Array): void {
    const {buffer, byteOffset} = bytes;
    if (buffer !== this.#words.buffer) this.#words = new Int32Array(buffer, 0, buffer.byteLength >> 2);
    this.#bytes = bytes;
    this.#offset = byteOffset;
  }

  /** Whether the text ends here, and all strings in it are UTF-8. */
  #isAtEnd(): boolean {
    if (this.#at !== this.#end) return false;
    return !this.#hasHighBytes || isUtf8(this.#bytes.subarray(this.#start, this.#end));
  }

  /** Whether the string just skipped, or the name of the member whose value comes next, is this one. */
  is(name: Uint8Array): boolean {
    if (this.#spanEnd - this.#spanStart !== name.length) return false;
    for (let i = 0; i < name.length; i++) if (this.#bytes[this.#spanStart + i] !== name[i]) return false;
    return true;
  }

  /** Whether the string just skipped starts like this. */
  startsWith(head: Uint8Array): boolean {
    if (this.#spanEnd - this.#spanStart < head.length) return false;
    for (let i = 0; i < head.length; i++) if (this.#bytes[this.#spanStart + i] !== head[i]) return false;
    return true;
  }

  /** Whether the first `most` bytes of the string just skipped are those that have a 1 in `set`. */
  isOf(set: Uint8Array, most: number): boolean {
    const end = Math.min(this.#spanEnd, this.#spanStart + most);
    for (let at = this.#spanStart; at < end; at++) if (set[this.#bytes[at] ?? 0] !== 1) return false;
    return true;
  }

  /** Where the string just skipped is, without its quotes. */
  get span(): {readonly start: number; readonly end: number} {
    return {start: this.#spanStart, end: this.#spanEnd};
  }

  /** How far the text is consumed, as a place in its bytes. */
  get position(): number {
    return this.#at;
  }

  /** The string just skipped, if it is plain. */
  get text(): string {
    const {buffer, byteOffset} = this.#bytes;
    return Buffer.from(buffer, byteOffset + this.#spanStart, this.spanLength).toString('utf8');
  }

  /** The bytes of the string just skipped, without its quotes. */
  get spanLength(): number {
    return this.#spanEnd - this.#spanStart;
  }

  /** Whether the string just skipped means exactly its bytes: it has no escapes. */
  get isPlain(): boolean {
    return this.#isPlain;
  }

  /** Whether the string just skipped is the empty one. */
  get isEmpty(): boolean {
    return this.#spanStart === this.#spanEnd;
  }

  /** Consumes an object and shows each member to `visit`: the cursor then is on the value, the name is in `is`. */
  eachMember(visit: Visit): boolean {
    if (!this.#enter(OPEN_OBJECT)) return false;
    if (this.#leave(CLOSE_OBJECT)) return true;
    do {
      if (!this.skipString() || !this.#isPlain || !this.#take(COLON) || !visit(this)) return false;
    } while (this.#take(COMMA));
    return this.#leave(CLOSE_OBJECT);
  }

  /** Consumes an array and shows each element to `visit`. */
  eachElement(visit: Visit): boolean {
    if (!this.#enter(OPEN_ARRAY)) return false;
    if (this.#leave(CLOSE_ARRAY)) return true;
    do {
      if (!visit(this)) return false;
    } while (this.#take(COMMA));
    return this.#leave(CLOSE_ARRAY);
  }

  /** Where the next value begins. */
  get next(): number {
    this.#skipSpace();
    return this.#at;
  }

  /** Whether the next value is an object. */
  isObject(): boolean {
    return this.#isNext(OPEN_OBJECT);
  }

  /** Whether the next value is an array. */
  isArray(): boolean {
    return this.#isNext(OPEN_ARRAY);
  }

  /** Whether the next value is a string. */
  isString(): boolean {
    return this.#isNext(QUOTE);
  }

  /** Whether the next value is a number, if it is one at all. */
  isNumber(): boolean {
    this.#skipSpace();
    return NUMBER_STARTS[this.#bytes[this.#at] ?? 0] === 1;
  }

  /** Consumes any value. */
  skipValue(): boolean {
    this.#skipSpace();
    switch (this.#bytes[this.#at]) {
      case QUOTE:
        return this.skipString();
      case OPEN_OBJECT:
        return this.eachMember(skipValue);
      case OPEN_ARRAY:
        return this.eachElement(skipValue);
      case 0x74:
        return this.#word(TRUE);
      case 0x66:
        return this.#word(FALSE);
      case 0x6e:
        return this.#word(NULL);
      default:
        return this.#number();
    }
  }

  /** Consumes a number; undefined when there is none. */
  readNumber(): number | undefined {
    this.#skipSpace();
    const start = this.#at;
    if (!this.#number()) return undefined;
    let text = '';
    for (let at = start; at < this.#at; at++) text += String.fromCharCode(this.#bytes[at] ?? 0);
    return Number(text);
  }

  /** Consumes a whole number of digits, or a string of nothing but digits; null for anything else. */
  readCount(): number | null {
    const quote = this.isString() ? 1 : 0;
    const start = this.#at + quote;
    if (!this.skipValue()) return null;
    const end = this.#at - quote;
    if (end === start || end - start > MOST_DIGITS) return null;
    let count = 0;
    for (let at = start; at < end; at++) {
      const digit = (this.#bytes[at] ?? 0) - DIGIT_ZERO;
      if (digit < 0 || digit > 9) return null;
      count = count * 10 + digit;
    }
    return count;
  }

  /** Consumes `true` or `false`. */
  skipFlag(): boolean {
    this.#skipSpace();
    return this.#word(this.#bytes[this.#at] === 0x74 ? TRUE : FALSE);
  }

  /** Consumes a string that means exactly its bytes. */
  skipPlainString(): boolean {
    return this.isString() && this.skipString() && this.#isPlain;
  }

  /** Consumes a string. */
  skipString(): boolean {
    if (!this.#take(QUOTE)) return false;
    const bytes = this.#bytes;
    const end = this.#end;
    let at = this.#at;
    let seen = 0;
    this.#spanStart = at;
    this.#isPlain = true;
    for (;;) {
      if (((this.#offset + at) & 3) === 0) at = this.#skipWords(at);
      if (at >= end) return false;
      const byte = bytes[at++] ?? 0;
      const kind = IN_STRING[byte] ?? 0;
      if (kind !== SPECIAL) {
        seen |= kind;
        continue;
      }
      if (byte === QUOTE) break;
      const escape = byte === BACKSLASH && at < end ? (ESCAPES[bytes[at++] ?? 0] ?? 0) : 0;
      if (escape === 0) return false;
      if (escape === HEX_ESCAPE) {
        const length = this.#hexEscape(at);
        if (length === 0) return false;
        at += length;
      }
      this.#isPlain = false;
    }
    if (seen !== 0) this.#hasHighBytes = true;
    this.#spanEnd = at - 1;
    this.#at = at;
    return true;
  }

  /**
   * Goes on within a string, four bytes at a time, to the word in which there is a byte that does not stand for itself.
   * Almost all bytes of a file pass through here.
   */
  #skipWords(start: number): number {
    const words = this.#words;
    const offset = this.#offset;
    const last = (offset + this.#end) >> 2;
    let seen = 0;
    let at = (offset + start) >> 2;
    for (; at < last; at++) {
      const word = words[at] ?? 0;
      if ((specialsIn(word) & HIGH_BITS) !== 0) break;
      seen |= word;
    }
    if ((seen & HIGH_BITS) !== 0) this.#hasHighBytes = true;
    return at * 4 - offset;
  }

  /** The bytes that follow a `\u` and belong to it, of both escapes where there is a pair; 0 when that is no character. */
  #hexEscape(start: number): number {
    const unit = this.#hex(start);
    if (unit === undefined || (unit >= 0xdc00 && unit <= 0xdfff)) return 0;
    if (unit < 0xd800 || unit > 0xdbff) return 4;
    const low =
      this.#bytes[start + 4] === BACKSLASH && this.#bytes[start + 5] === LETTER_U ? this.#hex(start + 6) : 0;
    return low !== undefined && low >= 0xdc00 && low <= 0xdfff ? 10 : 0;
  }

  #hex(start: number): number | undefined {
    if (start + 4 > this.#end) return undefined;
    let value = 0;
    for (let at = start; at < start + 4; at++) {
      const byte = this.#bytes[at] ?? 0;
      if (HEX[byte] !== 1) return undefined;
      value = value * 16 + (byte & 0xf) + (byte > 0x39 ? 9 : 0);
    }
    return value;
  }

  #number(): boolean {
    const bytes = this.#bytes;
    if (bytes[this.#at] === 0x2d) this.#at++;
    const first = this.#at;
    if (!this.#digits() || (bytes[first] === 0x30 && this.#at - first > 1)) return false;
    if (bytes[this.#at] === 0x2e) {
      this.#at++;
      if (!this.#digits()) return false;
    }
    const exponent = bytes[this.#at];
    if (exponent !== 0x65 && exponent !== 0x45) return true;
    this.#at++;
    const sign = bytes[this.#at];
    if (sign === 0x2b || sign === 0x2d) this.#at++;
    return this.#digits();
  }

  #digits(): boolean {
    const start = this.#at;
    for (; this.#at < this.#end; this.#at++) {
      const byte = this.#bytes[this.#at] ?? 0;
      if (byte < 0x30 || byte > 0x39) break;
    }
    return this.#at > start;
  }

  #word(word: Uint8Array): boolean {
    for (const byte of word) if (this.#bytes[this.#at++] !== byte) return false;
    return this.#at <= this.#end;
  }

  #enter(bracket: number): boolean {
    this.#depth++;
    return this.#depth <= MAX_DEPTH && this.#take(bracket);
  }

  #leave(bracket: number): boolean {
    if (!this.#take(bracket)) return false;
    this.#depth--;
    return true;
  }

  #take(byte: number): boolean {
    if (!this.#isNext(byte) || this.#at >= this.#end) return false;
    this.#at++;
    return true;
  }

  #isNext(byte: number): boolean {
    this.#skipSpace();
    return this.#bytes[this.#at] === byte;
  }

  #skipSpace(): void {
    for (; this.#at < this.#end; this.#at++) {
      const byte = this.#bytes[this.#at] ?? 0;
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
    }
  }
}

/** Consumes any value. */
export const skipValue: Visit = (cursor) => cursor.skipValue();

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const NULL = Buffer.from('null');
const ESCAPES = tableOf('"\\/bfnrt');
const HEX_ESCAPE = 2;
ESCAPES[LETTER_U] = HEX_ESCAPE;
const NUMBER_STARTS = tableOf('-0123456789');
const HEX = tableOf('0123456789abcdefABCDEF');

/** Kinds of a byte within a string: zero stands for itself. */
const SPECIAL = 1;
const HIGH = 0x80;
const IN_STRING = new Uint8Array(256).fill(SPECIAL, 0, 0x20).fill(HIGH, 0x80);
IN_STRING[QUOTE] = SPECIAL;
IN_STRING[BACKSLASH] = SPECIAL;

/**
 * Sets the high bit of at least one byte of a word, whatever its byte order, if and only if one of them is special: see
 * "Determine if a word has a byte less than n" in https://graphics.stanford.edu/~seander/bithacks.html. The first
 * exchange of a bit makes the quote, but no other byte, a neighbour of the control characters.
 */
function specialsIn(word: number): number {
  const low = word ^ 0x02020202;
  const backslash = word ^ (BACKSLASH * ONES);
  return ((low - 0x21 * ONES) & ~low) | ((backslash - ONES) & ~backslash);
}

const ONES = 0x01010101;
const HIGH_BITS = 0x80808080 | 0;

/** 1 for each byte of the text. */
function tableOf(text: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const byte of Buffer.from(text)) table[byte] = 1;
  return table;
}
