import {GembatchError} from '../../domain/errors.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import {ownCommand} from '../../domain/program-name.js';
import type {JobStore} from '../../store/job-store.js';

/**
 * Of records that a command has read and worked with, those that are not in the job-info file any more; by batch name.
 *
 * @throws GembatchError STORAGE when it cannot be read.
 */
export function vanishedRecords(
  store: JobStore,
  records: readonly JobRecord[],
): ReadonlyMap<string, GembatchError> {
  if (records.length === 0) return new Map();
  const there = new Set(store.read().records.map(({record}) => record.batch.name));
  const vanished = records.filter(({batch}) => !there.has(batch.name));
  return new Map(
    vanished.map(({batch: {name}, input_file: file}) => [name, vanishedError(store, {name, file})] as const),
  );
}

/** The job may go on at the service all the same. */
export function vanishedError(
  {path}: Pick<JobStore, 'path'>,
  {name, file}: {readonly name: string; readonly file: string},
): GembatchError {
  return new GembatchError(
    'STORAGE',
    `${file}: the record of ${name} is not in ${path} any more; another program changed the file. The job itself is untouched.`,
    {suggestions: vanishedAdvice(name)},
  );
}

/** How the record of a job comes back. */
export function vanishedAdvice(name: string): readonly string[] {
  return [
    `Restore the file from version control or a backup, or record the job anew: ${ownCommand(`adopt ${name}`)}`,
  ];
}
