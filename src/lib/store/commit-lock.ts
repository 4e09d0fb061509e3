import {pauseThread} from './file-steps.js';
import type {Change, JobFile} from './job-file.js';
import type {JobLines} from './job-lines.js';
import {LockContender} from './lock-contender.js';
import type {LockContext} from './lock-contender.js';
import type {StorePaths} from './store-paths.js';
import {lockedError, waitForLock} from './wait-for-lock.js';

/** Holders need it for milliseconds, or for a fraction of a second with very large files. */
const WAIT_LIMIT_MS = 30_000;
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

  constructor(jobFile: JobFile, paths: StorePaths, context: LockContext) {
    this.#jobFile = jobFile;
    this.#paths = paths;
    this.#context = context;
  }

  /** Commits if nobody else does just now; otherwise returns null. */
  tryCommit(change: Change): JobLines | null {
    return this.#commitWith(this.#contender(), change);
  }

  /**
   * Commits, waiting for the commits of others to end.
   *
   * @throws GembatchError LOCKED after thirty seconds, STORAGE, LOCK_LOST.
   */
  commit(change: Change): Promise<JobLines> {
    const contender = this.#contender();
    return waitForLock(contender, () => this.#commitWith(contender, change), {
      file: this.#paths.file,
      clock: this.#context.clock,
      timeoutMs: WAIT_LIMIT_MS,
    });
  }

  /**
   * Commits without giving way to other work; stops the thread while another process commits.
   *
   * @throws GembatchError LOCKED after two seconds, STORAGE, LOCK_LOST.
   */
  commitBlocking(change: Change): JobLines {
    const contender = this.#contender();
    const startMs = performance.now();
    for (;;) {
      const committed = this.#commitWith(contender, change);
      if (committed) return committed;
      if (performance.now() - startMs > BLOCKING_LIMIT_MS)
        throw lockedError(this.#paths.file, contender.holder);
      pauseThread(BLOCKING_PAUSE_MS);
    }
  }

  #commitWith(contender: LockContender, change: Change): JobLines | null {
    const lock = contender.try();
    if (lock === null) return null;
    try {
      return this.#jobFile.replace(lock, change);
    } finally {
      lock.release();
    }
  }

  #contender(): LockContender {
    return new LockContender(this.#paths.commitLock, this.#context);
  }
}
