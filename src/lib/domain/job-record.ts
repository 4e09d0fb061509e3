import type {BatchJob} from './batch-job.js';

/**
 * What gembatch knows about one batch job: one line of the job-info file.
 *
 * The first four keys, in this order, are those of the Python tool `gembatch` 0.3 (repository `7shi/gemini-batch`,
 * `gembatch/batch_info.py`), so that each program reads the other's file.
 */
export interface JobRecord {
  /**
   * Path of the request file relative to the folder of the job-info file, with `/` separators; absolute when it is
   * outside that folder.
   */
  readonly input_file: string;
  /** Non-empty lines of the request file; null only in a record of another tool that never counted them. */
  readonly count: number | null;
  /** Resource name of the uploaded request file, `files/<id>`; empty when nobody noted it. */
  readonly uploaded_file_name: string;
  readonly batch: BatchJob;
  /** Fingerprint of the request file when it was submitted: SHA-256 of its bytes, 64 lower-case hex digits. */
  readonly sha256?: string;
  readonly size_bytes?: number;
  /** Token of the create that made the job, as in its display name. */
  readonly attempt?: string;
  /** When the create was answered, ISO 8601 UTC. */
  readonly submitted_at?: string;
}

/**
 * What is durable in the journal before a create is sent: enough to find the job again, and to record it, when the
 * answer never comes.
 */
export interface Intent {
  /** Token of this one create: lower-case letters and digits, unique for ever. */
  readonly attempt: string;
  readonly input_file: string;
  readonly count: number;
  readonly uploaded_file_name: string;
  readonly model: string;
  /** Exactly what the create sends; it contains the attempt and the head of the fingerprint. */
  readonly display_name: string;
  readonly sha256: string;
  readonly size_bytes: number;
  /** When the intent was written, ISO 8601 UTC. */
  readonly intended_at: string;
}
