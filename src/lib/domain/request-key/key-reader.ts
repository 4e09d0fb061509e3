import {KeyScan} from './key-scan.js';
import {KeyTable} from './key-table.js';
import {isBlank, LineSplitter} from '../json/line-splitter.js';

/** Collects the keys of a request file while its bytes pass by. */
export class KeyReader {
  readonly keys: KeyTable;
  readonly #scan = new KeyScan();
  readonly #splitter = new LineSplitter((bytes, start, end) => this.#readLine(bytes, start, end));
  #count = 0;
  #repeated = 0;
  #keyless = 0;

  constructor(expectedCount = 0) {
    this.keys = new KeyTable(expectedCount);
  }

  /** Requests, that is non-blank lines. */
  get count(): number {
    return this.#count;
  }

  /** Requests whose key an earlier one has: their answers cannot be told apart. */
  get repeated(): number {
    return this.#repeated;
  }

  /** Requests without a key, to which no answer can be matched. */
  get keyless(): number {
    return this.#keyless;
  }

  /** Takes the next bytes of the file; the chunk may be reused afterwards. */
  push(chunk: Uint8Array): void {
    this.#splitter.push(chunk);
  }

  /** Ends the file. */
  finish(): void {
    this.#splitter.finish();
  }

  #readLine(bytes: Uint8Array, start: number, end: number): void {
    if (isBlank(bytes, start, end)) return;
    this.#count++;
    const key = this.#scan.keyOf(bytes, start, end);
    if (key === null) {
      this.#keyless++;
      return;
    }
    const newIndex = this.keys.size;
    if (this.keys.add(key) !== newIndex) this.#repeated++;
  }
}
