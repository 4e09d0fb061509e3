import {fieldOf} from '../json/json-object.js';
import {JsonCursor, skipValue, type Visit} from '../json/json-cursor.js';
import {LineMould} from '../request/line-mould.js';

const KEY = Buffer.from('key');

/** Reads the `key` of request lines, without parsing them where that is safe. */
export class KeyScan {
  readonly #cursor = new JsonCursor();
  readonly #mould = new LineMould();
  #keysMet = 0;
  #span: {readonly start: number; readonly end: number} = {start: 0, end: 0};

  /**
   * The key of a line: its UTF-8 bytes, valid as long as the buffer, or text. Null when the line is not JSON or has no
   * text as its key.
   */
  keyOf(bytes: Uint8Array, start: number, end: number): Uint8Array | string | null {
    this.#cursor.begin(bytes, {start, end});
    const isRead = this.#mould.fits(this.#cursor) || this.#isReadByParts(bytes, start, end);
    return isRead ? bytes.subarray(this.#span.start, this.#span.end) : parsedKey(bytes.subarray(start, end));
  }

  #isReadByParts(bytes: Uint8Array, start: number, end: number): boolean {
    this.#keysMet = 0;
    if (!this.#cursor.walkObject(bytes, {start, end}, this.#onMember) || this.#keysMet !== 1) return false;
    this.#mould.keepDraft(this.#cursor);
    return true;
  }

  readonly #onMember: Visit = (cursor) => {
    if (!cursor.is(KEY)) return this.#onValue(cursor);
    this.#keysMet++;
    return this.#mould.readFree(cursor, this.#readKey);
  };

  readonly #readKey: Visit = (cursor) => {
    if (!cursor.skipPlainString()) return false;
    this.#span = cursor.span;
    return true;
  };

  readonly #onValue: Visit = (cursor) => {
    if (!this.#mould.isDrafting) return cursor.skipValue();
    if (cursor.isObject()) return cursor.eachMember(this.#onValue);
    if (cursor.isArray()) return cursor.eachElement(this.#onValue);
    return this.#mould.readFree(cursor, skipValue);
  };
}

function parsedKey(line: Uint8Array): string | null {
  try {
    const key = fieldOf(
      JSON.parse(new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(line)),
      'key',
    );
    return typeof key === 'string' ? key : null;
  } catch {
    return null; // Not JSON in UTF-8: a line without a key, which is what the caller is told.
  }
}
