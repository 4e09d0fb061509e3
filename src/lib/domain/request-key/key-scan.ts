import {fieldOf} from '../json/json-object.js';
import {JsonCursor, type Visit} from '../json/json-cursor.js';

const KEY = Buffer.from('key');

/** Reads the `key` of request lines, without parsing them where that is safe. */
export class KeyScan {
  readonly #cursor = new JsonCursor();
  #keysMet = 0;
  #span: {readonly start: number; readonly end: number} = {start: 0, end: 0};

  /**
   * The key of a line: its UTF-8 bytes, valid as long as the buffer, or text. Null when the line is not JSON or has no
   * text as its key.
   */
  keyOf(bytes: Uint8Array, start: number, end: number): Uint8Array | string | null {
    this.#keysMet = 0;
    const isRead = this.#cursor.walkObject(bytes, {start, end}, this.#onMember) && this.#keysMet === 1;
    return isRead ? bytes.subarray(this.#span.start, this.#span.end) : parsedKey(bytes.subarray(start, end));
  }

  readonly #onMember: Visit = (cursor) => {
    if (!cursor.is(KEY)) return cursor.skipValue();
    this.#keysMet++;
    if (!cursor.skipPlainString()) return false;
    this.#span = cursor.span;
    return true;
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
    return null; // Not JSON in UTF-8: a line without a key, and null says so.
  }
}
