import {basename} from 'node:path';
import {orStorageError, removeSideFile} from './file-steps.js';
import {isStale} from '../lock/liveness.js';
import {LockContender} from '../lock/lock-contender.js';
import type {LockContext} from '../lock/lock-contender.js';
import {parseOwnerId} from '../lock/owner-id.js';
import type {OwnerId} from '../lock/owner-id.js';
import type {StoreIo} from './store-io.js';
import type {StorePaths} from './store-paths.js';
import {staleFileOf} from './store-paths.js';

/** The commit lock, and the locks under which dead locks are broken; what follows the job-info file's name in theirs. */
const SIDE_LOCK = /^(\.tmp|\.lock\.break)(\.break)*$/;

/**
 * Removes what processes that died left beside the job-info file. The caller holds the session lock.
 *
 * @throws GembatchError STORAGE when the folder cannot be listed.
 */
export function removeStaleFiles(paths: StorePaths, context: LockContext): void {
  const prefix = basename(paths.file);
  const names = orStorageError(`list ${paths.folder}`, () => context.io.list(paths.folder)).filter((name) =>
    name.startsWith(`${prefix}.`),
  );
  for (const name of names) {
    if (SIDE_LOCK.test(name.slice(prefix.length))) removeDeadLock(`${paths.folder}/${name}`, context);
  }
  for (const name of names) removeDeadFile(name, paths, context);
}

/** Takes the lock and gives it back, which breaks a dead one; that of a living process stays. */
function removeDeadLock(path: string, context: LockContext): void {
  try {
    new LockContender(path, context).tryWithSecondLook()?.release();
  } catch {
    // It does no harm if it stays: the next process that wants it breaks it.
  }
}

/**
 * Removes a temporary file or a claim file. The claim file of a dead process stays while the lock that it speaks of
 * bears no name: it is all that tells whose lock that is.
 */
function removeDeadFile(name: string, paths: StorePaths, context: LockContext): void {
  const stale = staleFileOf(name.slice(basename(paths.file).length));
  const owner = stale && parseOwnerId(stale.ownerId);
  if (!stale || !owner || !isStaleAt(`${paths.folder}/${name}`, owner, context.io)) return;
  const {lockSuffix} = stale;
  const isNeeded = lockSuffix !== null && new LockContender(paths.file + lockSuffix, context).isNameless();
  if (!isNeeded) removeSideFile(context.io, `${paths.folder}/${name}`);
}

function isStaleAt(path: string, owner: OwnerId, io: StoreIo): boolean {
  try {
    return isStale(owner, Number(io.stat(path).mtimeMs));
  } catch {
    return false; // Gone meanwhile, or not to be looked at; the next session tries again.
  }
}
