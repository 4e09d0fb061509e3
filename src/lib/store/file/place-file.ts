/** Puts files in place in one synchronous step, for whoever holds the lock under which records say what a name stands for. */
import {linkSync, lstatSync, renameSync, unlinkSync} from 'node:fs';
import {dirname} from 'node:path';
import {syncFolderNow} from './durable-folder.js';
import {orStorageError, systemCode} from './file-steps.js';
import {reserveNameNow} from './reserved-name.js';

/** Tells a file from any other that takes its name, and from itself once it is changed; null where nothing is. */
export function fileStamp(path: string): string | null {
  const stats = lstatSync(path, {bigint: true, throwIfNoEntry: false});
  return stats === undefined ? null : `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}`;
}

/**
 * Gives a file that is whole and durable its name. On return the name is durable.
 *
 * @param expected - `fileStamp` of the target when it was decided that the file may stand there: it takes the place of that
 *   file, or of nothing.
 * @returns false when something else stands there by now; it is untouched.
 * @throws GembatchError `STORAGE`
 */
export function placeFile(from: string, target: string, expected: string | null): boolean {
  return orStorageError(`write ${target}`, () => {
    if (fileStamp(target) !== expected) return false;
    if (expected !== null) renameSync(from, target);
    else if (!putWhereNothingIs(from, target)) return false;
    syncFolderNow(dirname(target));
    return true;
  });
}

function putWhereNothingIs(from: string, target: string): boolean {
  try {
    linkSync(from, target);
    unlinkSync(from);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
  }
  try {
    reserveNameNow(target);
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
  try {
    renameSync(from, target);
    return true;
  } catch (error) {
    unlinkSync(target);
    throw error;
  }
}
