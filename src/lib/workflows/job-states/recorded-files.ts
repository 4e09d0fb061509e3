import {statSync, type BigIntStats} from 'node:fs';
import {GembatchError} from '../../domain/errors.js';
import {isCloudAddress} from '../../domain/bucket/bucket-input.js';
import type {JobStore} from '../../store/job-store.js';

/**
 * Keeps a person from writing over what records rest on, under whatever name it goes.
 *
 * @throws GembatchError `USAGE` when the path leads to a request file, a result file, or the job-info file and what is beside it.
 */
export function refuseRecordedFile(store: JobStore, path: string): void {
  if (store.isOwnFile(path)) throw isNeeded(path, 'a file that gembatch keeps its records in');
  const target = look(path);
  if (target === undefined) return;
  store.readEach(({input_file: input, results}) => {
    if (!isCloudAddress(input) && isSame(target, store.resolveInput(input)))
      throw isNeeded(path, 'a request file');
    if (results !== undefined && isSame(target, store.resolveInput(results.file)))
      throw isNeeded(path, `the results of ${input}`);
  });
}

function look(path: string): BigIntStats | undefined {
  try {
    return statSync(path, {bigint: true, throwIfNoEntry: false});
  } catch {
    return undefined; // What cannot be looked at cannot be replaced either.
  }
}

function isSame({dev, ino}: BigIntStats, path: string): boolean {
  const other = look(path);
  return other?.dev === dev && other.ino === ino;
}

function isNeeded(path: string, what: string): GembatchError {
  return new GembatchError('USAGE', `${path} is ${what}. It is untouched.`, {
    suggestions: ['Name another file for what is to be written.'],
  });
}
