import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  futimesSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import type {BigIntStats} from 'node:fs';
import {lockSync} from '../lock/bare-lock.js';

/**
 * Every file operation of the store on its own files, one method each, so that a test can fail or kill at operation n.
 * All are synchronous: no signal handler can run in the middle of a commit, and nothing of ours is still in the kernel
 * when a lock is released.
 */
export interface StoreIo {
  /** Whether files that a scanner has open refuse to be renamed for a while, and folders cannot be synced. */
  readonly isWindows: boolean;
  open(path: string, flags: 'r' | 'r+' | 'a' | 'wx', mode?: number): number;
  /** The bytes of a file just opened, from its start to its end. */
  read(descriptor: number): Buffer;
  /** Reads once, on from where the last read ended, and returns how many bytes came; 0 at the end. */
  readInto(descriptor: number, buffer: Uint8Array): number;
  /** Writes once and returns how many bytes were taken, which may be fewer than given. */
  write(descriptor: number, bytes: Uint8Array): number;
  fsync(descriptor: number): void;
  close(descriptor: number): void;
  fstat(descriptor: number): BigIntStats;
  chmod(descriptor: number, mode: number): void;
  chown(descriptor: number, uid: number, gid: number): void;
  /** Sets the file's times to now. */
  touch(descriptor: number): void;
  stat(path: string): BigIntStats;
  /** Creates an empty lock file; throws `EEXIST` when there is one. */
  lock(path: string): void;
  rename(from: string, to: string): void;
  unlink(path: string): void;
  list(folder: string): string[];
}

/** The file system of this machine. */
export const nodeIo: StoreIo = {
  isWindows: process.platform === 'win32',
  open: (path, flags, mode) => openSync(path, flags, mode),
  read: (descriptor) => readFileSync(descriptor),
  readInto: (descriptor, buffer) => readSync(descriptor, buffer),
  write: (descriptor, bytes) => writeSync(descriptor, bytes),
  fsync: fsyncSync,
  close: closeSync,
  fstat: (descriptor) => fstatSync(descriptor, {bigint: true}),
  chmod: fchmodSync,
  chown: fchownSync,
  touch(descriptor) {
    const now = new Date();
    futimesSync(descriptor, now, now);
  },
  stat: (path) => statSync(path, {bigint: true}),
  lock: lockSync,
  rename: renameSync,
  unlink: unlinkSync,
  list: (folder) => readdirSync(folder),
};
