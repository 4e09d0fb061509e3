import type {Clock} from '../domain/clock.js';
import {GembatchError} from '../domain/errors.js';
import type {Intent, JobRecord} from '../domain/job/job-record.js';
import type {CommitLock} from './lock/commit-lock.js';
import {CommitPace} from './lock/commit-pace.js';
import {storageError} from './file/file-steps.js';
import type {HeldLock} from './lock/held-lock.js';
import {lockLost} from './job-file.js';
import type {Change, JobFile} from './job-file.js';
import type {JobLines} from './record/job-lines.js';
import type {Journal} from './journal.js';
import type {Session} from './session.js';
import type {StoredRecord, StoreSnapshot} from './record/stored-record.js';
import {refuseUnreadable} from './record/unreadable-lines.js';
import {notIn, unreconciledOf} from './unreconciled.js';

/** What a session works with; all of one job-info file. */
export interface SessionParts {
  /** The session lock, held. */
  readonly lock: HeldLock;
  readonly lockPath: string;
  /** Path of the job-info file. */
  readonly path: string;
  readonly jobFile: JobFile;
  readonly commits: CommitLock;
  readonly journal: Journal;
  readonly clock: Clock;
}

/** No caller waits for a publication, as readers read the journal, too: where commits are expensive, they take little of the time. */
const MOST_PAUSES = 30;
/** Jobs whose creates were sent together are answered together, within milliseconds. */
const JOIN_MS = 20;
/** After another process was found committing; most commits take milliseconds. */
const BUSY_PAUSE_MS = 10;

/** A session while it lasts: the journal is written ahead, the job-info file follows. */
export class OpenSession implements Session {
  readonly #parts: SessionParts;
  readonly #pace: CommitPace;
  readonly #ended = new AbortController();
  readonly #openIntents: Map<string, Intent>;
  /** Every job that the journal or this session knows, by attempt; each publication adds those that have no line. */
  readonly #done: Map<string, JobRecord>;
  #lines: JobLines;
  #records: StoredRecord[];
  #usesJournal: boolean;
  #isUnpublished: boolean;
  #isScheduled = false;
  #hasFailed = false;

  /** Reads what there is. Nothing is written yet. */
  constructor(parts: SessionParts) {
    const startMs = parts.clock.monotonic();
    const journal = parts.journal.read();
    const lines = parts.jobFile.read();
    const {unpublished, openIntents} = unreconciledOf(journal, lines);
    this.#parts = parts;
    this.#usesJournal = journal.exists;
    this.#done = new Map(journal.done);
    this.#openIntents = new Map(openIntents.map((intent) => [intent.attempt, intent]));
    this.#lines = lines;
    this.#records = recordsOf(lines, unpublished);
    this.#isUnpublished = unpublished.length > 0;
    this.#pace = new CommitPace(parts.clock, MOST_PAUSES);
    // Reading costs about as much as writing, so that a first publication that is dear is no surprise.
    this.#pace.noteCost(parts.clock.monotonic() - startMs);
  }

  /** Publishes the jobs of a session that died before it could. Needs no network. */
  async recover(): Promise<void> {
    if (this.#isUnpublished) await this.#publishWaiting();
  }

  snapshot(): StoreSnapshot {
    return {
      records: this.#records,
      openIntents: [...this.#openIntents.values()],
      problems: this.#lines.problems,
    };
  }

  intend(intent: Intent): void {
    refuseUnreadable(this.#parts.path, this.#lines.problems, 'Nothing was sent.');
    if (this.#hasFailed) this.publish();
    const {journal, lock, lockPath} = this.#parts;
    this.#usesJournal = true;
    try {
      journal.append({intent});
      if (!lock.isOurs()) throw lockLost(lockPath);
    } catch (error) {
      this.#withdraw(intent.attempt);
      throw error;
    }
    this.#openIntents.set(intent.attempt, intent);
  }

  done(attempt: string, record: JobRecord): void {
    const job = {...record, attempt};
    this.#usesJournal = true;
    this.#done.set(attempt, job);
    this.#records.push({record: job, line: null});
    this.#isUnpublished = true;
    try {
      this.#parts.journal.append({done: attempt, record: job});
    } catch (error) {
      this.#publishWithoutJournal(job, error);
    }
    this.#openIntents.delete(attempt);
    this.#publishSoon();
  }

  abort(attempt: string, reason: string): void {
    this.#usesJournal = true;
    this.#parts.journal.append({abort: attempt, reason});
    this.#openIntents.delete(attempt);
  }

  publish(): void {
    this.#notePublished(this.#parts.commits.commitBlocking(this.#addDone));
  }

  /**
   * Ends the session, whose lock is still held: publishes, looks whether everything is there, and removes the journal if
   * nothing in it is open.
   *
   * @throws GembatchError STORAGE, LOCKED or LOCK_LOST; the journal stays, and the next session goes on from it.
   */
  async finish(): Promise<void> {
    this.#ended.abort();
    if (!this.#usesJournal) return;
    if (this.#done.size > 0) await this.#publishWaiting();
    const {jobFile, journal, lock} = this.#parts;
    const state = journal.read();
    const lines = jobFile.read();
    const [lost] = notIn(lines, this.#done.values());
    if (lost) throw vanished(lost);
    const {unpublished, openIntents} = unreconciledOf(state, lines);
    const isReconciled = unpublished.length === 0 && openIntents.length === 0;
    // With the lock lost, the journal belongs to the process that has the lock now.
    if (state.exists && isReconciled && lock.isOurs()) journal.remove();
  }

  readonly #addDone: Change = (current) => {
    const missing = notIn(current, this.#done.values());
    if (current !== this.#lines) this.#records = recordsOf(current, missing);
    return current.withAdded(missing);
  };

  /** Best effort: the create of an intent that was not taken is never sent, and the next session need not look for it. */
  #withdraw(attempt: string): void {
    try {
      this.#parts.journal.append({abort: attempt, reason: 'never sent'});
    } catch {
      // The caller gets the error that led here; if the intent did reach the disk, the next session reconciles it.
    }
  }

  #publishWithoutJournal(job: JobRecord, journalError: unknown): void {
    try {
      this.publish();
    } catch (error) {
      const reasons = [journalError, error].map((reason) => storageError('write', reason).message);
      throw new GembatchError(
        'STORAGE',
        `The batch job ${job.batch.name} for ${job.input_file} was created, but it cannot be recorded. ${reasons.join(' ')}`,
        {
          cause: error,
          details: {job: job.batch.name, input_file: job.input_file},
          suggestions: [
            'Free disk space or fix the permissions, then run the same command again: it finds the job at the service and records it.',
          ],
        },
      );
    }
  }

  /** The job is durable: its create goes on first, and those that end in the same moment are published together. */
  #publishSoon(): void {
    if (!this.#isScheduled && this.#isUnpublished)
      void this.#publishAfter(Math.max(JOIN_MS, this.#pace.waitMs));
  }

  async #publishAfter(ms: number): Promise<void> {
    this.#isScheduled = true;
    await this.#parts.clock.sleep(ms, this.#ended.signal);
    this.#isScheduled = false;
    if (this.#ended.signal.aborted || !this.#isUnpublished) return;
    if (this.#pace.waitMs > 0) this.#publishSoon();
    else if (!this.#tryPublish()) void this.#publishAfter(BUSY_PAUSE_MS);
  }

  /** Whether there is nothing to try again: the jobs are published, or an error is kept for the next intent. */
  #tryPublish(): boolean {
    try {
      const published = this.#parts.commits.tryCommit(this.#addDone);
      if (published) this.#notePublished(published);
      return published !== null;
    } catch {
      // The jobs are safe in the journal. The next intent, or the end of the session, tries again and reports it.
      this.#hasFailed = true;
      return true;
    }
  }

  async #publishWaiting(): Promise<void> {
    this.#notePublished(await this.#parts.commits.commit(this.#addDone));
  }

  #notePublished(lines: JobLines): void {
    this.#lines = lines;
    this.#isUnpublished = false;
    this.#hasFailed = false;
    this.#pace.noteCost(this.#parts.commits.lastHoldMs);
  }
}

function recordsOf(lines: JobLines, unpublished: readonly JobRecord[]): StoredRecord[] {
  return [...lines.jobs, ...unpublished.map((record) => ({record, line: null}))];
}

function vanished({batch, input_file: inputFile}: JobRecord): GembatchError {
  return new GembatchError(
    'STORAGE',
    `The record of ${batch.name} for ${inputFile} was written to the job-info file and is not there any more: another program changed the file. It is safe in the journal.`,
    {
      suggestions: [
        'Close what edits the job-info file, then run the same command again: it adds the record.',
      ],
    },
  );
}
