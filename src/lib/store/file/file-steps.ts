import {backoffMs} from '../../domain/backoff.js';
import {dirname} from 'node:path';
import {types} from 'node:util';
import {GembatchError} from '../../domain/errors.js';
import type {FileIo} from './file-io.js';

// Errors of the system come from another realm than ours under some test runners, where `instanceof` is false.
const {isNativeError} = types;

/** How long a file that another program has open is tried again on Windows; scanners let go within seconds. */
const BUSY_LIMIT_MS = 10_000;
const BUSY_PAUSES = {firstMs: 10, longestMs: 500};

/** The system's error code, such as `ENOENT`; an empty text when there is none. */
export function systemCode(error: unknown): string {
  return isNativeError(error) && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Whether Windows said that another program has the file open, or that its deletion is not finished. */
export function isBusyOnWindows(io: FileIo, error: unknown): boolean {
  return io.isWindows && ['EPERM', 'EACCES', 'EBUSY'].includes(systemCode(error));
}

/**
 * Runs a file operation and says in the words of the user what did not work.
 *
 * @param doing - the operation in the infinitive and its path: `write /data/job-info.jsonl`.
 * @throws GembatchError STORAGE for every error that is not a GembatchError already.
 */
export function orStorageError<T>(doing: string, operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    throw storageError(doing, error);
  }
}

/** A STORAGE error for what could not be done; a GembatchError stays what it is. */
export function storageError(doing: string, cause: unknown): GembatchError {
  if (cause instanceof GembatchError) return cause;
  const reason = isNativeError(cause) ? cause.message : String(cause);
  return new GembatchError('STORAGE', `Cannot ${doing}: ${reason}.`, {
    cause,
    details: {system_code: systemCode(cause)},
    ...remedyOf(systemCode(cause)),
  });
}

/** What helps where neither room nor permissions are missing. */
function remedyOf(code: string): {readonly suggestions?: readonly string[]} {
  if (code === 'EISDIR')
    return {
      suggestions: ['A folder is in the place of that file: move it away, then run the same command again.'],
    };
  if (code === 'ENOTDIR')
    return {
      suggestions: ['A part of that path is a file, not a folder: name another path, or move it away.'],
    };
  return {};
}

/** The whole file, or null when there is none. Any other error is thrown: an unreadable file is never an empty one. */
export function readIfThere(io: FileIo, path: string): Buffer | null {
  return readingIfThere(io, path, (descriptor) => io.read(descriptor));
}

/** Runs `work` on a file open for reading; null when there is none. */
export function readingIfThere<T>(io: FileIo, path: string, work: (descriptor: number) => T): T | null {
  let descriptor: number;
  try {
    descriptor = retryWhileBusy(io, () => io.open(path, 'r'));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
  return closing(io, descriptor, () => work(descriptor));
}

/** Writes every byte, however few the system takes at a time. */
export function writeAll(io: FileIo, descriptor: number, bytes: Uint8Array): void {
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(io.write(descriptor, rest));
}

/** Runs `work` on an open file and closes it, whatever happens. */
export function closing<T>(io: FileIo, descriptor: number, work: () => T): T {
  try {
    return work();
  } finally {
    io.close(descriptor);
  }
}

/** Makes the names in the folder of `path` durable. Windows has no such call and does not need it. */
export function syncFolderOf(io: FileIo, path: string): void {
  if (io.isWindows) return;
  const descriptor = io.open(dirname(path), 'r');
  closing(io, descriptor, () => {
    io.fsync(descriptor);
  });
}

/** Removes a file; one that is not there is fine. */
export function removeIfThere(io: FileIo, path: string): void {
  try {
    retryWhileBusy(io, () => {
      io.unlink(path);
    });
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}

/**
 * Removes a file that does no harm if it stays: it bears the name of its owner, and the next session removes it once the
 * owner is gone. So an error is not worth stopping for.
 */
export function removeSideFile(io: FileIo, path: string): void {
  try {
    io.unlink(path);
  } catch {
    // See above.
  }
}

/** Repeats an operation that Windows refuses while another program has the file open. */
export function retryWhileBusy<T>(io: FileIo, operation: () => T): T {
  for (let waitedMs = 0, pauses = 0; ; pauses += 1) {
    try {
      return operation();
    } catch (error) {
      if (!isBusyOnWindows(io, error) || waitedMs >= BUSY_LIMIT_MS) throw error;
      const pauseMs = backoffMs(BUSY_PAUSES, pauses);
      pauseThread(pauseMs);
      waitedMs += pauseMs;
    }
  }
}

/** Stops the whole thread. Only for waits of milliseconds in places that must not give way to other work. */
export function pauseThread(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
