import type {Intent, JobRecord} from '../../domain/job/job-record.js';

/** A job record and where it stands. */
export interface StoredRecord {
  readonly record: JobRecord;
  /** Line of the job-info file, from 1; null while the record is in the journal only. */
  readonly line: number | null;
}

/** A line that is not a job record. It is kept as it is, byte for byte. */
export interface LineProblem {
  readonly line: number;
  /** In words, to follow the number of the line. */
  readonly reason: string;
  /** What a person can do about it, one sentence. */
  readonly remedy: string;
}

/** All that is known of the jobs at one moment. */
export interface StoreSnapshot {
  readonly records: readonly StoredRecord[];
  /** Creates that may have been sent and whose outcome is not recorded. */
  readonly openIntents: readonly Intent[];
  readonly problems: readonly LineProblem[];
}

/** A record in the job-info file with the place of its bytes; the newline is not among them. */
export interface JobLine extends StoredRecord {
  readonly line: number;
  /** Which of the pieces they are in, and where there. */
  readonly piece: number;
  readonly start: number;
  readonly end: number;
}
