/**
 * The job-info file itself. It changes only by atomic replacement of the whole, by a holder of the commit lock, computed
 * from the content read under the same hold. Steps: read, write a temporary file beside it, fsync, check that the lock
 * is ours, rename, fsync the folder. All synchronous, so that nothing is in flight when the lock is released.
 */
import type {BigIntStats} from 'node:fs';
import {GembatchError} from '../domain/errors.js';
import type {JobRecord} from '../domain/job/job-record.js';
import {
  closing,
  orStorageError,
  pauseThread,
  readIfThere,
  readingIfThere,
  removeSideFile,
  retryWhileBusy,
  syncFolderOf,
  systemCode,
  writeAll,
} from './file/file-steps.js';
import type {HeldLock} from './lock/held-lock.js';
import {eachRecord} from './record/each-record.js';
import {JobLines} from './record/job-lines.js';
import {newOwnerId} from './lock/owner-id.js';
import {lineBlocks} from './file/line-blocks.js';
import {holdsRecords, plainLines} from './file/plain-lines.js';
import type {FileIo} from './file/file-io.js';
import type {StorePaths} from './file/store-paths.js';
import type {LineProblem} from './record/stored-record.js';

/** Gives the next content, or the same object when nothing is to be written. */
export type Change = (current: JobLines) => JobLines;

/** The next content in a file beside the old one, durable. */
interface Temporary {
  readonly path: string;
  readonly stamp: string;
}

/** Only its owner needs to read it: it names files and jobs of an account. */
const NEW_FILE_MODE = 0o600;
const REPLACING_LOOKS = 50;
const REPLACING_PAUSE_MS = 20;
const COMPARE_CHUNK_BYTES = 256 * 1024;
const PERMISSION_BITS = 0o7777n;

export class JobFile {
  readonly #io: FileIo;
  readonly #paths: StorePaths;
  #last: JobLines | null = null;
  /** Of the file that has the last content, taken before it was read or when it was written. */
  #lastStamp = '';

  constructor(io: FileIo, paths: StorePaths) {
    this.#io = io;
    this.#paths = paths;
  }

  /**
   * The content as it is now, whole, old or new; the same object as long as the bytes are the same. Takes no lock.
   *
   * @throws GembatchError STORAGE when it is there and cannot be read.
   */
  read(): JobLines {
    return orStorageError(`read the job-info file ${this.#paths.file}`, () => {
      const stamp = this.#stamp();
      const isStill = this.#last !== null && this.#isStill(this.#last);
      this.#lastStamp = stamp;
      if (this.#last !== null && isStill) return this.#last;
      this.#last = JobLines.parse(this.#readPlain() ?? Buffer.alloc(0), this.#last ?? undefined);
      return this.#last;
    });
  }

  /**
   * As `read`, for callers that watch: a file with the size and time of the one that was read or written last is not read
   * again. Nothing that is paid for or written may rest on that alone.
   *
   * @throws GembatchError STORAGE when it is there and cannot be read.
   */
  glance(): JobLines {
    const stamp = orStorageError(`read the job-info file ${this.#paths.file}`, () => this.#stamp());
    return this.#last !== null && stamp !== '' && stamp === this.#lastStamp ? this.#last : this.read();
  }

  /**
   * Shows the records that the file has now, and keeps none. Takes no lock.
   *
   * @returns what is no record.
   * @throws GembatchError STORAGE when it is there and cannot be read.
   */
  readEach(visit: (record: JobRecord) => void): readonly LineProblem[] {
    const readBlocks = (descriptor: number): readonly LineProblem[] => {
      const readInto = (buffer: Buffer): number => this.#io.readInto(descriptor, buffer);
      return eachRecord(lineBlocks(readInto, this.#paths.file), visit).problems;
    };
    return (
      orStorageError(`read the job-info file ${this.#paths.file}`, () => this.#reading(readBlocks)) ?? []
    );
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
    orStorageError(`write the job-info file ${this.#paths.file}`, () => {
      if (next !== current) this.#replaceBy(lock, next);
      // Also when nothing changed: the process that made that content may have died before it was durable.
      syncFolderOf(this.#io, this.#paths.file);
    });
    return next;
  }

  #replaceBy(lock: HeldLock, next: JobLines): void {
    const {path, stamp} = this.#writeTwice(next.pieces);
    this.#putInPlace(lock, path);
    this.#lastStamp = stamp;
    this.#last = next;
  }

  /** Empty when there is no file. */
  #stamp(): string {
    try {
      return stampOf(this.#io.stat(this.#paths.file));
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return '';
      throw error;
    }
  }

  #readPlain(): Buffer | null {
    return this.#reading((descriptor) => plainLines(this.#io.read(descriptor), this.#paths.file));
  }

  /** Runs `work` on the file open for reading; null when there is none. */
  #reading<T>(work: (descriptor: number) => T): T | null {
    const read = (): T | null => readingIfThere(this.#io, this.#paths.file, work);
    return read() ?? this.#readOnceReplaced(read);
  }

  /** The Python tool deletes the job-info file before it puts the next one, its lock, in its place. */
  #readOnceReplaced<T>(read: () => T | null): T | null {
    const {file, commitLock} = this.#paths;
    for (let looks = 0; looks < REPLACING_LOOKS; looks += 1) {
      const next = orStorageError(`read ${commitLock}`, () => readIfThere(this.#io, commitLock));
      if (next === null || !holdsRecords(next)) return read();
      pauseThread(REPLACING_PAUSE_MS);
      const found = read();
      if (found !== null) return found;
    }
    throw new GembatchError(
      'STORAGE',
      `${file} is not there, and ${commitLock} holds records: the Python tool was stopped while it replaced the one by the other. Nothing was changed.`,
      {suggestions: [`Put it in place: mv ${commitLock} ${file}`]},
    );
  }

  /** Compares bytes, not times: a clock that is set back must not hide a change. */
  #isStill(known: JobLines): boolean {
    const isSame = readingIfThere(this.#io, this.#paths.file, (descriptor) => {
      if (this.#io.fstat(descriptor).size !== BigInt(known.sizeBytes)) return false;
      const buffer = Buffer.allocUnsafe(COMPARE_CHUNK_BYTES);
      return known.pieces.every((piece) => this.#readsAs(descriptor, piece, buffer));
    });
    return isSame ?? known.sizeBytes === 0;
  }

  #readsAs(descriptor: number, piece: Buffer, buffer: Buffer): boolean {
    for (let at = 0; at < piece.length;) {
      const length = this.#io.readInto(descriptor, buffer.subarray(0, piece.length - at));
      if (length === 0 || piece.compare(buffer, 0, length, at, at + length) !== 0) return false;
      at += length;
    }
    return true;
  }

  #putInPlace(lock: HeldLock, temporary: string): void {
    try {
      if (!lock.isOurs()) throw lockLost(this.#paths.commitLock);
      retryWhileBusy(this.#io, () => {
        this.#io.rename(temporary, this.#paths.file);
      });
    } catch (error) {
      removeSideFile(this.#io, temporary);
      throw error;
    }
  }

  /** After a failed fsync the system may call lost bytes written, so the second try is a new file. */
  #writeTwice(pieces: readonly Buffer[]): Temporary {
    try {
      return this.#writeTemporary(pieces);
    } catch (error) {
      if (systemCode(error) === 'ENOSPC') throw error;
      return this.#writeTemporary(pieces);
    }
  }

  #writeTemporary(pieces: readonly Buffer[]): Temporary {
    const temporary = this.#paths.temporary(newOwnerId());
    try {
      const descriptor = this.#io.open(temporary, 'wx', NEW_FILE_MODE);
      const stamp = closing(this.#io, descriptor, () => {
        this.#keepOwnerAndMode(descriptor);
        for (const piece of pieces) writeAll(this.#io, descriptor, piece);
        this.#io.fsync(descriptor);
        return stampOf(this.#io.fstat(descriptor));
      });
      return {path: temporary, stamp};
    } catch (error) {
      removeSideFile(this.#io, temporary);
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

function stampOf({ino, size, mtimeNs}: BigIntStats): string {
  return `${ino}:${size}:${mtimeNs}`;
}

/** LOCK_LOST: the lock file was removed, or another host presumed this process dead. */
export function lockLost(path: string): GembatchError {
  return new GembatchError(
    'LOCK_LOST',
    `The lock ${path} is not ours any more: it was deleted, or another computer took this process for dead. Nothing was written.`,
  );
}
