import {
  refuseUnknown,
  refuseUnreadable,
  unreadableWarning,
  type Unharmed,
} from './record/unreadable-lines.js';
import type {JobRecord} from '../domain/job/job-record.js';
import {JobFile} from './job-file.js';
import {Journal} from './journal.js';
import type {Session} from './session.js';
import {nodeFiles} from './file/file-io.js';
import {StorePaths} from './file/store-paths.js';
import type {JobLines} from './record/job-lines.js';
import type {LineProblem, StoreSnapshot} from './record/stored-record.js';
import {JournalComparison, unreconciledOf} from './unreconciled.js';
import type {JobStoreOptions} from './store-options.js';
import type {LockState, OpenedSession, SessionAttempt, StoreWriter} from './store-writer.js';
import type {ChangesFrom, JobChanges} from './update-queue.js';
import type {WaitOptions} from './lock/wait-for-lock.js';

export type {Session} from './session.js';
export type {LineProblem, StoredRecord, StoreSnapshot} from './record/stored-record.js';
export type {JobStoreOptions} from './store-options.js';
export type {OpenedSession, SessionAttempt} from './store-writer.js';
export type {WaitOptions} from './lock/wait-for-lock.js';

/**
 * The job-info file: the records of all batch jobs of one folder of work, safe against crashes at any point and against
 * other processes.
 *
 * Reading takes no lock. Records are added only in a session, of which there is one at a time; it waits for no other process.
 * Records that exist are updated under a lock held for milliseconds, also while another process has a session.
 */
export class JobStore {
  readonly #paths: StorePaths;
  readonly #options: JobStoreOptions;
  readonly #jobFile: JobFile;
  #writer: Promise<StoreWriter> | undefined;
  #onUnreadable: JobStoreOptions['onUnreadable'];

  private constructor(paths: StorePaths, options: JobStoreOptions) {
    this.#paths = paths;
    this.#options = options;
    this.#onUnreadable = options.onUnreadable;
    this.#jobFile = new JobFile(options.io ?? nodeFiles, paths);
  }

  /**
   * Opens the store at `path`, which need not exist yet, or may be a symbolic link to one that does. Creates nothing.
   *
   * @throws GembatchError STORAGE when its folder does not exist, or `path` is something else than a file.
   */
  static open(path: string, options: JobStoreOptions): JobStore {
    return new JobStore(new StorePaths(path), options);
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
   * @param unharmed - what the caller would have done otherwise; undefined where it only reads.
   * @throws GembatchError STORAGE that says, line by line, how to mend the file.
   */
  requireReadable({problems}: Pick<StoreSnapshot, 'problems'>, unharmed?: Unharmed): void {
    refuseUnreadable(this.path, problems, unharmed);
  }

  /**
   * Makes sure that a name that no record has is unknown: its job may be in a line that cannot be read.
   *
   * @param near - advice which name that is known may be meant.
   * @throws GembatchError as `requireReadable`.
   */
  requireUnknown(name: string, near: readonly string[] = []): void {
    refuseUnknown(this.path, this.#jobFile.read().problems, {name, near});
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
    return (await this.#loadWriter()).withSession(options, work);
  }

  /**
   * Opens a session like `withSession` for a caller who closes it with `finish`, whatever happens.
   *
   * @throws GembatchError LOCKED, INTERRUPTED, STORAGE, LOCK_LOST.
   */
  async openSession(options: WaitOptions): Promise<OpenedSession> {
    return (await this.#loadWriter()).openSession(options);
  }

  /** Opens a session like `withSession`, if no live process has one. */
  async trySession<T>(work: (session: Session) => Promise<T>): Promise<SessionAttempt<T>> {
    return (await this.#loadWriter()).trySession(work);
  }

  /**
   * Whether a process has a session now.
   *
   * @throws GembatchError STORAGE when lock files cannot be written here.
   */
  async lockState(): Promise<LockState> {
    return (await this.#loadWriter()).lockState();
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
    if (typeof changes !== 'function' && changes.size === 0) return new Set();
    return (await this.#loadWriter()).updateJobs(changes);
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

  /** What most commands that fail early never need: it takes 2 ms. */
  #loadWriter(): Promise<StoreWriter> {
    this.#writer ??= import('./store-writer.js').then(
      ({StoreWriter: Writer}) => new Writer(this.#jobFile, this.#paths, this.#options),
    );
    return this.#writer;
  }

  #journal(): Journal {
    return new Journal(this.#options.io ?? nodeFiles, this.#paths.journal);
  }
}
