import type {Intent, JobRecord} from '../domain/job/job-record.js';
import type {StoreSnapshot} from './record/stored-record.js';

/**
 * The span in which this process alone may add job records. For each create: `intend`, send it, then `done` or `abort`.
 * What becomes unclear is left open, and the next session finds it.
 */
export interface Session {
  /**
   * All that this session knows: the job-info file as last read, and every job and intent of its own. Costs nothing, and
   * its lists go on growing.
   */
  snapshot(): StoreSnapshot;

  /**
   * Writes down that a create is about to be sent. On return the intent is durable and the session lock is still ours, so
   * that the create may go out.
   *
   * @throws GembatchError STORAGE or LOCK_LOST; the create must not be sent. STORAGE also when a job made before is safe
   * in the journal but cannot be written to the job-info file: no new work is taken before it can.
   */
  intend(intent: Intent): void;

  /**
   * Writes down the job that came of an intent, with the attempt in its record. On return it is durable in the journal, or
   * in the job-info file when the journal cannot be written; it is published in the job-info file now or soon.
   *
   * @throws GembatchError STORAGE only when neither can be written; the message names the batch job.
   */
  done(attempt: string, record: JobRecord): void;

  /**
   * Writes down, durably, that nothing came of an intent and nothing will.
   *
   * @throws GembatchError STORAGE; the intent then stays open, and the next session looks it up.
   */
  abort(attempt: string, reason: string): void;

  /**
   * Writes every job done so far to the job-info file, now. Calling it is optional: a session does so by itself, at the
   * latest when it ends.
   *
   * @throws GembatchError STORAGE, LOCKED or LOCK_LOST; the jobs are safe in the journal.
   */
  publish(): void;
}
