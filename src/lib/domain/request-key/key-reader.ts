import {KeyScan} from './key-scan.js';
import {KeyTable} from './key-table.js';
import {isBlank, LineSplitter} from '../json/line-splitter.js';
import {AnswerForms, type AnswerForm} from '../request/answer-form.js';

/** Forms that are distinguished; further ones, which 16 bits cannot number, are not checked. */
const MOST_FORMS = 0xffff;

/** Collects the keys of a request file while its bytes pass by, and what each request asks of its answer. */
export class KeyReader {
  readonly keys: KeyTable;
  readonly #scan = new KeyScan();
  readonly #answers = new AnswerForms();
  /** By key, the number of its form; empty as long as no request asks for any. */
  #formOfKey = new Uint16Array(0);
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

  /** Requests whose key an earlier one has: it is unclear which answer belongs to which. */
  get repeated(): number {
    return this.#repeated;
  }

  /** Requests without a key, to which no answer can be matched. */
  get keyless(): number {
    return this.#keyless;
  }

  /** What requests ask of their answers, each once. */
  get forms(): readonly AnswerForm[] {
    return this.#answers.forms;
  }

  /** What the request with this key asks of its answer: its place in `forms` plus one; 0 for any answer. */
  formOf(key: string | Uint8Array): number {
    return this.#formOfKey[this.keys.find(key)] ?? 0;
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
    if (this.keys.add(key) === newIndex) this.#noteForm(newIndex, this.#answers.numberOf(bytes, start, end));
    else this.#repeated++;
  }

  #noteForm(index: number, form: number): void {
    if (form === 0 || form > MOST_FORMS) return;
    if (index >= this.#formOfKey.length) {
      const larger = new Uint16Array(Math.max(1024, index + 1, this.#formOfKey.length * 2));
      larger.set(this.#formOfKey);
      this.#formOfKey = larger;
    }
    this.#formOfKey[index] = form;
  }
}
