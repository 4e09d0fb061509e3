import {KeyTable} from '../request-key/key-table.js';
import {isBlank, LineSplitter} from '../json/line-splitter.js';
import {RowReader, type CheckOfKey} from './row-reader.js';
import {MAX_ROW_BYTES, TOO_LONG} from './result-limits.js';
import type {RowCounts} from '../job/job-record.js';
import {
  ANSWERED_OUTCOMES,
  noCounts,
  asUnchecked,
  type AnsweredOutcome,
  type BadRow,
  type RequestOutcome,
} from './row-counts.js';

/** What is known of the requests when their result is checked. */
export interface ExpectedRequests {
  /** Keys of the request file; null when nobody has them, then keys are only checked against each other. */
  readonly keys: KeyTable | null;
  /** Requests of the job; null when nobody counted them, then nothing can be called missing. */
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
  /** The first bad rows in the order of the file; missing ones are not among them. */
  readonly bad: readonly BadRow[];
  /** Keys of which there is more than one row. */
  readonly repeatedKeys: KeyTable;
}

/** What a checker does beside its checks. */
export interface CheckOptions {
  /** Bad rows that are kept as examples. */
  readonly maxExamples?: number;
  /**
   * Sees each row that is not blank; its bytes are valid only during the call. `answer` is the part of a good row that
   * holds nothing but the answer.
   */
  readonly onRow?: (bytes: Uint8Array, row: Span, answer: Span | undefined) => void;
  /** Told of a row that is too long to be looked into. */
  readonly onTooLong?: () => void;
}

/** Bytes of a row, from `start` to before `end`. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** Bad rows that are kept as examples unless the caller says otherwise. */
const DEFAULT_EXAMPLES = 20;
/** Outcomes by their number in `#outcomes`; 0 stands for no row. */
const OUTCOMES: readonly RequestOutcome[] = ['missing', ...ANSWERED_OUTCOMES];

/**
 * Checks a result file while its bytes pass by, for instance from a download: nothing is read twice, and memory is one
 * line, some bytes per request and a few examples, whatever the size of the file.
 *
 * Of several rows of one request the first good one counts, without a good one the first; the others are `repeated`.
 */
export class ResultChecker {
  readonly #keys: KeyTable;
  readonly #isMatched: boolean;
  readonly #count: number | null;
  readonly #maxExamples: number;
  readonly #onRow: CheckOptions['onRow'];
  readonly #onTooLong: CheckOptions['onTooLong'];
  readonly #counts = noCounts();
  readonly #bad: BadRow[] = [];
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

  constructor(
    expected: ExpectedRequests,
    {maxExamples = DEFAULT_EXAMPLES, onRow, onTooLong}: CheckOptions = {},
  ) {
    this.#isMatched = expected.keys !== null;
    this.#keys = expected.keys ?? new KeyTable(expected.count ?? 0);
    this.#count = expected.count;
    this.#maxExamples = maxExamples;
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

  /** Ends the file. Afterwards `outcomeOf` is final. */
  finish(): ResultCheck {
    this.#splitter.finish();
    this.#counts.missing = Math.max(0, (this.#count ?? 0) - this.#answered);
    return {
      counts: this.#isChecked ? this.#counts : asUnchecked(this.#counts),
      rows: this.#rows,
      answered: this.#answered,
      bad: this.#bad,
      repeatedKeys: this.#repeatedKeys,
    };
  }

  /** What became of the request with this number in the key table. */
  outcomeOf(index: number): RequestOutcome {
    return OUTCOMES[this.#outcomes[index] ?? 0] ?? 'missing';
  }

  #checkLine(bytes: Uint8Array, start: number, end: number): void {
    if (isBlank(bytes, start, end)) return;
    this.#rows++;
    const {key, outcome, message, answer} = this.#reader.read(bytes, start, end);
    this.#onRow?.(bytes, {start, end}, answer);
    if (key === null || outcome === 'malformed') {
      this.#counts.malformed++;
      this.#note({key, outcome: 'malformed', message});
    } else {
      this.#checkRow(key, outcome, message);
    }
  }

  #noteTooLong(): void {
    this.#rows++;
    this.#counts.malformed++;
    this.#onTooLong?.();
    this.#note({key: null, outcome: 'malformed', message: TOO_LONG});
  }

  #checkRow(key: string | Uint8Array, outcome: AnsweredOutcome, message: string | null): void {
    const index = this.#isMatched ? this.#keys.find(key) : this.#keys.add(key);
    if (index === -1) {
      this.#counts.unknown_key++;
      this.#note({key, outcome: 'unknown_key', message: 'no request has this key'});
    } else if (this.outcomeOf(index) === 'missing') {
      this.#answered++;
      this.#setOutcome(index, outcome);
      if (outcome !== 'ok') this.#note({key, outcome, message});
    } else {
      this.#repeat(key, index, outcome);
    }
  }

  #repeat(key: string | Uint8Array, index: number, outcome: AnsweredOutcome): void {
    const before = this.outcomeOf(index);
    this.#counts.repeated++;
    this.#repeatedKeys.add(key);
    if (outcome === 'ok' && before !== 'ok') {
      this.#counts[before]--;
      this.#setOutcome(index, 'ok');
      this.#noteRepetition(textOf(key), before);
    } else {
      this.#note({key, outcome: 'repeated', message: REPEATED});
    }
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

  #note({key, outcome, message}: Note): void {
    if (this.#bad.length >= this.#maxExamples) return;
    const line = this.#splitter.lineNumber;
    this.#bad.push({key: key === null ? null : textOf(key), outcome, line, message: message ?? outcome});
  }

  /** A later row of the key is good: the bad one that was noted is only a repetition. */
  #noteRepetition(key: string, before: RequestOutcome): void {
    const at = this.#bad.findIndex((row) => row.key === key && row.outcome === before);
    const noted = this.#bad[at];
    if (noted !== undefined) this.#bad[at] = {...noted, outcome: 'repeated', message: REPEATED};
  }
}

const REPEATED = 'another row has the same key';

interface Note {
  readonly key: string | Uint8Array | null;
  readonly outcome: BadRow['outcome'];
  readonly message: string | null;
}

function textOf(key: string | Uint8Array): string {
  return typeof key === 'string' ? key : Buffer.from(key).toString('utf8');
}
