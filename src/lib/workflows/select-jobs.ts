import {closest} from '../domain/closest.js';
import {GembatchError} from '../domain/errors.js';
import type {JobRecord} from '../domain/job-record.js';
import type {JobStore} from '../store/job-store.js';

type Names = Pick<JobStore, 'inputName' | 'path'>;

/**
 * The records that a person means: by request file, under any spelling of its path, or by batch job, with or without
 * `batches/`.
 *
 * @param names - none for all records.
 * @throws GembatchError USAGE when a name means none of them.
 */
export function selectJobs(
  store: Names,
  records: readonly JobRecord[],
  names: readonly string[],
): readonly JobRecord[] {
  for (const name of names) {
    if (records.some(jobSelector(store, [name]))) continue;
    throw new GembatchError('USAGE', `${store.path} has no batch job for ${name}.`, {
      suggestions: [
        ...meantNames(name, records),
        'Name a request file or a batch job that is recorded there, or another file with --job-info.',
      ],
    });
  }
  return records.filter(jobSelector(store, names));
}

/** Whether a record is one of those that a person means; with no names, every record is. */
export function jobSelector(store: Names, names: readonly string[]): (record: JobRecord) => boolean {
  if (names.length === 0) return () => true;
  const inputs = new Set(names.flatMap((name) => [name, store.inputName(name)]));
  const jobs = new Set(names.flatMap((name) => [name, `batches/${name}`]));
  return ({input_file: file, batch}) => inputs.has(file) || jobs.has(batch.name);
}

/** Of all names that would have been known, the one that is nearest. */
function meantNames(name: string, records: readonly JobRecord[]): readonly string[] {
  const known = records.flatMap(({input_file: file, batch}) => [file, batch.name]);
  const meant = closest(name, known);
  return meant === undefined ? [] : [`Did you mean: ${meant}`];
}
