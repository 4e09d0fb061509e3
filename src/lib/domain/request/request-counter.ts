import {isBlank} from '../json/line-splitter.js';
import type {RequestFileFacts, RequestFileReader} from './request-facts.js';

const NEWLINE = 0x0a;

/** Counts the requests of a file, that is its non-blank lines, in constant memory whatever their length. */
export class RequestCounter implements RequestFileReader {
  readonly hasGivenUp = false;
  #count = 0;
  /** Whether the line that is not ended yet holds anything. */
  #isLineFilled = false;

  push(chunk: Uint8Array): void {
    let start = 0;
    let newline = chunk.indexOf(NEWLINE);
    while (newline !== -1) {
      if (this.#isLineFilled || !isBlank(chunk, start, newline)) this.#count++;
      this.#isLineFilled = false;
      start = newline + 1;
      newline = chunk.indexOf(NEWLINE, start);
    }
    this.#isLineFilled ||= !isBlank(chunk, start, chunk.length);
  }

  finish(): RequestFileFacts {
    const count = this.#isLineFilled ? this.#count + 1 : this.#count;
    return {count, problems: [], warnings: [], isComplete: true};
  }
}
