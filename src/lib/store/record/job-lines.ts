import {isUtf8} from 'node:buffer';
import type {JobRecord} from '../../domain/job/job-record.js';
import {LineTexts} from './line-texts.js';
import {formatRecord, parseRecord} from './record-line.js';
import type {LineProblem, StoredRecord} from './stored-record.js';
import {oddLine, ONLY_COMMENTS, problemOf} from './unreadable-lines.js';

const NEWLINE = 0x0a;
/** `#`: the rest of the line is for people. */
const COMMENT = 0x23;
/** Some editors begin a file with it. */
const BYTE_ORDER_MARK = '\ufeff';

/** A record in the job-info file with the place of its bytes; the newline is not among them. */
export interface JobLine extends StoredRecord {
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

interface Content {
  readonly pieces: readonly Buffer[];
  readonly sizeBytes: number;
  readonly jobs: readonly JobLine[];
  readonly problems: readonly LineProblem[];
  readonly lineCount: number;
}

/**
 * The content of a job-info file at one moment: bytes, and the records found in them. Changing it gives a new one in
 * which every byte outside of the changed records is as it was.
 */
export class JobLines {
  /** In the order of the file. */
  readonly jobs: readonly JobLine[];
  readonly problems: readonly LineProblem[];
  readonly sizeBytes: number;
  readonly #lineCount: number;
  #pieces: readonly Buffer[];

  private constructor({pieces, sizeBytes, jobs, problems, lineCount}: Content) {
    this.#pieces = pieces;
    this.sizeBytes = sizeBytes;
    this.jobs = jobs;
    this.problems = problems;
    this.#lineCount = lineCount;
  }

  /** Reads any bytes; what is not a job record becomes a problem, except for blank lines. */
  static parse(bytes: Buffer): JobLines {
    const jobs: JobLine[] = [];
    const {problems, lineCount} = eachRecord(bytes, (record, place) => jobs.push({record, ...place}));
    return new JobLines({pieces: [bytes], sizeBytes: bytes.length, jobs, problems, lineCount});
  }

  /** The bytes, in parts that follow each other: adding a line to many megabytes does not copy them. */
  get pieces(): readonly Buffer[] {
    return this.#pieces;
  }

  /** The content with the records of some of its lines changed; itself when none is. */
  withChanged(changes: ReadonlyMap<JobLine, JobRecord>): JobLines {
    const bytes = this.#bytes();
    const pieces: Buffer[] = [];
    const jobs: JobLine[] = [];
    let copied = 0;
    let shift = 0;
    for (const job of this.jobs) {
      const {line, end} = job;
      const start = job.start + shift;
      const text = this.#changedText(job, changes.get(job));
      if (text === null) {
        jobs.push(shift === 0 ? job : {...job, start, end: end + shift});
        continue;
      }
      const piece = Buffer.from(text);
      pieces.push(bytes.subarray(copied, job.start), piece);
      jobs.push({record: reread(text), line, start, end: start + piece.length});
      copied = end;
      shift = start + piece.length - end;
    }
    if (pieces.length === 0) return this;
    pieces.push(bytes.subarray(copied));
    const {problems, sizeBytes} = this;
    const lineCount = this.#lineCount;
    return new JobLines({
      pieces: [Buffer.concat(pieces)],
      sizeBytes: sizeBytes + shift,
      jobs,
      problems,
      lineCount,
    });
  }

  /** The content with records added at the end; itself when there are none. */
  withAdded(records: readonly JobRecord[]): JobLines {
    if (records.length === 0) return this;
    const isLineOpen = this.sizeBytes > 0 && this.#pieces.at(-1)?.at(-1) !== NEWLINE;
    const texts = records.map((record) => formatRecord(record));
    const tail = Buffer.from(`${isLineOpen ? '\n' : ''}${texts.join('\n')}\n`);
    const added: JobLine[] = [];
    let start = this.sizeBytes + (isLineOpen ? 1 : 0);
    for (const text of texts) {
      const end = start + Buffer.byteLength(text);
      added.push({record: reread(text), line: this.#lineCount + added.length + 1, start, end});
      start = end + 1;
    }
    return new JobLines({
      pieces: [...this.#pieces, tail],
      sizeBytes: this.sizeBytes + tail.length,
      jobs: [...this.jobs, ...added],
      problems: this.problems,
      lineCount: this.#lineCount + added.length,
    });
  }

  /** The new text of a line, null when it stays as it is. */
  #changedText({start, end}: JobLine, record: JobRecord | undefined): string | null {
    if (record === undefined) return null;
    const old = withoutMark(this.#bytes().toString('utf8', start, end));
    const text = formatRecord(record, old);
    return text === old ? null : text;
  }

  #bytes(): Buffer {
    const [first, ...others] = this.#pieces;
    if (first !== undefined && others.length === 0) return first;
    const whole = Buffer.concat(this.#pieces);
    this.#pieces = [whole];
    return whole;
  }
}

/**
 * Shows each job record in the bytes of a job-info file and where it is, and keeps none.
 *
 * @returns what is no record, except for blank lines, and how many lines there are.
 */
export function eachRecord(
  bytes: Buffer,
  visit: (record: JobRecord, place: Omit<JobLine, 'record'>) => void,
): {problems: readonly LineProblem[]; lineCount: number} {
  const problems: LineProblem[] = [];
  const isSound = isUtf8(bytes);
  const texts = new LineTexts(bytes);
  let line = 0;
  let records = 0;
  let comments = 0;
  for (let start = 0; start < bytes.length;) {
    line += 1;
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline === -1 ? bytes.length : newline;
    if (bytes[start] === COMMENT) {
      comments += 1;
      start = end + 1;
      continue;
    }
    const isText = isSound || isUtf8(bytes.subarray(start, end));
    const record = isText ? recordIn(texts.text(start, end)) : 'it is not valid UTF-8';
    if (typeof record === 'string') problems.push(oddLine(line, record));
    else if (record === undefined)
      problems.push(problemOf(line, texts.text(start, end), {isLast: newline === -1}));
    else if (record !== null) {
      records += 1;
      visit(record, {line, start, end});
    }
    start = end + 1;
  }
  if (comments > 0 && records + problems.length === 0) problems.push(ONLY_COMMENTS);
  return {problems, lineCount: line};
}

/** The record in a line, null for a blank line, undefined for what is not JSON, or in words what else it is. */
function recordIn(line: string): JobRecord | null | undefined | string {
  const text = withoutMark(line);
  const value = jsonValue(text);
  if (value !== undefined) return parseRecord(value);
  return text.trim() === '' ? null : undefined;
}

function withoutMark(line: string): string {
  return line.startsWith(BYTE_ORDER_MARK) ? line.slice(1) : line;
}

/** The JSON value of a line, undefined when it is none. JSON takes the carriage return of Windows lines for a blank. */
function jsonValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What we wrote is what the next reader sees, unknown fields included. */
function reread(text: string): JobRecord {
  const record = parseRecord(jsonValue(text));
  if (typeof record === 'string') throw new TypeError(`a job record cannot be read back: ${record}`);
  return record;
}
