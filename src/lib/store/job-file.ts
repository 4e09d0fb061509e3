/**
 * The job-info file itself. It changes only by atomic replacement of the whole, by a holder of the commit lock, computed
 * from the content read under the same hold. Steps: read, write a temporary file beside it, fsync, check that the lock
 * is ours, rename, fsync the folder. All synchronous, so that nothing is in flight when the lock is released.
 */
import {GembatchError} from '../domain/errors.js';
import {
  closing,
  orStorageError,
  readIfThere,
  removeLitter,
  retryWhileBusy,
  syncFolderOf,
  systemCode,
  writeAll,
} from './file-steps.js';
import type {HeldLock} from './held-lock.js';
import {JobLines} from './job-lines.js';
import {newOwnerId} from './owner-id.js';
import type {StoreIo} from './store-io.js';
import type {StorePaths} from './store-paths.js';

/** Gives the next content, or the same object when nothing is to be written. */
export type Change = (current: JobLines) => JobLines;

/** Only its owner needs to read it: it names files and jobs of an account. */
const NEW_FILE_MODE = 0o600;
const PERMISSION_BITS = 0o7777n;

export class JobFile {
  readonly #io: StoreIo;
  readonly #paths: StorePaths;
  #last = JobLines.parse(Buffer.alloc(0));

  constructor(io: StoreIo, paths: StorePaths) {
    this.#io = io;
    this.#paths = paths;
  }

  /**
   * The content as it is now, whole, old or new; the same object as long as the bytes are the same. Takes no lock.
   *
   * @throws GembatchError STORAGE when it is there and cannot be read.
   */
  read(): JobLines {
    const {file} = this.#paths;
    const bytes = orStorageError(`read the job-info file ${file}`, () => readIfThere(this.#io, file));
    if (!this.#last.bytes.equals(bytes ?? Buffer.alloc(0)))
      this.#last = JobLines.parse(bytes ?? Buffer.alloc(0));
    return this.#last;
  }

  /**
   * Applies a change to the newest content and replaces the file. On return the new content is durable.
   *
   * @param lock - the commit lock, held.
   * @throws GembatchError STORAGE, or LOCK_LOST; the file is then as it was, or already new when only the fsync of the
   * folder failed.
   */
  replace(lock: HeldLock, change: Change): JobLines {
    const current = this.read();
    const next = change(current);
    if (next === current || next.bytes.equals(current.bytes)) return current;
    orStorageError(`write the job-info file ${this.#paths.file}`, () => {
      this.#publish(lock, this.#writeTwice(next.bytes));
    });
    this.#last = next;
    return next;
  }

  #publish(lock: HeldLock, temporary: string): void {
    try {
      if (!lock.isOurs()) throw lockLost(this.#paths.commitLock);
      retryWhileBusy(this.#io, () => {
        this.#io.rename(temporary, this.#paths.file);
      });
    } catch (error) {
      removeLitter(this.#io, temporary);
      throw error;
    }
    syncFolderOf(this.#io, this.#paths.file);
  }

  /** After a failed fsync the system may call lost bytes written, so the second try is a new file. */
  #writeTwice(bytes: Buffer): string {
    try {
      return this.#writeTemporary(bytes);
    } catch (error) {
      if (systemCode(error) === 'ENOSPC') throw error;
      return this.#writeTemporary(bytes);
    }
  }

  #writeTemporary(bytes: Buffer): string {
    const temporary = this.#paths.temporary(newOwnerId());
    try {
      const descriptor = this.#io.open(temporary, 'wx', NEW_FILE_MODE);
      closing(this.#io, descriptor, () => {
        this.#keepOwnerAndMode(descriptor);
        writeAll(this.#io, descriptor, bytes);
        this.#io.fsync(descriptor);
      });
      return temporary;
    } catch (error) {
      removeLitter(this.#io, temporary);
      throw error;
    }
  }

  #keepOwnerAndMode(descriptor: number): void {
    let old;
    try {
      old = this.#io.stat(this.#paths.file);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return;
      throw error;
    }
    const made = this.#io.fstat(descriptor);
    if (old.uid !== made.uid || old.gid !== made.gid) this.#tryToGive(descriptor, old);
    this.#io.chmod(descriptor, Number(old.mode & PERMISSION_BITS));
  }

  #tryToGive(descriptor: number, {uid, gid}: {uid: bigint; gid: bigint}): void {
    try {
      this.#io.chown(descriptor, Number(uid), Number(gid));
    } catch (error) {
      // Only the superuser may give files away. Anybody else who may write here keeps the new file as his own.
      if (systemCode(error) !== 'EPERM') throw error;
    }
  }
}

/** LOCK_LOST: somebody removed the lock file, or another host presumed this process dead. */
export function lockLost(path: string): GembatchError {
  return new GembatchError(
    'LOCK_LOST',
    `The lock ${path} is not ours any more: it was deleted, or another computer took this process for dead. Nothing was written.`,
  );
}
