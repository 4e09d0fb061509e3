import type {LineSink} from '../../json/line-splitter.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Cuts a JSON list of any size into the texts of its elements. Memory is one element; whether it is JSON is not looked at. */
export class JsonListSplitter {
  readonly #sink: LineSink;
  #pieces: Uint8Array[] = [];
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  #state: 'before' | 'first' | 'inside' | 'after' = 'before';

  constructor(sink: LineSink) {
    this.#sink = sink;
  }

  /**
   * Takes the next bytes; the chunk must not change afterwards.
   *
   * @throws SyntaxError when it is no list.
   */
  push(chunk: Uint8Array): void {
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      if (this.#isInString) {
        this.#passString(byte);
      } else if (this.#state === 'before' || this.#state === 'after') {
        this.#passOutside(byte);
        start = at + 1;
      } else if (this.#isEnd(byte)) {
        this.#emit(chunk.subarray(start, at), byte);
        start = at + 1;
      } else if (byte === QUOTE) this.#isInString = true;
      else if (byte === OPEN_OBJECT || byte === OPEN_LIST) this.#depth++;
      else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) this.#depth--;
    }
    if (start < chunk.length) this.#pieces.push(chunk.subarray(start));
  }

  /** @throws SyntaxError when the list has no end. */
  finish(): void {
    if (this.#state !== 'after') throw new SyntaxError('the list has no end; the file was cut off');
  }

  #passString(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === BACKSLASH) this.#isEscaped = true;
    else if (byte === QUOTE) this.#isInString = false;
  }

  #passOutside(byte: number): void {
    if (byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d) return;
    if (this.#state === 'after') throw new SyntaxError('something follows after the end of the list');
    if (byte === OPEN_LIST) this.#state = 'first';
    // A byte order mark has these three.
    else if (byte !== 0xef && byte !== 0xbb && byte !== 0xbf)
      throw new SyntaxError('is no JSON list; it does not start with [');
  }

  #isEnd(byte: number): boolean {
    return this.#depth === 0 && (byte === COMMA || byte === CLOSE_LIST);
  }

  #emit(last: Uint8Array, byte: number): void {
    const pieces = [...this.#pieces, last];
    this.#pieces = [];
    const element = pieces.length === 1 ? last : Buffer.concat(pieces);
    const isEmptyList =
      this.#state === 'first' && byte === CLOSE_LIST && Buffer.from(element).toString().trim() === '';
    this.#state = byte === CLOSE_LIST ? 'after' : 'inside';
    if (!isEmptyList) this.#sink(element, 0, element.length);
  }
}
