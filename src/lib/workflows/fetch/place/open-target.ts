import {lstat} from 'node:fs/promises';
import {GembatchError} from '../../../domain/errors.js';
import type {JobRecord} from '../../../domain/job/job-record.js';
import type {AtomicFile} from '../../../store/file/atomic-file.js';
import {lookAtResults} from '../../job-states/result-files.js';
import type {FetchDeps, FetchOptions} from '../fetch-options.js';
import {refuseForeignTarget} from './foreign-target.js';
import {isAmong, placesOf, refuseLinks, resultTargets} from './result-target.js';

/**
 * Starts the file for the results of a job.
 *
 * @throws GembatchError `STORAGE`
 */
export async function openTarget(
  {store, createFile, limiters}: FetchDeps,
  record: JobRecord,
  {resultsDir}: Pick<FetchOptions, 'resultsDir'>,
): Promise<{readonly file: AtomicFile; readonly isOwn: boolean}> {
  const rules = {store, records: limiters.byName, resultsDir};
  const {root, paths} = resultTargets(record, rules);
  const own = await ownResults(store, record);
  const {plain, earlier} = placesOf(record, rules);
  const isOwn = own !== undefined && isAmong(own, [...plain, ...earlier]) && (await isFileOrFree(own));
  const kinds = await Promise.all(paths.map((path) => isFileOrFree(path)));
  const target = isOwn ? own : paths.find((_, index) => kinds[index]);
  if (target === undefined) {
    throw new GembatchError('STORAGE', `There is no place for the results of ${record.input_file}.`, {
      suggestions: ['Name another folder for the results: --results-dir FOLDER'],
    });
  }
  await refuseForeignTarget(record, target, {store, resultsDir});
  await refuseLinks(root, target);
  return {file: await createFile(target, {overwrite: isOwn}), isOwn};
}

/** The file with the results that were fetched before, if it is as it was then: what is fetched anew takes its place. */
async function ownResults(store: FetchDeps['store'], record: JobRecord): Promise<string | undefined> {
  if (record.results === undefined) return undefined;
  const looks = await lookAtResults(store, [record], {isThorough: true, stop: new AbortController().signal});
  const isIntact = looks.get(record.batch.name)?.state === 'intact';
  return isIntact ? store.resolveInput(record.results.file) : undefined;
}

/** Whether a file can be put there, in the place of another or of none. */
export async function isFileOrFree(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isFile();
  } catch {
    return true; // What cannot be looked at cannot be written either, which writing will say.
  }
}
