/** Content of which no byte is kept: lines of one form, made when somebody reads them. */

/** Digits of the number in each line. */
const DIGITS = 10;
/** Bytes that are made at a time. */
const BLOCK_BYTES = 256 * 1024;

/** The lines of one form, which have the numbers from 2 on. */
export class MadeLines {
  readonly count: number;
  /** A line without its end, as it is for the number 1. */
  readonly form: string;
  readonly #form: Buffer;
  readonly #numberAt: readonly number[];

  /** @param form - a line without its end, in which `numberText(1)` stands wherever the number of a line does. */
  constructor(form: string, count: number) {
    this.form = form;
    this.#form = Buffer.from(`${form}\n`);
    this.count = count;
    const mark = numberText(1);
    const places: number[] = [];
    for (let at = this.#form.indexOf(mark); at !== -1; at = this.#form.indexOf(mark, at + DIGITS))
      places.push(at);
    this.#numberAt = places;
  }

  get sizeBytes(): number {
    return this.#form.length * this.count;
  }

  *bytes(first: number, last: number): Generator<Buffer> {
    const length = this.#form.length;
    const atOnce = Math.max(1, Math.floor(BLOCK_BYTES / length));
    for (let line = Math.floor(first / length); line * length <= last; line += atOnce) {
      const count = Math.min(atOnce, Math.floor(last / length) - line + 1);
      const block = Buffer.alloc(count * length);
      for (let index = 0; index < count; index += 1) {
        this.#form.copy(block, index * length);
        const number = numberText(line + index + 2);
        for (const at of this.#numberAt) block.write(number, index * length + at, 'latin1');
      }
      const start = line * length;
      yield block.subarray(Math.max(0, first - start), Math.min(block.length, last + 1 - start));
    }
  }
}

/** A first line of its own, and lines that other files may have, too. */
export interface MadeContent {
  /** With its end. */
  readonly first: () => Buffer;
  readonly firstBytes: number;
  readonly rest: MadeLines;
  readonly bytes: (first: number, last: number) => Iterable<Buffer>;
}

export function madeContent(first: () => Buffer, rest: MadeLines): MadeContent {
  const firstBytes = first().length;
  return {
    first,
    firstBytes,
    rest,
    *bytes(from, to) {
      if (from < firstBytes) yield first().subarray(from, Math.min(firstBytes, to + 1));
      if (to >= firstBytes) yield* rest.bytes(Math.max(0, from - firstBytes), to - firstBytes);
    },
  };
}

/** The number of a line, as it stands in it. */
export function numberText(number: number): string {
  return String(number).padStart(DIGITS, '0');
}
