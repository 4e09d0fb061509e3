import type {WriteStream} from 'node:tty';
import {stripVTControlCharacters} from 'node:util';
import {displayWidth} from './display-width.js';

/** Moves the cursor to the first of the lines that are shown. */
const up = (rows: number): string => (rows === 0 ? '' : `\r\u001B[${rows}A`);
/** Each line is cleared behind its text: clearing a whole screen would put it into the history of some terminals. */
const LINE_END = '\u001B[K\n';
const CLEAR_BELOW = '\u001B[J';

/** Lines at the bottom of a terminal that are drawn over in place. No line may be wider than the terminal. */
export class LiveLines {
  readonly #stream: Pick<WriteStream, 'columns' | 'write'>;
  #shown: readonly string[] = [];

  constructor(stream: Pick<WriteStream, 'columns' | 'write'>) {
    this.#stream = stream;
  }

  /** Shows these lines in place of the ones before. */
  draw(lines: readonly string[]): void {
    if (lines.length === this.#shown.length && lines.every((line, i) => line === this.#shown[i])) return;
    this.#write([], lines);
  }

  /** Writes lines that stay, above those that are drawn over, and shows these now. */
  print(lines: readonly string[], shown = this.#shown): void {
    this.#write(lines, shown);
  }

  /** Leaves what is shown on the screen for good. */
  end(): void {
    this.#shown = [];
  }

  #write(above: readonly string[], lines: readonly string[]): void {
    const text = [...above, ...lines].map((line) => line + LINE_END).join('');
    this.#stream.write(`${up(this.#rows)}${text}${CLEAR_BELOW}`);
    this.#shown = lines;
  }

  /** The rows that the lines take now: a terminal that was made narrower has broken them. */
  get #rows(): number {
    const columns = Math.max(1, this.#stream.columns);
    return this.#shown.reduce(
      (rows, line) => rows + Math.max(1, Math.ceil(displayWidth(stripVTControlCharacters(line)) / columns)),
      0,
    );
  }
}
