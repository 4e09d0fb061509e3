import {releaseAtExit} from './bare-lock.js';
import {closing, orStorageError, readIfThere, removeIfThere, systemCode} from '../file/file-steps.js';
import {parseOwnerLine} from './owner-line.js';
import type {StoreIo} from '../file/store-io.js';

/** A sign of life often enough that other hosts, who wait 90 s, can miss many. */
const BEAT_MS = 5_000;

/** Locks of this process whose file could not be removed; only this process can know that they are not in use. */
const leftOver = new Map<string, HeldLock>();

/** A lock that this process made. Whether it is still ours is asked of the disk each time it matters. */
export class HeldLock {
  readonly #io: StoreIo;
  readonly #path: string;
  readonly #id: string;
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(io: StoreIo, path: string, id: string) {
    this.#io = io;
    this.#path = path;
    this.#id = id;
    releaseAtExit(path, () => {
      this.#releaseAtExit();
    });
  }

  /** The id in the lock file. */
  get id(): string {
    return this.#id;
  }

  /**
   * Whether the lock file still bears our id. False once another process presumed us dead, or it was deleted.
   *
   * @throws GembatchError STORAGE when it cannot be read.
   */
  isOurs(): boolean {
    const bytes = orStorageError(`read the lock ${this.#path}`, () => readIfThere(this.#io, this.#path));
    return bytes !== null && parseOwnerLine(bytes)?.id === this.#id;
  }

  /** Gives signs of life until the release, for waiting processes of other hosts. Does not keep the process running. */
  startHeartbeat(): void {
    this.#heartbeat = setInterval(() => {
      this.#beat();
    }, BEAT_MS).unref();
  }

  /**
   * Gives the lock back. A lock that is not ours any more is left alone.
   *
   * @throws GembatchError STORAGE when the file cannot be removed; the next try at this lock removes it.
   */
  release(): void {
    clearInterval(this.#heartbeat);
    leftOver.set(this.#path, this);
    orStorageError(`remove the lock ${this.#path}`, () => {
      if (this.isOurs()) removeIfThere(this.#io, this.#path);
    });
    leftOver.delete(this.#path);
    releaseAtExit(this.#path, null);
  }

  /** Checks and touches through one descriptor, so that the file of another owner is never touched. */
  #beat(): void {
    try {
      const descriptor = this.#io.open(this.#path, 'r+');
      closing(this.#io, descriptor, () => {
        if (parseOwnerLine(this.#io.read(descriptor))?.id === this.#id) this.#io.touch(descriptor);
      });
    } catch (error) {
      // A lock that is gone is reported by the check before the next write; any other error only skips one heartbeat.
      if (systemCode(error) === 'ENOENT') clearInterval(this.#heartbeat);
    }
  }

  #releaseAtExit(): void {
    try {
      this.release();
    } catch {
      // The process ends here, and a lock whose owner is dead is removed by the next one that wants it.
    }
  }
}

/** Removes the lock file at `path` that this process gave back in vain before, if there is one. */
export function releaseLeftOver(path: string): void {
  leftOver.get(path)?.release();
}
