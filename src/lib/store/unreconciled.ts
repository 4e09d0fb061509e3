import type {Intent, JobRecord} from '../domain/job/job-record.js';
import type {JobLines} from './record/job-lines.js';
import type {JournalState} from './journal.js';

/** What the journal knows and the job-info file does not. */
export interface Unreconciled {
  /** Jobs that exist and are not in the job-info file yet. */
  readonly unpublished: readonly JobRecord[];
  /** Creates without a recorded outcome. */
  readonly openIntents: readonly Intent[];
}

/**
 * Compares the journal with a content of the job-info file. To miss no job, the journal must have been read first: a
 * job goes from the journal into the file, never back.
 */
export function unreconciledOf(journal: JournalState, lines: JobLines): Unreconciled {
  const comparison = new JournalComparison(journal);
  for (const {batch} of journal.done.values()) {
    for (const at of lines.positionsOf(batch.name)) if (lines.jobs[at]) comparison.see(lines.jobs[at].record);
  }
  // Few creates are open at once, and mostly none.
  if (comparison.openIntents.length > 0) for (const {record} of lines.jobs) comparison.see(record);
  return comparison;
}

/** Compares the journal with the records of the job-info file, which are shown to it one after the other. */
export class JournalComparison implements Unreconciled {
  readonly #unpublished: Map<string, JobRecord>;
  readonly #open: Map<string, Intent>;

  constructor({intents, done, aborted}: JournalState) {
    this.#unpublished = byName(done.values());
    this.#open = new Map([...intents].filter(([attempt]) => !done.has(attempt) && !aborted.has(attempt)));
  }

  /** Takes note of a record that is in the file. */
  see({batch, attempt}: JobRecord): void {
    // To look a name up takes longer than to see that there is none, as a rule for each of 100,000 records.
    if (this.#unpublished.size > 0) this.#unpublished.delete(batch.name);
    if (this.#open.size > 0 && attempt !== undefined) this.#open.delete(attempt);
  }

  get unpublished(): readonly JobRecord[] {
    return [...this.#unpublished.values()];
  }

  get openIntents(): readonly Intent[] {
    return [...this.#open.values()];
  }
}

/** The records whose batch job has no line in the file. */
export function notIn(lines: JobLines, records: Iterable<JobRecord>): JobRecord[] {
  return [...byName(records).values()].filter(({batch}) => lines.positionsOf(batch.name).length === 0);
}

function byName(records: Iterable<JobRecord>): Map<string, JobRecord> {
  return new Map(Array.from(records, (record) => [record.batch.name, record]));
}
