import type {ScannedUsage} from '../price/usage-scan.js';
import {readResultRow, type ResultRow, type RowOutcome} from './result-row.js';
import {ResultScan} from './result-scan.js';
import {withoutMedia} from './without-media.js';

/** What is wrong with the text of an answer that was asked for in a certain form. */
export interface AnswerFault {
  readonly outcome: 'not_json' | 'schema_mismatch';
  readonly message: string;
}

/** Says what is wrong with the text of an answer; undefined when it is what was asked for. */
export type AnswerCheck = (text: string) => AnswerFault | undefined;

/** The check for answers to the request with this key; undefined when it takes any answer. */
export type CheckOfKey = (key: string | Uint8Array) => AnswerCheck | undefined;

/** What a result row comes to. */
export interface ReadRow {
  /** Null only when the row is malformed; bytes are valid only until the next row. */
  readonly key: string | Uint8Array | null;
  readonly outcome: RowOutcome;
  readonly message: string | null;
  /** Where in the bytes a value is that holds the answer and nothing else; undefined when unclear. */
  readonly answer: {readonly start: number; readonly end: number} | undefined;
  /** What its response used; undefined when that has to be read from the whole row. */
  readonly used: ScannedUsage | undefined;
}

/** Reads the rows of result files, as quickly as each allows, and checks answers against what was asked for. */
export class RowReader {
  readonly #scan = new ResultScan();
  readonly #checkOf: CheckOfKey | undefined;

  /** @param checkOf - without it answers are not checked. */
  constructor(checkOf?: CheckOfKey) {
    this.#checkOf = checkOf;
  }

  /** Says what one line comes to. */
  read(bytes: Uint8Array, start: number, end: number): ReadRow {
    const isGood = this.#scan.isGood(bytes, start, end);
    const answer = isGood ? this.#scan.answer : undefined;
    const used = isGood ? this.#scan.used : undefined;
    if (isGood && this.#checkOf?.(this.#scan.key) === undefined) {
      return {key: this.#scan.key, outcome: 'ok', message: null, answer, used};
    }
    const {key, outcome, message} = this.readWhole(bytes.subarray(start, end));
    return {key, outcome, message, answer, used};
  }

  /** As `read`, with all that the row holds, but for long data of images and sounds. */
  readWhole(line: Uint8Array): ResultRow {
    const row = readResultRow(withoutMedia(line));
    const check = row.key === null || row.outcome !== 'ok' ? undefined : this.#checkOf?.(row.key);
    if (check === undefined) return row;
    for (const text of row.texts) {
      const fault = text === null ? undefined : check(text);
      if (fault !== undefined) return {...row, ...fault};
    }
    return row;
  }
}
