import {closest} from '../../domain/closest.js';
import {GembatchError} from '../../domain/errors.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import type {JobStore} from '../../store/job-store.js';

/** What a person may call a job by. */
export interface JobNames {
  /** `input_file` of its record. */
  readonly file: string;
  /** Of the batch job. */
  readonly name: string;
}

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
  return selectNamed(store, records, {names, namesOf: namesOfRecord});
}

/** As `selectJobs`, of whatever stands for jobs. */
export function selectNamed<T>(
  store: Names,
  jobs: readonly T[],
  {names, namesOf}: {names: readonly string[]; namesOf: (job: T) => JobNames},
): readonly T[] {
  for (const name of names) {
    const isMeant = nameMatcher(store, [name]);
    if (jobs.some((job) => isMeant(namesOf(job)))) continue;
    throw new GembatchError('USAGE', `${store.path} has no batch job for ${name}.`, {
      suggestions: [
        ...meantNames(name, jobs.map(namesOf)),
        'Name a request file or a batch job that is recorded there, or another file with --job-info.',
      ],
    });
  }
  if (names.length === 0) return jobs;
  const isMeant = nameMatcher(store, names);
  return jobs.filter((job) => isMeant(namesOf(job)));
}

/** Whether a record is one of those that a person means; with no names, every record is. */
export function jobSelector(store: Names, names: readonly string[]): (record: JobRecord) => boolean {
  const isMeant = nameMatcher(store, names);
  return (record) => names.length === 0 || isMeant(namesOfRecord(record));
}

function nameMatcher(store: Names, names: readonly string[]): (job: JobNames) => boolean {
  const inputs = new Set(names.flatMap((name) => [name, store.inputName(name)]));
  const jobs = new Set(names.flatMap((name) => [name, `batches/${name}`]));
  return ({file, name}) => inputs.has(file) || jobs.has(name);
}

function namesOfRecord({input_file: file, batch: {name}}: JobRecord): JobNames {
  return {file, name};
}

/** Of all names that would have been known, the one that is nearest. */
function meantNames(name: string, jobs: readonly JobNames[]): readonly string[] {
  const meant = closest(
    name,
    jobs.flatMap((job) => [job.file, job.name]),
  );
  return meant === undefined ? [] : [`Did you mean: ${meant}`];
}
