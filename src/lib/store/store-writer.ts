import {GembatchError} from '../domain/errors.js';
import type {LockHolder} from '../domain/lock-holder.js';
import {removeStaleFiles} from './file/stale-files.js';
import {nodeIo} from './file/store-io.js';
import type {StorePaths} from './file/store-paths.js';
import type {JobFile} from './job-file.js';
import {Journal} from './journal.js';
import {CommitLock} from './lock/commit-lock.js';
import type {HeldLock} from './lock/held-lock.js';
import {LockContender, type LockContext} from './lock/lock-contender.js';
import {waitForLock, type WaitOptions} from './lock/wait-for-lock.js';
import {OpenSession} from './open-session.js';
import type {Session} from './session.js';
import type {JobStoreOptions} from './store-options.js';
import {UpdateQueue, type ChangesFrom, type JobChanges} from './update-queue.js';

/** What became of an attempt to open a session without waiting. */
export type SessionAttempt<T> =
  {readonly held: true; readonly value: T} | {readonly held: false; readonly holder: LockHolder | null};

/** A session that its opener has to close. */
export interface OpenedSession {
  readonly session: Session;
  /** Closes it: everything that was done in it is in the job-info file then, unless this throws. */
  readonly finish: () => Promise<void>;
}

/** Whether a process has a session, and which. */
export interface LockState {
  readonly isHeld: boolean;
  readonly holder: LockHolder | null;
}

/** Eighteen missed signs of life: no pause of a busy or sleeping machine looks like that. */
const FOREIGN_LIMIT_MS = 90_000;

/** What writes to one job-info file: sessions and updates, with the locks that they need. The contracts are those of `JobStore`. */
export class StoreWriter {
  readonly #paths: StorePaths;
  readonly #context: LockContext;
  readonly #jobFile: JobFile;
  readonly #commits: CommitLock;
  readonly #updates: UpdateQueue;
  /** One for all sessions, because it remembers for how long a holder on another host has been silent. */
  readonly #contender: LockContender;

  constructor(jobFile: JobFile, paths: StorePaths, options: JobStoreOptions) {
    const {command, clock, version = '', io = nodeIo, foreignLimitMs = FOREIGN_LIMIT_MS} = options;
    this.#paths = paths;
    this.#context = {io, clock, command, version, foreignLimitMs};
    this.#jobFile = jobFile;
    this.#commits = new CommitLock(jobFile, paths, this.#context);
    this.#updates = new UpdateQueue(this.#commits, clock);
    this.#contender = new LockContender(paths.sessionLock, this.#context);
  }

  async withSession<T>(options: WaitOptions, work: (session: Session) => Promise<T>): Promise<T> {
    return finishing(await this.openSession(options), work);
  }

  async openSession(options: WaitOptions): Promise<OpenedSession> {
    const contender = this.#contender;
    const lock = await waitForLock(contender, () => contender.try(), {
      ...options,
      file: this.#paths.file,
      clock: this.#context.clock,
    });
    try {
      await this.#commits.untilFreeOfOthers(options);
    } catch (error) {
      lock.release();
      throw error;
    }
    return this.#beginSession(lock);
  }

  async trySession<T>(work: (session: Session) => Promise<T>): Promise<SessionAttempt<T>> {
    const lock = this.#contender.tryWithSecondLook();
    if (lock === null) return {held: false, holder: this.#contender.holder};
    if (!this.#commits.isFreeOfOthers()) {
      lock.release();
      return {held: false, holder: null};
    }
    return {held: true, value: await finishing(await this.#beginSession(lock), work)};
  }

  lockState(): LockState {
    const lock = this.#contender.tryWithSecondLook();
    if (lock === null) return {isHeld: true, holder: this.#contender.holder};
    lock.release();
    return {isHeld: false, holder: null};
  }

  updateJobs(changes: JobChanges | ChangesFrom): Promise<ReadonlySet<string>> {
    return this.#updates.update(changes);
  }

  async #beginSession(lock: HeldLock): Promise<OpenedSession> {
    try {
      lock.startHeartbeat();
      removeStaleFiles(this.#paths, this.#context);
      const session = new OpenSession({
        lock,
        lockPath: this.#paths.sessionLock,
        path: this.#paths.file,
        jobFile: this.#jobFile,
        commits: this.#commits,
        journal: new Journal(this.#context.io, this.#paths.journal),
        clock: this.#context.clock,
      });
      await session.recover();
      const finish = (): Promise<void> => session.finish().finally(() => lock.release());
      return {session, finish};
    } catch (error) {
      lock.release();
      throw error;
    }
  }
}

/** Closes the session after the work, also after work that failed. */
async function finishing<T>(
  {session, finish}: OpenedSession,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  let value: T;
  try {
    value = await work(session);
  } catch (error) {
    await finish().catch((closing: unknown) => {
      throw worseOf(closing, error);
    });
    throw error;
  }
  await finish();
  return value;
}

/** Of two errors, that of closing: it says what is not in the job-info file. That of the work becomes its cause. */
function worseOf(closing: unknown, work: unknown): unknown {
  if (!(closing instanceof GembatchError)) return closing;
  const {code, message, suggestions, details} = closing;
  return new GembatchError(code, message, {suggestions, details, cause: work});
}
