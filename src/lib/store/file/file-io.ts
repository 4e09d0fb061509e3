import {
  closeSync,
  constants,
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
import {GembatchError} from '../../domain/errors.js';
import {fieldOf} from '../../domain/json/json-object.js';

/**
 * Every file operation of the store on its own files but the making of locks, one method each, so that a test can fail or kill at
 * operation n. All are synchronous: no signal handler can run in the middle of a commit, and nothing of ours is still in the kernel
 * when a lock is released.
 */
export interface FileIo {
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
  rename(from: string, to: string): void;
  unlink(path: string): void;
  list(folder: string): string[];
}

/**
 * Everything that is opened here is ours, under its real path: a link or a pipe there was planted. Windows
 * has neither flag; undefined counts as 0.
 */
const OWN = constants.O_NOFOLLOW | constants.O_NONBLOCK;

const FLAGS = {
  r: constants.O_RDONLY | OWN,
  'r+': constants.O_RDWR | OWN,
  a: constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | OWN,
  wx: constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL,
};

/** @throws GembatchError STORAGE when a link, a pipe or a device is in the place of the file. */
function openOwn(path: string, flags: number, mode?: number): number {
  let descriptor: number;
  try {
    descriptor = openSync(path, flags, mode);
  } catch (error) {
    const code = fieldOf(error, 'code');
    // A pipe without a reader cannot be opened for writing.
    throw code === 'ELOOP' || code === 'ENXIO' ? notOurs(path) : error;
  }
  const stats = fstatSync(descriptor);
  if (stats.isFile() || stats.isDirectory()) return descriptor;
  closeSync(descriptor);
  throw notOurs(path);
}

function notOurs(path: string): GembatchError {
  return new GembatchError(
    'STORAGE',
    `${path} is a link, a pipe or a device, and gembatch makes none of these. Nothing was read from it or written through it.`,
    {suggestions: [`Look at what it is, and remove it: ls -l ${path}`]},
  );
}

/** The file system of this machine. */
export const nodeFiles: FileIo = {
  isWindows: process.platform === 'win32',
  open: (path, flags, mode) => openOwn(path, FLAGS[flags], mode),
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
  rename: renameSync,
  unlink: unlinkSync,
  list: (folder) => readdirSync(folder),
};
