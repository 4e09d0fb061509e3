import type {JobRecord} from '../../domain/job/job-record.js';
import {eachRecord, type LinePlace} from './each-record.js';
import {KnownLines} from './known-lines.js';
import {withoutMark} from './line-texts.js';
import {LinesByJob} from './lines-by-job.js';
import {formatRecord, parseRecord} from './record-line.js';
import type {JobLine, LineProblem} from './stored-record.js';

const NEWLINE = 0x0a;

interface Content {
  readonly pieces: readonly Buffer[];
  readonly sizeBytes: number;
  readonly jobs: readonly JobLine[];
  readonly problems: readonly LineProblem[];
  readonly lineCount: number;
  readonly byJob?: LinesByJob | undefined;
}

/** A change of a line copies the piece that it is in. */
const PIECE_BYTES = 1 << 16;

/**
 * The content of a job-info file at one moment: bytes, and the records found in them. Changing it gives a new one in
 * which every byte outside of the changed records is as it was. What that costs depends on the change, not on the file.
 */
export class JobLines {
  /** In the order of the file. */
  readonly jobs: readonly JobLine[];
  readonly problems: readonly LineProblem[];
  readonly sizeBytes: number;
  /** The bytes, in parts that follow each other and begin with a line each. */
  readonly pieces: readonly Buffer[];
  readonly #lineCount: number;
  #byJob: LinesByJob | undefined;

  private constructor({pieces, sizeBytes, jobs, problems, lineCount, byJob}: Content) {
    this.pieces = pieces;
    this.sizeBytes = sizeBytes;
    this.jobs = jobs;
    this.problems = problems;
    this.#lineCount = lineCount;
    this.#byJob = byJob;
  }

  /**
   * Reads any bytes; what is not a job record becomes a problem, except for blank lines.
   *
   * @param known - an earlier content: the record of a line that is in it, too, is the same object.
   */
  static parse(bytes: Buffer, known?: JobLines): JobLines {
    const jobs: JobLine[] = [];
    const pieces: Buffer[] = [];
    let first = 0;
    const visit = (record: JobRecord, {line, start, end}: LinePlace): void => {
      if (start - first >= PIECE_BYTES) {
        pieces.push(bytes.subarray(first, start));
        first = start;
      }
      jobs.push({record, line, piece: pieces.length, start: start - first, end: end - first});
    };
    const {problems, lineCount} = eachRecord([bytes], visit, known && new KnownLines(known));
    pieces.push(bytes.subarray(first));
    return new JobLines({pieces, sizeBytes: bytes.length, jobs, problems, lineCount});
  }

  /** Positions in `jobs` of the lines of a batch job; as a rule there is one at most. */
  positionsOf(name: string): readonly number[] {
    this.#byJob ??= new LinesByJob(this.jobs);
    return this.#byJob.of(name, this.jobs);
  }

  /** The content with the records of some of its lines changed; itself when none is. */
  withChanged(changes: ReadonlyMap<JobLine, JobRecord>): JobLines {
    const pieces = [...this.pieces];
    const jobs = [...this.jobs];
    let {sizeBytes} = this;
    let isRenamed = false;
    for (const piece of new Set(Array.from(changes.keys(), (job) => job.piece))) {
      const first = this.#firstIn(piece);
      const old = this.#linesIn(piece, first);
      const next = changedPiece(pieces[piece] ?? Buffer.alloc(0), old, changes);
      if (next === null) continue;
      sizeBytes += next.bytes.length - (pieces[piece]?.length ?? 0);
      pieces[piece] = next.bytes;
      for (const [at, job] of next.jobs.entries()) {
        isRenamed ||= job.record.batch.name !== old[at]?.record.batch.name;
        jobs[first + at] = job;
      }
    }
    if (pieces.every((piece, at) => piece === this.pieces[at])) return this;
    const byJob = isRenamed ? undefined : this.#byJob;
    return new JobLines({
      pieces,
      sizeBytes,
      jobs,
      problems: this.problems,
      lineCount: this.#lineCount,
      byJob,
    });
  }

  /** The content with records added at the end; itself when there are none. */
  withAdded(records: readonly JobRecord[]): JobLines {
    if (records.length === 0) return this;
    const last = this.pieces.at(-1) ?? Buffer.alloc(0);
    const isLineOpen = last.length > 0 && last.at(-1) !== NEWLINE;
    const texts = records.map((record) => formatRecord(record));
    const tail = Buffer.from(`${isLineOpen ? '\n' : ''}${texts.join('\n')}\n`);
    const isJoined = isLineOpen || last.length < PIECE_BYTES;
    const pieces = isJoined
      ? [...this.pieces.slice(0, -1), Buffer.concat([last, tail])]
      : [...this.pieces, tail];
    const added: JobLine[] = [];
    let start = (isJoined ? last.length : 0) + (isLineOpen ? 1 : 0);
    for (const text of texts) {
      const end = start + Buffer.byteLength(text);
      const line = this.#lineCount + added.length + 1;
      added.push({record: reread(text), line, piece: pieces.length - 1, start, end});
      start = end + 1;
    }
    this.#byJob?.add(added, this.jobs.length);
    return new JobLines({
      pieces,
      sizeBytes: this.sizeBytes + tail.length,
      jobs: [...this.jobs, ...added],
      problems: this.problems,
      lineCount: this.#lineCount + added.length,
      byJob: this.#byJob,
    });
  }

  /** Position of the first line in a piece. */
  #firstIn(piece: number): number {
    let [low, high] = [0, this.jobs.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.jobs[middle]?.piece ?? 0) < piece) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #linesIn(piece: number, first: number): readonly JobLine[] {
    let end = first;
    while (this.jobs[end]?.piece === piece) end += 1;
    return this.jobs.slice(first, end);
  }
}

/** The bytes of a piece with some of its records changed, and its lines; null when none is. */
function changedPiece(
  bytes: Buffer,
  lines: readonly JobLine[],
  changes: ReadonlyMap<JobLine, JobRecord>,
): {readonly bytes: Buffer; readonly jobs: readonly JobLine[]} | null {
  const parts: Buffer[] = [];
  const jobs: JobLine[] = [];
  let copied = 0;
  let shift = 0;
  for (const job of lines) {
    const start = job.start + shift;
    const text = changedText(bytes, job, changes.get(job));
    if (text === null) {
      jobs.push(shift === 0 ? job : {...job, start, end: job.end + shift});
      continue;
    }
    const part = Buffer.from(text);
    parts.push(bytes.subarray(copied, job.start), part);
    jobs.push({...job, record: reread(text), start, end: start + part.length});
    copied = job.end;
    shift = start + part.length - job.end;
  }
  if (parts.length === 0) return null;
  return {bytes: Buffer.concat([...parts, bytes.subarray(copied)]), jobs};
}

/** The new text of a line, null when it stays as it is. */
function changedText(bytes: Buffer, {start, end}: JobLine, record: JobRecord | undefined): string | null {
  if (record === undefined) return null;
  const old = withoutMark(bytes.toString('utf8', start, end));
  const text = formatRecord(record, old);
  return text === old ? null : text;
}

/** What we wrote is what the next reader sees, unknown fields included. */
function reread(text: string): JobRecord {
  const record = parseRecord(JSON.parse(text));
  if (typeof record === 'string') throw new TypeError(`a job record cannot be read back: ${record}`);
  return record;
}
