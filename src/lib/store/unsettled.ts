import type {Intent, JobRecord} from '../domain/job-record.js';
import type {JobLines} from './job-lines.js';
import type {JournalState} from './journal.js';

/** What the journal knows and the job-info file does not. */
export interface Unsettled {
  /** Jobs that exist and are not in the job-info file yet. */
  readonly unpublished: readonly JobRecord[];
  /** Creates whose outcome nobody recorded. */
  readonly openIntents: readonly Intent[];
}

/**
 * Compares the journal with a content of the job-info file. To miss no job, the journal must have been read first: a
 * job goes from the journal into the file, never back.
 */
export function unsettledOf({intents, done, aborted}: JournalState, lines: JobLines): Unsettled {
  const isOpen = ({attempt}: Intent): boolean =>
    !done.has(attempt) && !aborted.has(attempt) && !lines.hasAttempt(attempt);
  return {
    unpublished: notIn(lines, done.values()),
    openIntents: [...intents.values()].filter((intent) => isOpen(intent)),
  };
}

/** The records whose batch job has no line. */
export function notIn(lines: JobLines, records: Iterable<JobRecord>): JobRecord[] {
  const missing = new Map(Array.from(records, (record) => [record.batch.name, record]));
  if (missing.size > 0) for (const {record} of lines.jobs) missing.delete(record.batch.name);
  return [...missing.values()];
}
