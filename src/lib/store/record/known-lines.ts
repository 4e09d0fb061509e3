import type {JobRecord} from '../../domain/job/job-record.js';
import type {JobLine} from './stored-record.js';

/** A content of the job-info file as it was. */
interface EarlierContent {
  readonly jobs: readonly JobLine[];
  readonly pieces: readonly Buffer[];
  positionsOf(name: string): readonly number[];
}

/**
 * Finds the lines of a newer content that an older one had, too: their records are known, and most lines stay as they are
 * the process that writes the file. Lines are asked for in their order.
 */
export class KnownLines {
  readonly #known: EarlierContent;
  /** Position of the line that should come next. */
  #next = 0;

  constructor(known: EarlierContent) {
    this.#known = known;
  }

  /** The record in the bytes of a line, if they are those of the line that should come next. */
  record(bytes: Buffer, start: number, end: number): JobRecord | undefined {
    const job = this.#known.jobs[this.#next];
    if (job === undefined || job.end - job.start !== end - start) return undefined;
    const isSame = this.#known.pieces[job.piece]?.compare(bytes, start, end, job.start, job.end) === 0;
    return isSame ? job.record : undefined;
  }

  /** Takes note of the record in a line, which says what should come after it. */
  see(record: JobRecord): void {
    const {jobs} = this.#known;
    if (jobs[this.#next]?.record.batch.name === record.batch.name) this.#next += 1;
    else {
      const [position] = this.#known.positionsOf(record.batch.name);
      if (position !== undefined) this.#next = position + 1;
    }
  }
}
