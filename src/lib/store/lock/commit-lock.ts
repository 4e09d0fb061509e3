import {pauseThread} from '../file/file-steps.js';
import type {Change, JobFile} from '../job-file.js';
import type {JobLines} from '../record/job-lines.js';
import {LockContender} from './lock-contender.js';
import type {LockContext} from './lock-contender.js';
import type {StorePaths} from '../file/store-paths.js';
import {lockedError, waitForLock, type WaitOptions} from './wait-for-lock.js';

/**
 * Holders need it for milliseconds, or for a fraction of a second with very large files. A dead one on another host is
 * presumed dead only after the foreign limit, so the wait is so much longer than that.
 */
const WAIT_BEYOND_FOREIGN_LIMIT_MS = 30_000;
/** As a rule it is free again within milliseconds, and a look whether it is costs next to nothing. */
const PAUSES = {firstMs: 2, longestMs: 10};
/** A program that leaves no name may have died long ago: an hour is more than it takes to submit many files. */
const NAMELESS_LIMIT_MS = 3_600_000;
/** The Python tool keeps it for as long as it submits; what only records the state of jobs is sooner run again than waited for. */
const NAMELESS_COMMIT_MS = 20_000;
/** How long a caller that must not give way to other work stops the thread. */
const BLOCKING_LIMIT_MS = 2_000;
const BLOCKING_PAUSE_MS = 5;

/**
 * Changes to the job-info file under the commit lock. The lock is taken and given back within one synchronous step, so
 * nothing that this process does at the same time ever finds it held.
 */
export class CommitLock {
  readonly #paths: StorePaths;
  readonly #context: LockContext;
  readonly #jobFile: JobFile;
  /** One for all commits, because it remembers for how long a holder on another host has been silent. */
  readonly #contender: LockContender;
  #lastHoldMs = 0;

  constructor(jobFile: JobFile, paths: StorePaths, context: LockContext) {
    this.#jobFile = jobFile;
    this.#paths = paths;
    this.#context = context;
    this.#contender = new LockContender(paths.commitLock, context, {isShared: true});
  }

  /** How long the last commit has kept others out, in milliseconds. */
  get lastHoldMs(): number {
    return this.#lastHoldMs;
  }

  /**
   * Waits until no other program is about to replace the job-info file: what it read before it will write, whatever is
   * recorded meanwhile.
   *
   * @throws GembatchError LOCKED when the time is over, which is an hour unless another is given; INTERRUPTED, STORAGE.
   */
  async untilFreeOfOthers(options: WaitOptions): Promise<void> {
    const {file, commitLock} = this.#paths;
    await waitForLock(this.#contender, () => this.isFreeOfOthers() || null, {
      ...options,
      timeoutMs: options.timeoutMs ?? NAMELESS_LIMIT_MS,
      file,
      clock: this.#context.clock,
      lockPath: commitLock,
    });
  }

  /** Whether no other program is about to replace the job-info file. */
  isFreeOfOthers(): boolean {
    return this.#contender.isFreeOfOthers();
  }

  /** Commits if no other process does just now; otherwise returns null. */
  tryCommit(change: Change): JobLines | null {
    const lock = this.#contender.try();
    if (lock === null) return null;
    const startMs = this.#context.clock.monotonic();
    try {
      return this.#jobFile.replace(lock, change);
    } finally {
      lock.release();
      this.#lastHoldMs = this.#context.clock.monotonic() - startMs;
    }
  }

  /**
   * Commits, waiting for the commits of others to end.
   *
   * @throws GembatchError LOCKED when another process does not end its commit, STORAGE, LOCK_LOST.
   */
  commit(change: Change): Promise<JobLines> {
    const {clock, foreignLimitMs} = this.#context;
    const timeoutMs = foreignLimitMs + WAIT_BEYOND_FOREIGN_LIMIT_MS;
    return waitForLock(this.#contender, () => this.tryCommit(change), {
      file: this.#paths.file,
      lockPath: this.#paths.commitLock,
      clock,
      timeoutMs,
      namelessTimeoutMs: NAMELESS_COMMIT_MS,
      pauses: PAUSES,
    });
  }

  /**
   * Commits without giving way to other work; stops the thread while another process commits.
   *
   * @throws GembatchError LOCKED after two seconds, STORAGE, LOCK_LOST.
   */
  commitBlocking(change: Change): JobLines {
    const startMs = performance.now();
    for (;;) {
      const committed = this.tryCommit(change);
      if (committed) return committed;
      if (performance.now() - startMs > BLOCKING_LIMIT_MS) {
        throw lockedError(this.#paths.file, this.#contender.holder, this.#paths.commitLock);
      }
      pauseThread(BLOCKING_PAUSE_MS);
    }
  }
}
