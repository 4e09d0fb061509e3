import {lstatSync, readlinkSync, realpathSync, statSync} from 'node:fs';
import {basename, dirname, isAbsolute, join, relative, resolve, sep} from 'node:path';
import {GembatchError} from '../../domain/errors.js';
import {isCloudAddress} from '../../domain/bucket/bucket-input.js';
import {orStorageError, storageError, systemCode} from './file-steps.js';
import {parseOwnerId} from '../lock/owner-id.js';

/** As many links as Linux follows before it gives up (`MAXSYMLINKS`). */
const MAX_LINKS = 40;

/** The job-info file and the names beside it, all from its real path, so that they are in one folder. */
export class StorePaths {
  readonly file: string;
  readonly folder: string;
  readonly sessionLock: string;
  readonly commitLock: string;
  readonly journal: string;

  /**
   * @param path - need not exist yet; its folder must. It may be a symbolic link to a job-info file that exists.
   * @throws GembatchError STORAGE when there is no such folder, or something else than a file stands there.
   */
  constructor(path: string) {
    this.file = orStorageError(`use ${path} as the job-info file`, () => realFilePath(resolve(path)));
    this.folder = dirname(this.file);
    this.sessionLock = `${this.file}.lock`;
    // The very lock of the Python tool (`7shi/gemini-batch`, `gembatch/batch_info.py`), so that neither commits beside the other.
    this.commitLock = `${this.file}.tmp`;
    this.journal = `${this.file}.journal`;
  }

  /** A new name beside the file for its next content. */
  temporary(ownerId: string): string {
    return `${this.file}.${ownerId}.tmp`;
  }

  /** The name of an input in a record: the same for every spelling of one path, existing or not. An address stays as it is. */
  inputName(file: string): string {
    if (isCloudAddress(file)) return file;
    const real = nearestRealPath(resolve(file));
    const inside = relative(this.folder, real);
    const isOutside = inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside);
    return (isOutside ? real : inside).split(sep).join('/');
  }

  /** The absolute path of the input of a record. An address stays as it is. */
  resolveInput(inputFile: string): string {
    return isCloudAddress(inputFile) ? inputFile : resolve(this.folder, inputFile);
  }

  /** Whether this is the job-info file, under whatever name, or one of the files beside it that are ours. */
  isOwnFile(file: string): boolean {
    if (isCloudAddress(file)) return false;
    const real = nearestRealPath(resolve(file));
    return real === this.file || this.#isSideFile(real) || isSameFile(real, this.file);
  }

  #isSideFile(real: string): boolean {
    if (!real.startsWith(`${this.file}.`)) return false;
    const suffix = real.slice(this.file.length);
    return /^(\.journal|(\.tmp|\.lock)(\.break)*)$/.test(suffix) || staleFileOf(suffix) !== null;
  }
}

/** A file that is useless once its owner is dead. */
export interface StaleFile {
  readonly ownerId: string;
  /** For a claim file: what follows the job-info file's name in the name of its lock; null for a temporary file. */
  readonly lockSuffix: string | null;
}

/** Reads what follows the job-info file's name in the name of a side file; null when it is no temporary or claim file of ours. */
export function staleFileOf(suffix: string): StaleFile | null {
  const [, lockSuffix, ownerId, temporary] =
    /^((?:\.tmp|\.lock)(?:\.break)*)?\.([0-9a-f-]+)(\.tmp)?$/.exec(suffix) ?? [];
  if (ownerId === undefined || parseOwnerId(ownerId) === null) return null;
  const isClaimFile = lockSuffix !== undefined;
  if (isClaimFile === (temporary !== undefined)) return null;
  return {ownerId, lockSuffix: lockSuffix ?? null};
}

/**
 * The real path of a file that may not exist. A link leads to a job-info file that is there: in a checkout from somebody else
 * it could lead anywhere, and a record that is written there could be a line of a shell's start file.
 */
function realFilePath(path: string, links = 0): string {
  const place = join(realFolder(dirname(path)), basename(path));
  const kind = kindOf(place);
  if (kind === 'link' && links < MAX_LINKS) {
    return realFilePath(resolve(dirname(place), readlinkSync(place)), links + 1);
  }
  if (kind === 'folder') throw isFolder(place);
  if (kind === 'other' || kind === 'link') throw notAFile(path);
  if (links > 0 && (kind === 'missing' || statSync(place).size === 0)) throw notAJobInfoFile(place);
  // The native call also gives the spelling that the file system keeps, where it ignores case.
  return kind === 'file' ? realpathSync.native(place) : place;
}

function realFolder(folder: string): string {
  try {
    return realpathSync.native(folder);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    throw new GembatchError('STORAGE', `The folder ${folder} does not exist. Create it first.`, {
      cause: error,
      suggestions: [`mkdir -p ${folder}`],
    });
  }
}

function kindOf(path: string): 'file' | 'folder' | 'link' | 'other' | 'missing' {
  try {
    const stats = lstatSync(path);
    if (stats.isSymbolicLink()) return 'link';
    if (stats.isDirectory()) return 'folder';
    return stats.isFile() ? 'file' : 'other';
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 'missing';
    throw error;
  }
}

function isFolder(place: string): GembatchError {
  return new GembatchError('STORAGE', `${place} is a folder, not a job-info file, so nothing was done.`, {
    suggestions: [
      'Name a file, which is made when it does not exist: --job-info FILE',
      'Or move the folder away, and run the same command again.',
    ],
  });
}

function notAFile(path: string): GembatchError {
  return new GembatchError(
    'STORAGE',
    `Cannot use ${path} as the job-info file: it is not a regular file, so nothing was done.`,
    {
      suggestions: ['Name a file, which is made when it does not exist: --job-info FILE'],
    },
  );
}

function notAJobInfoFile(place: string): GembatchError {
  return new GembatchError(
    'STORAGE',
    `The job-info file is a link to ${place}, which is no job-info file. Nothing was written there.`,
    {suggestions: [`If that is what you want, name the file itself: --job-info ${place}`]},
  );
}

/** The real path; where the last parts do not exist, the real path of what does, and those parts as they are. */
function nearestRealPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch (error) {
    const parent = dirname(path);
    if (parent === path) return path;
    if (!['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP'].includes(systemCode(error))) {
      throw storageError(`find ${path}`, error);
    }
    return join(nearestRealPath(parent), basename(path));
  }
}

function isSameFile(path: string, other: string): boolean {
  const [one, two] = [identity(path), identity(other)];
  return one !== null && one === two;
}

function identity(path: string): string | null {
  try {
    const {dev, ino} = statSync(path, {bigint: true});
    return `${dev} ${ino}`;
  } catch {
    return null; // What cannot be looked at is not the file that we read.
  }
}
