import {basename} from 'node:path';
import {orStorageError, removeLitter} from './file-steps.js';
import {livenessOf} from './liveness.js';
import {LockContender} from './lock-contender.js';
import type {LockContext} from './lock-contender.js';
import {parseOwnerId} from './owner-id.js';
import type {StorePaths} from './store-paths.js';
import {litterOf} from './store-paths.js';

/**
 * Removes temporary files and announcements of processes that died. The announcement of a dead process stays while the
 * lock that it speaks of bears no name: it is all that tells whose lock that is.
 */
export function sweepLitter(paths: StorePaths, context: LockContext): void {
  const prefix = basename(paths.file);
  const names = orStorageError(`list ${paths.folder}`, () => context.io.list(paths.folder));
  for (const name of names) {
    const litter = name.startsWith(`${prefix}.`) ? litterOf(name.slice(prefix.length)) : null;
    const owner = litter && parseOwnerId(litter.ownerId);
    if (!litter || !owner || livenessOf(owner) !== 'dead') continue;
    const {lockSuffix} = litter;
    const isNeeded = lockSuffix !== null && new LockContender(paths.file + lockSuffix, context).isNameless();
    if (!isNeeded) removeLitter(context.io, `${paths.folder}/${name}`);
  }
}
