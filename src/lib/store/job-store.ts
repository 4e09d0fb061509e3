import {refuseUnreadable, unreadableWarning} from './record/unreadable-lines.js';
import type {Clock} from '../domain/clock.js';
import {GembatchError} from '../domain/errors.js';
import type {JobRecord} from '../domain/job/job-record.js';
import type {LockHolder} from '../domain/lock-holder.js';
import {CommitLock} from './lock/commit-lock.js';
import type {HeldLock} from './lock/held-lock.js';
import {JobFile} from './job-file.js';
import {Journal} from './journal.js';
import {LockContender} from './lock/lock-contender.js';
import type {LockContext} from './lock/lock-contender.js';
import {OpenSession} from './open-session.js';
import type {Session} from './session.js';
import {nodeIo} from './file/store-io.js';
import type {StoreIo} from './file/store-io.js';
import {StorePaths} from './file/store-paths.js';
import type {JobLines} from './record/job-lines.js';
import type {LineProblem, StoreSnapshot} from './record/stored-record.js';
import {removeStaleFiles} from './file/stale-files.js';
import {JournalComparison, unreconciledOf} from './unreconciled.js';
import {UpdateQueue, type ChangesFrom, type JobChanges} from './update-queue.js';
import {waitForLock} from './lock/wait-for-lock.js';
import type {WaitOptions} from './lock/wait-for-lock.js';

export type {Session} from './session.js';
export type {LineProblem, StoredRecord, StoreSnapshot} from './record/stored-record.js';
export type {WaitOptions} from './lock/wait-for-lock.js';

/** How a store is opened. */
export interface JobStoreOptions {
  /** What this process runs, for example `gembatch submit`; shown to processes that wait for it. */
  readonly command: string;
  readonly clock: Clock;
  /** Of the program, for readers of the lock file. */
  readonly version?: string;
  /** The file system; another one only in tests. */
  readonly io?: StoreIo;
  /**
   * After how long without a sign of life the holder of a lock on another host or in another container is presumed
   * dead, in milliseconds. It gives one every 5 seconds.
   */
  readonly foreignLimitMs?: number;
  /** Is told once, in a sentence for people, that lines of the file cannot be read. */
  readonly onUnreadable?: ((warning: string) => void) | undefined;
}

/** What became of an attempt to open a session without waiting. */
export type SessionAttempt<T> =
  {readonly held: true; readonly value: T} | {readonly held: false; readonly holder: LockHolder | null};

/** A session that its opener has to close. */
export interface OpenedSession {
  readonly session: Session;
  /** Closes it: everything that was done in it is in the job-info file then, unless this throws. */
  readonly finish: () => Promise<void>;
}

/** Eighteen missed signs of life: no pause of a busy or sleeping machine looks like that. */
const FOREIGN_LIMIT_MS = 90_000;

/**
 * The job-info file: the records of all batch jobs of one folder of work, safe against crashes at any point and against
 * other processes.
 *
 * Reading takes no lock. Records are added only in a session, of which there is one at a time; it waits for no other process.
 * Records that exist are updated under a lock held for milliseconds, also while another process has a session.
 */
export class JobStore {
  readonly #paths: StorePaths;
  readonly #context: LockContext;
  readonly #jobFile: JobFile;
  readonly #commits: CommitLock;
  readonly #updates: UpdateQueue;
  /** One for all sessions, because it remembers for how long a holder on another host has been silent. */
  readonly #contender: LockContender;
  #onUnreadable: JobStoreOptions['onUnreadable'];

  private constructor(
    paths: StorePaths,
    context: LockContext,
    onUnreadable: JobStoreOptions['onUnreadable'],
  ) {
    this.#paths = paths;
    this.#onUnreadable = onUnreadable;
    this.#context = context;
    this.#jobFile = new JobFile(context.io, paths);
    this.#commits = new CommitLock(this.#jobFile, paths, context);
    this.#updates = new UpdateQueue(this.#commits, context.clock);
    this.#contender = new LockContender(paths.sessionLock, context);
  }

  /**
   * Opens the store at `path`, which need not exist yet, or may be a symbolic link to one that does. Creates nothing.
   *
   * @throws GembatchError STORAGE when its folder does not exist, or `path` is something else than a file.
   */
  static open(path: string, options: JobStoreOptions): JobStore {
    const {command, clock, version = '', io = nodeIo, foreignLimitMs = FOREIGN_LIMIT_MS} = options;
    const context = {io, clock, command, version, foreignLimitMs};
    return new JobStore(new StorePaths(path), context, options.onUnreadable);
  }

  /** Real path of the job-info file. */
  get path(): string {
    return this.#paths.file;
  }

  /** Real path of its folder, to which the inputs of records are relative. */
  get folder(): string {
    return this.#paths.folder;
  }

  /**
   * The `input_file` of a request file: its real path relative to `folder`, with `/`; absolute when it is outside. All
   * spellings of one path have one name, whether the file exists or not. An address in Cloud Storage stays as it is.
   *
   * @param file - absolute, or relative to the working folder.
   */
  inputName(file: string): string {
    return this.#paths.inputName(file);
  }

  /** The absolute path of the `input_file` of a record; an address in Cloud Storage, which is no path, as it is. */
  resolveInput(inputFile: string): string {
    return this.#paths.resolveInput(inputFile);
  }

  /** Whether a path leads to the job-info file, or to a lock, journal or temporary file beside it. */
  isOwnFile(file: string): boolean {
    return this.#paths.isOwnFile(file);
  }

  /**
   * Everything that is known now, without a lock and without waiting: the job-info file, and the jobs and open intents
   * that are in the journal only. A file that does not exist has no records.
   *
   * @throws GembatchError STORAGE when something is there and cannot be read.
   */
  read(): StoreSnapshot {
    return this.#snapshot(() => this.#jobFile.read());
  }

  /**
   * As `read`, for callers that watch: a job-info file that has the size and the time of the one that this process read or
   * wrote last is not read again. Whether work is paid for must not rest on that alone.
   *
   * @throws GembatchError STORAGE when something is there and cannot be read.
   */
  glance(): StoreSnapshot {
    return this.#snapshot(() => this.#jobFile.glance());
  }

  /**
   * Makes sure that what was read is all there is: a line that cannot be read may be a job that was paid for.
   *
   * @throws GembatchError STORAGE that says, line by line, how to mend the file.
   */
  requireReadable({problems}: Pick<StoreSnapshot, 'problems'>): void {
    refuseUnreadable(this.path, problems);
  }

  /**
   * Shows all records that `read` would give, in their order, and keeps none, for callers that want little of each: of 100,000
   * that are kept, the collection of garbage takes as long as their reading.
   *
   * @returns what `read` says besides.
   * @throws GembatchError STORAGE when something is there and cannot be read.
   */
  readEach(visit: (record: JobRecord) => void): Omit<StoreSnapshot, 'records'> {
    // In this order, because jobs go from the journal to the file.
    const comparison = new JournalComparison(this.#journal().read());
    const problems = this.#jobFile.readEach((record) => {
      comparison.see(record);
      visit(record);
    });
    for (const record of comparison.unpublished) visit(record);
    this.#tellUnreadable(problems);
    return {openIntents: comparison.openIntents, problems};
  }

  /**
   * Opens a session, waiting for the one before it to end, and closes it after `work`, whether that worked or not. On
   * return everything that was done in it is in the job-info file, and the journal is gone unless a create is open.
   *
   * @throws GembatchError LOCKED, INTERRUPTED, STORAGE, LOCK_LOST, and whatever `work` throws.
   */
  async withSession<T>(options: WaitOptions, work: (session: Session) => Promise<T>): Promise<T> {
    return finishing(await this.openSession(options), work);
  }

  /**
   * Opens a session like `withSession` for a caller who closes it with `finish`, whatever happens.
   *
   * @throws GembatchError LOCKED, INTERRUPTED, STORAGE, LOCK_LOST.
   */
  async openSession(options: WaitOptions): Promise<OpenedSession> {
    const contender = this.#contender;
    const lock = await waitForLock(contender, () => contender.try(), {
      ...options,
      file: this.path,
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

  /** Opens a session like `withSession`, if no live process has one. */
  async trySession<T>(work: (session: Session) => Promise<T>): Promise<SessionAttempt<T>> {
    const lock = this.#contender.tryWithSecondLook();
    if (lock === null) return {held: false, holder: this.#contender.holder};
    if (!this.#commits.isFreeOfOthers()) {
      lock.release();
      return {held: false, holder: null};
    }
    return {held: true, value: await finishing(await this.#beginSession(lock), work)};
  }

  /**
   * Whether a process has a session now.
   *
   * @throws GembatchError STORAGE when lock files cannot be written here.
   */
  lockState(): {readonly isHeld: boolean; readonly holder: LockHolder | null} {
    const lock = this.#contender.tryWithSecondLook();
    if (lock === null) return {isHeld: true, holder: this.#contender.holder};
    lock.release();
    return {isHeld: false, holder: null};
  }

  /**
   * Changes records that are in the job-info file, in one commit, which may be that of other changes too; works beside a
   * session of anybody. A state that is final stays, whatever the change says.
   *
   * @param changes - by batch name; each gets the newest record and returns the new one, unknown fields included. They
   * must not do anything else. Or what gives them from all records under the lock: it must be synchronous, must not throw,
   * and may put a file in its place, because no other process changes a record meanwhile.
   * @returns the names of the jobs whose change is now durable. The others have no line in the file (yet), or their
   * change would have replaced a final state.
   * @throws GembatchError LOCKED, STORAGE, LOCK_LOST; nothing is changed then.
   */
  async updateJobs(changes: JobChanges | ChangesFrom): Promise<ReadonlySet<string>> {
    return typeof changes !== 'function' && changes.size === 0 ? new Set() : this.#updates.update(changes);
  }

  async #beginSession(lock: HeldLock): Promise<OpenedSession> {
    try {
      lock.startHeartbeat();
      removeStaleFiles(this.#paths, this.#context);
      const session = new OpenSession({
        lock,
        lockPath: this.#paths.sessionLock,
        path: this.path,
        jobFile: this.#jobFile,
        commits: this.#commits,
        journal: this.#journal(),
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

  #snapshot(readLines: () => JobLines): StoreSnapshot {
    // In this order, because jobs go from the journal to the file.
    const journal = this.#journal().read();
    const lines = readLines();
    const {unpublished, openIntents} = unreconciledOf(journal, lines);
    const records = [...lines.jobs, ...unpublished.map((record) => ({record, line: null}))];
    this.#tellUnreadable(lines.problems);
    return {records, openIntents, problems: lines.problems};
  }

  #tellUnreadable(problems: readonly LineProblem[]): void {
    if (problems.length === 0) return;
    this.#onUnreadable?.(unreadableWarning(this.path, problems));
    this.#onUnreadable = undefined;
  }

  #journal(): Journal {
    return new Journal(this.#context.io, this.#paths.journal);
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
