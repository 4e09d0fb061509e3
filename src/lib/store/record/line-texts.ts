import {isAscii} from 'node:buffer';

const BYTE_ORDER_MARK = '\ufeff';
/** Bytes that are made text at once. */
const WINDOW_BYTES = 1 << 16;

/**
 * The texts of the lines of a file that is UTF-8, asked for in their order.
 *
 * Most files are plain ASCII: these are made text a window at a time, and a line is a part of that, which costs nothing.
 */
export class LineTexts {
  readonly #bytes: Buffer;
  readonly #isAscii: boolean;
  #window = '';
  #start = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#isAscii = isAscii(bytes);
  }

  /** The text between two places. */
  text(start: number, end: number): string {
    if (!this.#isAscii) return this.#bytes.toString('utf8', start, end);
    if (end > this.#start + this.#window.length || start < this.#start) {
      this.#window = this.#bytes.toString('latin1', start, Math.max(end, start + WINDOW_BYTES));
      this.#start = start;
    }
    return this.#window.slice(start - this.#start, end - this.#start);
  }
}

/** The text of a line without the byte order mark that some editors begin a file with. */
export function withoutMark(line: string): string {
  return line.startsWith(BYTE_ORDER_MARK) ? line.slice(1) : line;
}
