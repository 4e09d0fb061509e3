import type {ScannedUsage} from '../price/usage-scan.js';
import {KeyTable} from '../request-key/key-table.js';
import {isBlank, LineSplitter} from '../json/line-splitter.js';
import {RowReader, type CheckOfKey} from './row-reader.js';
import {MAX_ROW_BYTES} from './result-limits.js';
import type {RowCounts} from '../job/job-record.js';
import {
  ANSWERED_OUTCOMES,
  noCounts,
  asUnchecked,
  type AnsweredOutcome,
  type RequestOutcome,
} from './row-counts.js';

/** What is known of the requests when their result is checked. */
export interface ExpectedRequests {
  /** Keys of the request file; null when they are not available, then keys are only checked against each other. */
  readonly keys: KeyTable | null;
  /** Requests of the job; null when they were not counted, then nothing can be called missing. */
  readonly count: number | null;
  /** Checks answers against what was asked for; absent where they are not checked. */
  readonly checkOf?: CheckOfKey | undefined;
}

export interface ResultCheck {
  readonly counts: RowCounts;
  /** Non-blank lines of the result file. */
  readonly rows: number;
  /** Different requests that have a row of their own. */
  readonly answered: number;
  /** Keys of which there is more than one row. */
  readonly repeatedKeys: KeyTable;
}

/** What a checker does beside its checks. */
export interface CheckOptions {
  /**
   * Sees each row that is not blank; its bytes are valid only during the call. `used` is what the response of a
   * good row used, where that is read already.
   */
  readonly onRow?: (bytes: Uint8Array, row: Span, used: ScannedUsage | undefined) => void;
  /** Called for a row that is too long to be read. */
  readonly onTooLong?: () => void;
}

/** Bytes of a row, from `start` to before `end`. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** Outcomes by their number in `#outcomes`; 0 stands for no row. */
const OUTCOMES: readonly RequestOutcome[] = ['missing', ...ANSWERED_OUTCOMES];

/**
 * Checks a result file while its bytes pass by, for instance from a download: nothing is read twice, and memory is one
 * line and some bytes per request, whatever the size of the file.
 *
 * Of several rows of one request the first good one counts, without a good one the first; the others are `repeated`.
 */
export class ResultChecker {
  readonly #keys: KeyTable;
  readonly #isMatched: boolean;
  readonly #count: number | null;
  readonly #onRow: CheckOptions['onRow'];
  readonly #onTooLong: CheckOptions['onTooLong'];
  readonly #counts = noCounts();
  readonly #repeatedKeys = new KeyTable();
  readonly #isChecked: boolean;
  readonly #reader: RowReader;
  readonly #splitter = new LineSplitter((bytes, start, end) => this.#checkLine(bytes, start, end), {
    maxBytes: MAX_ROW_BYTES,
    onTooLong: () => this.#noteTooLong(),
  });
  /** For each key the outcome that counts, as its place in `OUTCOMES`. */
  #outcomes: Uint8Array;
  #rows = 0;
  #answered = 0;

  constructor(expected: ExpectedRequests, {onRow, onTooLong}: CheckOptions = {}) {
    this.#isMatched = expected.keys !== null;
    this.#keys = expected.keys ?? new KeyTable(expected.count ?? 0);
    this.#count = expected.count;
    this.#isChecked = expected.checkOf !== undefined;
    this.#reader = new RowReader(expected.checkOf);
    this.#onRow = onRow;
    this.#onTooLong = onTooLong;
    this.#outcomes = new Uint8Array(Math.max(this.#keys.size, expected.count ?? 0));
  }

  /** Takes the next bytes of the file; the chunk may be reused afterwards. */
  push(chunk: Uint8Array): void {
    this.#splitter.push(chunk);
  }

  /** Ends the file. */
  finish(): ResultCheck {
    this.#splitter.finish();
    this.#counts.missing = Math.max(0, (this.#count ?? 0) - this.#answered);
    return {
      counts: this.#isChecked ? this.#counts : asUnchecked(this.#counts),
      rows: this.#rows,
      answered: this.#answered,
      repeatedKeys: this.#repeatedKeys,
    };
  }

  #checkLine(bytes: Uint8Array, start: number, end: number): void {
    if (isBlank(bytes, start, end)) return;
    this.#rows++;
    const {key, outcome, used} = this.#reader.read(bytes, start, end);
    this.#onRow?.(bytes, {start, end}, used);
    if (key === null || outcome === 'malformed') this.#counts.malformed++;
    else this.#checkRow(key, outcome);
  }

  #noteTooLong(): void {
    this.#rows++;
    this.#counts.malformed++;
    this.#onTooLong?.();
  }

  #checkRow(key: string | Uint8Array, outcome: AnsweredOutcome): void {
    const index = this.#isMatched ? this.#keys.find(key) : this.#keys.add(key);
    if (index === -1) {
      this.#counts.unknown_key++;
    } else if (this.#outcomeOf(index) === 'missing') {
      this.#answered++;
      this.#setOutcome(index, outcome);
    } else {
      this.#repeat(key, index, outcome);
    }
  }

  #repeat(key: string | Uint8Array, index: number, outcome: AnsweredOutcome): void {
    const before = this.#outcomeOf(index);
    this.#counts.repeated++;
    this.#repeatedKeys.add(key);
    if (outcome !== 'ok' || before === 'ok') return;
    this.#counts[before]--;
    this.#setOutcome(index, 'ok');
  }

  /** What became of the request with this number in the key table. */
  #outcomeOf(index: number): RequestOutcome {
    return OUTCOMES[this.#outcomes[index] ?? 0] ?? 'missing';
  }

  #setOutcome(index: number, outcome: AnsweredOutcome): void {
    if (index >= this.#outcomes.length) {
      const larger = new Uint8Array(Math.max(1024, this.#outcomes.length * 2));
      larger.set(this.#outcomes);
      this.#outcomes = larger;
    }
    this.#outcomes[index] = OUTCOMES.indexOf(outcome);
    this.#counts[outcome]++;
  }
}
