import {isUtf8} from 'node:buffer';
import type {JobRecord} from '../domain/job-record.js';
import {formatRecord, parseRecord} from './record-line.js';
import type {LineProblem, StoredRecord} from './stored-record.js';

const NEWLINE = 0x0a;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** A record in the job-info file with the place of its bytes; the newline is not among them. */
export interface JobLine extends StoredRecord {
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

interface Parsed {
  readonly bytes: Buffer;
  readonly jobs: readonly JobLine[];
  readonly problems: readonly LineProblem[];
  readonly lineCount: number;
}

/**
 * The content of a job-info file at one moment: bytes, and the records found in them. Changing it gives a new one in
 * which every byte outside of the changed records is as it was.
 */
export class JobLines {
  readonly bytes: Buffer;
  /** In the order of the file. */
  readonly jobs: readonly JobLine[];
  readonly problems: readonly LineProblem[];
  readonly #lineCount: number;
  #byName: Map<string, JobLine[]> | undefined;

  private constructor({bytes, jobs, problems, lineCount}: Parsed) {
    this.bytes = bytes;
    this.jobs = jobs;
    this.problems = problems;
    this.#lineCount = lineCount;
  }

  /** Reads any bytes; what is not a job record becomes a problem, except for blank lines. */
  static parse(bytes: Buffer): JobLines {
    const jobs: JobLine[] = [];
    const problems: LineProblem[] = [];
    const isSound = isUtf8(bytes);
    let line = 0;
    for (let start = 0; start < bytes.length;) {
      line += 1;
      const newline = bytes.indexOf(NEWLINE, start);
      const end = newline === -1 ? bytes.length : newline;
      const record = recordIn(bytes.subarray(start, end), isSound);
      if (typeof record === 'string') problems.push({line, reason: record});
      else if (record !== null) jobs.push({record, line, start, end});
      start = end + 1;
    }
    return new JobLines({bytes, jobs, problems, lineCount: line});
  }

  /** The lines of a batch job; more than one when somebody copied lines. */
  find(batchName: string): readonly JobLine[] {
    this.#byName ??= byBatchName(this.jobs);
    return this.#byName.get(batchName) ?? [];
  }

  /** Whether a record with this attempt is here. */
  hasAttempt(attempt: string): boolean {
    return this.jobs.some(({record}) => record.attempt === attempt);
  }

  /**
   * The content with some records changed and others added at the end.
   *
   * @param changes - the new records of lines of this object.
   */
  with(changes: ReadonlyMap<JobLine, JobRecord>, added: readonly JobRecord[]): JobLines {
    const pieces: Buffer[] = [];
    const jobs: JobLine[] = [];
    let copied = 0;
    let shift = 0;
    for (const job of this.jobs) {
      const changed = changes.get(job);
      const start = job.start + shift;
      if (changed === undefined) {
        jobs.push(shift === 0 ? job : {...job, start, end: job.end + shift});
        continue;
      }
      const text = Buffer.from(formatRecord(changed, this.#valueOf(job)));
      pieces.push(this.bytes.subarray(copied, job.start), text);
      copied = job.end;
      jobs.push({record: reread(text), line: job.line, start, end: start + text.length});
      shift += text.length - (job.end - job.start);
    }
    pieces.push(this.bytes.subarray(copied));
    return this.#append({pieces, jobs, length: this.bytes.length + shift}, added);
  }

  #append(
    {pieces, jobs, length}: {pieces: Buffer[]; jobs: JobLine[]; length: number},
    added: readonly JobRecord[],
  ): JobLines {
    let start = length;
    if (added.length > 0 && length > 0 && this.bytes.at(-1) !== NEWLINE) {
      pieces.push(Buffer.of(NEWLINE));
      start += 1;
    }
    let line = this.#lineCount;
    for (const record of added) {
      const text = Buffer.from(`${formatRecord(record)}\n`);
      line += 1;
      pieces.push(text);
      jobs.push({record: reread(text), line, start, end: start + text.length - 1});
      start += text.length;
    }
    return new JobLines({bytes: Buffer.concat(pieces), jobs, problems: this.problems, lineCount: line});
  }

  #valueOf({start, end}: JobLine): unknown {
    return jsonValue(this.bytes.subarray(start, end));
  }
}

function byBatchName(jobs: readonly JobLine[]): Map<string, JobLine[]> {
  const byName = new Map<string, JobLine[]>();
  for (const job of jobs) {
    const {name} = job.record.batch;
    const same = byName.get(name);
    if (same) same.push(job);
    else byName.set(name, [job]);
  }
  return byName;
}

/** The record in a line, null for a blank line, or in words what else it is. */
function recordIn(bytes: Buffer, isSound: boolean): JobRecord | null | string {
  if (!isSound && !isUtf8(bytes)) return 'it is not valid UTF-8';
  const value = jsonValue(bytes);
  if (value !== undefined) return parseRecord(value);
  return bytes.toString('utf8').trim() === '' ? null : 'it is not valid JSON';
}

/** The JSON value of a line, undefined when it is none. JSON takes the carriage return of Windows lines for a blank. */
function jsonValue(bytes: Buffer): unknown {
  try {
    return JSON.parse(withoutMark(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}

function withoutMark(bytes: Buffer): Buffer {
  return bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? bytes.subarray(3) : bytes;
}

/** What we wrote is what the next reader sees, unknown fields included. */
function reread(text: Buffer): JobRecord {
  const record = parseRecord(jsonValue(text));
  if (typeof record === 'string') throw new TypeError(`a job record cannot be read back: ${record}`);
  return record;
}
