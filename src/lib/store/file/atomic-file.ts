/**
 * Files that appear whole or not at all, such as result files of gigabytes. The bytes go to a temporary file beside the
 * target; the commit syncs it, puts it in place and syncs the folder. A crash leaves the temporary file behind and the
 * target as it was.
 */
import {createHash} from 'node:crypto';
import {constants, copyFile, link, lstat, open, readdir, rename, stat, unlink} from 'node:fs/promises';
import type {FileHandle} from 'node:fs/promises';
import {basename, dirname, join, resolve} from 'node:path';
import {BlockFiller} from './block-filler.js';
import type {GembatchError} from '../../domain/errors.js';
import {takenName} from '../../domain/taken-name.js';
import {makeFolder, syncFolder} from './durable-folder.js';
import {storageError, systemCode} from './file-steps.js';
import {fileStamp, placeFile} from './place-file.js';
import {reserveName, clearReservation} from './reserved-name.js';
import {haveSameBytes} from './same-bytes.js';
import {isStale} from '../lock/liveness.js';
import {newOwnerId, parseOwnerId} from '../lock/owner-id.js';

/** How a file is put in place. */
export interface AtomicFileOptions {
  /** Replace a file that has other content. Off by default: such a file stays, and the commit fails. */
  readonly overwrite?: boolean;
  /** Permission bits of the new file, of which it gets no more than the one it replaces had; by default only its owner may read it. */
  readonly mode?: number;
  /** What is in its folder, for callers that make thousands of files there: each would look through all of them for leftovers. */
  readonly besides?: readonly string[];
}

/** What stands under a name. */
export interface FileAtName {
  /** Tells it from anything else that takes the name, and from itself once it is changed; null where nothing is. */
  readonly stamp: string | null;
  /** Whether it has the content of the file that is to be put there. */
  readonly isSame: boolean;
}

/** `unchanged`: the target had exactly these bytes already and was not touched. */
export type CommitOutcome = 'created' | 'replaced' | 'unchanged';

const PRIVATE_MODE = 0o600;
const ALL_PERMISSIONS = 0o777;
/** What is written at once: callers append rows, and a call for each would take longer than all else. */
const BLOCK_BYTES = 1 << 20;
/** Most files are smaller than a block. */
const FIRST_BLOCK_BYTES = 1 << 16;
/** So much is left to the disk in one go, while more arrives: the commit then waits for the rest only. */
const SYNC_BYTES = 32 << 20;
const NO_BYTES = new Uint8Array(0);
const TEMPORARY_END = '.tmp';

/** A file that is being written and is not in place yet. Ends with a `commit` that works, or with `discard`. */
export class AtomicFile {
  /** Absolute path that the file will have. */
  readonly target: string;
  /** Where the bytes are until the commit. */
  readonly temporaryPath: string;
  readonly #handle: FileHandle;
  readonly #isOverwriting: boolean;
  #sizeBytes = 0;
  #writtenBytes = 0;
  #blocks = new BlockFiller(new Uint8Array(FIRST_BLOCK_BYTES), (full) => this.#writeBlock(full));
  /** The block that is being written: the one that is filled after the next. */
  #written: Uint8Array | null = null;
  #writing: Promise<void> = Promise.resolve();
  #syncing: Promise<void> | null = null;
  #unsyncedBytes = 0;
  #isOpen = true;
  /** Once no more is to come. */
  #ended: Promise<void> | null = null;
  #finished: Promise<void> | null = null;

  private constructor(
    handle: FileHandle,
    paths: {target: string; temporaryPath: string},
    overwrite: boolean,
  ) {
    this.#handle = handle;
    this.target = paths.target;
    this.temporaryPath = paths.temporaryPath;
    this.#isOverwriting = overwrite;
  }

  /**
   * Starts a file, with its folder if there is none, and removes what a process that died left of the same target. The
   * temporary file is made anew under a name that cannot be guessed, so a link planted there is never followed; a link in place
   * of the target is refused.
   *
   * @throws GembatchError STORAGE.
   */
  static async open(
    target: string,
    {overwrite = false, mode = PRIVATE_MODE, besides}: AtomicFileOptions = {},
  ): Promise<AtomicFile> {
    const path = resolve(target);
    return orStorage(`write ${path}`, async () => {
      await makeFolder(dirname(path));
      const isThere = (await kindOfTarget(path)) === 'file';
      const prefix = join(dirname(path), `.gembatch-${hashOf(basename(path))}.`);
      await removeLeftOvers(prefix, besides ?? (await readdir(dirname(path))));
      const temporaryPath = `${prefix}${newOwnerId()}${TEMPORARY_END}`;
      // What takes the place of a file is not for more people than that was.
      const limit = overwrite && isThere ? (await lstat(path)).mode & ALL_PERMISSIONS : ALL_PERMISSIONS;
      const handle = await open(temporaryPath, 'wx', mode & limit);
      return new AtomicFile(handle, {target: path, temporaryPath}, overwrite);
    });
  }

  /** Bytes appended so far. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Bytes that can be read from the temporary file by now. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  /**
   * Adds bytes at the end; text as UTF-8. One call at a time; the chunk may be reused afterwards. Some of the bytes are
   * written later, by the next calls or the commit, which then throw what went wrong with them.
   *
   * @throws GembatchError STORAGE.
   */
  async append(chunk: string | Uint8Array): Promise<void> {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    await this.#blocks.add(bytes);
    this.#sizeBytes += bytes.length;
  }

  /**
   * Puts the file in place. On return its bytes and its name are durable.
   *
   * @param target - another path than the one that it was opened for, in the same folder.
   * @throws GembatchError STORAGE when it cannot be written, or something else is at the target that may not be replaced:
   *   then it is a `takenName`, and another commit may take another path. What was at the target is still there; or it is
   *   this file, and only its name may not be durable. The temporary file waits for the next commit, or for `discard`.
   */
  async commit(target = this.target): Promise<CommitOutcome> {
    await this.finish();
    return orStorage(`write ${target}`, async () => {
      const outcome = await this.#outcome(target);
      if (outcome === 'unchanged') await unlink(this.temporaryPath);
      else if (outcome === 'replaced') await rename(this.temporaryPath, target);
      else await this.#putWhereNothingIs(target);
      await syncFolder(dirname(target));
      return outcome;
    });
  }

  /**
   * Ends the file before its commit: its bytes are durable and it is closed, so that many can wait to be put in place
   * together. Nothing can be appended afterwards.
   *
   * @throws GembatchError STORAGE.
   */
  async finish(): Promise<void> {
    this.#finished ??= this.#makeDurable();
    await this.#finished;
  }

  /**
   * Writes what is left, so that all of it can be read from the temporary file while `finish` waits for the disk. Nothing
   * can be appended afterwards.
   *
   * @throws GembatchError STORAGE.
   */
  async endWriting(): Promise<void> {
    this.#ended ??= this.#writeRest();
    await this.#ended;
  }

  /**
   * Takes the content of another file, as a second name of it, or as a copy where the file system has no such names. Nothing
   * may have been appended. On return the bytes are durable.
   *
   * @throws GembatchError STORAGE.
   */
  async fillFrom(path: string): Promise<void> {
    await orStorage(`write ${this.temporaryPath}`, async () => {
      await this.#close();
      await unlink(this.temporaryPath);
      try {
        await link(path, this.temporaryPath);
      } catch {
        await copyFile(path, this.temporaryPath, constants.COPYFILE_EXCL);
        await syncFile(this.temporaryPath);
      }
      this.#finished = Promise.resolve();
    });
  }

  /**
   * Looks at what stands under a name, for `placeAt`, once the file is finished. One that a dead process has reserved is free.
   *
   * @throws GembatchError STORAGE.
   */
  async lookAt(path: string): Promise<FileAtName> {
    return orStorage(`look at ${path}`, async () => {
      await clearReservation(path);
      const stamp = fileStamp(path);
      const isSame = stamp !== null && (await lstat(path)).isFile() && (await this.#isThereAlready(path));
      return {stamp, isSame};
    });
  }

  /**
   * Puts the finished file in place at once, for whoever holds the lock under which records say what a name stands for. It
   * takes the place of what was there when it was looked at. On return its name is durable.
   *
   * @returns false when something else is there by now, which is untouched.
   * @throws GembatchError STORAGE.
   */
  placeAt(path: string, {stamp, isSame}: FileAtName): boolean {
    return isSame ? fileStamp(path) === stamp : placeFile(this.temporaryPath, path, stamp);
  }

  /** Gives the file up and removes what was written of it. Does nothing after a commit that worked. */
  async discard(): Promise<void> {
    await this.#close();
    await orStorage(`remove ${this.temporaryPath}`, () => removeIfThere(this.temporaryPath));
  }

  async #writeRest(): Promise<void> {
    await this.#writing;
    await this.#write(this.#blocks.rest);
    // Hundreds of files may wait for their commit: none keeps its blocks.
    this.#blocks = new BlockFiller(NO_BYTES, async () => NO_BYTES);
    this.#written = null;
  }

  async #makeDurable(): Promise<void> {
    await this.endWriting();
    await orStorage(`write ${this.temporaryPath}`, async () => {
      await this.#syncing;
      await this.#handle.sync();
      await this.#close();
    });
  }

  /** Begins to write a block, once the one before it is written, whose memory is free then. */
  async #writeBlock(full: Uint8Array): Promise<Uint8Array> {
    await this.#writing;
    this.#writing = this.#write(full);
    // Its waiters see the failure; there may be none when it comes.
    this.#writing.catch(() => undefined);
    const free = this.#written?.length === BLOCK_BYTES ? this.#written : new Uint8Array(BLOCK_BYTES);
    this.#written = full;
    return free;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    await orStorage(`write ${this.temporaryPath}`, async () => {
      for (let rest = bytes; rest.length > 0;) {
        const {bytesWritten} = await this.#handle.write(rest);
        rest = rest.subarray(bytesWritten);
      }
    });
    this.#writtenBytes += bytes.length;
    this.#unsyncedBytes += bytes.length;
    if (this.#unsyncedBytes >= SYNC_BYTES) await this.#startSync();
  }

  /**
   * Has the disk begin with what is written so far. It may be two such stretches behind, and no more: a disk that is slower
   * than the network would leave gigabytes to the commit.
   */
  async #startSync(): Promise<void> {
    await this.#syncing;
    this.#unsyncedBytes = 0;
    this.#syncing = orStorage(`write ${this.temporaryPath}`, () => this.#handle.datasync());
    this.#syncing.catch(() => undefined);
  }

  async #outcome(target: string): Promise<CommitOutcome> {
    await clearReservation(target);
    if ((await kindOfTarget(target)) === 'missing') return 'created';
    if (await this.#isThereAlready(target)) return 'unchanged';
    if (this.#isOverwriting) return 'replaced';
    throw differs(target);
  }

  async #isThereAlready(target: string): Promise<boolean> {
    try {
      return await haveSameBytes(this.temporaryPath, target);
    } catch (error) {
      // What is not ours to read is another file. It is not replaced either.
      if (this.#isOverwriting || !['EACCES', 'EPERM'].includes(systemCode(error))) throw error;
      return false;
    }
  }

  /** A hard link fails where a rename would silently replace what another process put there meanwhile. */
  async #putWhereNothingIs(target: string): Promise<void> {
    try {
      await link(this.temporaryPath, target);
    } catch (error) {
      if (systemCode(error) === 'EEXIST') return this.#joinWhoWasFaster(target);
      return this.#putWithoutLinks(target);
    }
    await unlink(this.temporaryPath);
  }

  async #putWithoutLinks(target: string): Promise<void> {
    try {
      await reserveName(target);
    } catch (error) {
      if (systemCode(error) === 'EEXIST') return this.#joinWhoWasFaster(target);
      throw error;
    }
    try {
      await rename(this.temporaryPath, target);
    } catch (error) {
      await removeIfThere(target);
      throw error;
    }
  }

  /** Another process has put a file there since we looked: the same one, as two that fetch one result do, or another. */
  async #joinWhoWasFaster(target: string): Promise<void> {
    await clearReservation(target);
    if (!(await this.#isThereAlready(target))) throw differs(target);
    await unlink(this.temporaryPath);
  }

  async #close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await Promise.allSettled([this.#writing, this.#syncing]);
    await this.#handle.close();
  }
}

async function orStorage<T>(doing: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw storageError(doing, error);
  }
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Names the target in the name of its temporary file, however long it is. */
function hashOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 12);
}

/** A temporary file of a result may take gigabytes, and is of no use when its process is dead. */
async function removeLeftOvers(prefix: string, names: readonly string[]): Promise<void> {
  const start = basename(prefix);
  for (const name of names) {
    if (!name.startsWith(start) || !name.endsWith(TEMPORARY_END)) continue;
    const owner = parseOwnerId(name.slice(start.length, -TEMPORARY_END.length));
    const path = join(dirname(prefix), name);
    const stats = owner && (await stat(path).catch(() => null)); // Another process may remove it just now.
    if (owner && stats && isStale(owner, stats.mtimeMs)) await removeIfThere(path);
  }
}

async function removeIfThere(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error;
  });
}

/** @throws GembatchError STORAGE, a `takenName`, when something else than a regular file is in the place of the target. */
async function kindOfTarget(path: string): Promise<'file' | 'missing'> {
  try {
    if ((await lstat(path)).isFile()) return 'file';
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 'missing';
    throw error;
  }
  throw takenName(`Cannot write ${path}: a link or something else than a file is there.`, 'it');
}

function differs(path: string): GembatchError {
  return takenName(`Cannot write ${path}: a file with other content is there. It is untouched.`, 'that file');
}
