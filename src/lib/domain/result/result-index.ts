import {NumberList} from '../prepare/number-list.js';
import {KeyTable} from '../request-key/key-table.js';
import {isBlank, LineSplitter} from '../json/line-splitter.js';
import {RowReader, type CheckOfKey} from './row-reader.js';
import {MAX_ROW_BYTES} from './result-limits.js';
import {ANSWERED_OUTCOMES, type AnsweredOutcome} from './row-counts.js';

/** The row that answers a request: where it is, and its outcome. */
export interface RowPlace {
  /** Which of the indexed files, from 0. */
  readonly file: number;
  readonly offset: number;
  readonly lengthBytes: number;
  readonly outcome: AnsweredOutcome;
}

/**
 * Where in one or several result files the row of each key is, in some 40 bytes per key.
 *
 * The files are those of a job and of its retries, in this order. Of several rows of one key the first good one
 * counts. Without a good one it is the first of the latest file: what the last attempt says is the news.
 */
export class ResultIndex {
  readonly #keys = new KeyTable();
  readonly #reader: RowReader;
  readonly #offsets = new NumberList();
  readonly #lengths = new NumberList();
  /** File and outcome in one number. */
  readonly #kinds = new NumberList();
  readonly #taken = new NumberList();
  #answered = 0;
  #keysWithRow = 0;
  #malformed = 0;
  #file = -1;
  #splitter = this.#newSplitter();

  /** @param checkOf - checks answers against what was asked for; without it they are not checked. */
  constructor(checkOf?: CheckOfKey) {
    this.#reader = new RowReader(checkOf);
  }

  /** Starts the next file. */
  startFile(): void {
    this.#file++;
    this.#splitter = this.#newSplitter();
  }

  /** Takes the next bytes of the file; the chunk may be reused afterwards. */
  push(chunk: Uint8Array): void {
    this.#splitter.push(chunk);
  }

  /** Ends the file. */
  finishFile(): void {
    this.#splitter.finish();
  }

  /**
   * Gives out the row of a key to the first request that asks for it; null says that there is none.
   *
   * @returns `taken` when an earlier request had the same key, whether there was a row for it or not.
   */
  take(key: string | Uint8Array): RowPlace | 'taken' | null {
    const rowlessIndex = this.#keys.size;
    const index = this.#keys.add(key);
    if (this.#taken.get(index) === 1) return 'taken';
    this.#taken.set(index, 1);
    if (index === rowlessIndex) return null;
    this.#answered++;
    return this.#placeOf(index);
  }

  /** Whether a request has asked for the row of this key. */
  isTaken(key: string | Uint8Array): boolean {
    return this.#taken.get(this.#keys.find(key)) === 1;
  }

  /** Whether there are rows that answer no request, once all requests have asked for theirs. */
  get hasUnmatched(): boolean {
    return this.#malformed > 0 || this.#answered < this.#keysWithRow;
  }

  #newSplitter(): LineSplitter {
    return new LineSplitter((bytes, start, end) => this.#indexLine(bytes, start, end), {
      maxBytes: MAX_ROW_BYTES,
      onTooLong: () => this.#malformed++,
    });
  }

  #indexLine(bytes: Uint8Array, start: number, end: number): void {
    if (isBlank(bytes, start, end)) return;
    const {key, outcome} = this.#reader.read(bytes, start, end);
    if (key === null || outcome === 'malformed') this.#malformed++;
    else this.#note(key, outcome, end - start);
  }

  #note(key: string | Uint8Array, outcome: AnsweredOutcome, lengthBytes: number): void {
    const newIndex = this.#keys.size;
    const index = this.#keys.add(key);
    if (index === newIndex) this.#keysWithRow++;
    else if (!this.#isReplacedBy(index, outcome)) return;
    this.#offsets.set(index, this.#splitter.lineOffset);
    this.#lengths.set(index, lengthBytes);
    this.#kinds.set(index, this.#file * ANSWERED_OUTCOMES.length + ANSWERED_OUTCOMES.indexOf(outcome));
  }

  #isReplacedBy(index: number, outcome: AnsweredOutcome): boolean {
    const known = this.#placeOf(index);
    return known.outcome !== 'ok' && (outcome === 'ok' || known.file < this.#file);
  }

  #placeOf(index: number): RowPlace {
    const kind = this.#kinds.get(index);
    return {
      offset: this.#offsets.get(index),
      lengthBytes: this.#lengths.get(index),
      file: Math.floor(kind / ANSWERED_OUTCOMES.length),
      outcome: ANSWERED_OUTCOMES[kind % ANSWERED_OUTCOMES.length] ?? 'empty',
    };
  }
}
