import {statSync} from 'node:fs';
import {isAbsolute, sep} from 'node:path';
import picomatch from 'picomatch';
import {closest} from '../../domain/text/closest.js';
import {GembatchError} from '../../domain/errors.js';
import {isCloudAddress} from '../../domain/bucket/bucket-input.js';
import type {Intent, JobRecord} from '../../domain/job/job-record.js';
import {ownCommand} from '../../domain/program-name.js';
import {shellWord} from '../../domain/text/shell-word.js';
import type {JobStore} from '../../store/job-store.js';

/** What a person may call a job by. */
export interface JobNames {
  /** `input_file` of its record. */
  readonly file: string;
  /** The file that it is a part of. */
  readonly whole?: string | undefined;
  /** Of the batch job. */
  readonly name: string;
}

/** Less of the name of a batch job is too easily another's. */
const SHORTEST_START = 4;

type Names = Pick<JobStore, 'inputName' | 'resolveInput' | 'folder' | 'path' | 'requireUnknown'>;

/**
 * The records that a person means: by request file, under any spelling of its path; by the folder that request files are
 * in; by a pattern such as `batch/*`; by batch job, with or without `batches/`; or by the start of the name of one.
 *
 * @param names - none for all records.
 * @throws GembatchError USAGE when a name means none of them, STORAGE when its job may be in a line that cannot be read.
 */
export function selectJobs(
  store: Names,
  records: readonly JobRecord[],
  names: readonly string[],
): readonly JobRecord[] {
  return selectNamed(store, records, {names, namesOf: namesOfWork});
}

/** The chosen records and those that retry them, in the order of all records: a retry comes after the job that it retries. */
export function withRetries(
  records: readonly JobRecord[],
  chosen: Iterable<Pick<JobRecord, 'batch'>>,
): readonly JobRecord[] {
  const family = new Set(Array.from(chosen, ({batch}) => batch.name));
  return records.filter(({batch, retry_of: parent}) => {
    if (parent !== undefined && family.has(parent)) family.add(batch.name);
    return family.has(batch.name);
  });
}

/** As `selectJobs`, of whatever stands for jobs. */
export function selectNamed<T>(
  store: Names,
  jobs: readonly T[],
  {names, namesOf}: {names: readonly string[]; namesOf: (job: T) => JobNames},
): readonly T[] {
  if (names.length === 0) return jobs;
  const meant = new Set(names.flatMap((name) => jobsNamed(name, {store, jobs, namesOf})));
  return jobs.filter((job) => meant.has(job));
}

function jobsNamed<T>(
  name: string,
  {store, jobs, namesOf}: {store: Names; jobs: readonly T[]; namesOf: (job: T) => JobNames},
): readonly T[] {
  const isMeant = createNameMatcher(store, [name]);
  const named = jobs.filter((job) => isMeant(namesOf(job)));
  if (named.length > 0) return named;
  const id = name.replace(/^batches\//u, '');
  const begun = jobs.filter(
    (job) => id.length >= SHORTEST_START && namesOf(job).name.startsWith(`batches/${id}`),
  );
  if (begun.length === 1) return begun;
  if (begun.length > 1)
    throw new GembatchError('USAGE', `${name} is the start of ${begun.length} batch jobs.`, {
      suggestions: [
        `Write more of it: ${begun
          .slice(0, 3)
          .map((job) => namesOf(job).name)
          .join(', ')}`,
      ],
    });
  const near = meantNames(name, jobs.map(namesOf));
  store.requireUnknown(name, near);
  throw new GembatchError('USAGE', `${store.path} has no batch job for ${name}.`, {
    suggestions: [
      ...(isFile(name) ? [`If it was not submitted yet: ${ownCommand(`submit ${shellWord(name)}`)}`] : []),
      ...near,
      'Name a request file or a batch job that is recorded there, or another file with --job-info.',
    ],
  });
}

/** Whether a record, or an open create, is one of those that a person means; with no names, each is. */
export function jobSelector(store: Names, names: readonly string[]): (work: JobRecord | Intent) => boolean {
  const isMeant = createNameMatcher(store, names);
  return (work) => names.length === 0 || isMeant(namesOfWork(work));
}

/** The names by which a job can be selected, or an open create, whose job is not known yet. */
export function namesOfWork(work: JobRecord | Intent): JobNames {
  const name = 'batch' in work ? work.batch.name : '';
  return {file: work.input_file, whole: work.part_of?.input_file, name};
}

function createNameMatcher(store: Names, names: readonly string[]): (job: JobNames) => boolean {
  const inputs = new Set(names.flatMap((name) => [name, store.inputName(name)]));
  const jobs = new Set(names.flatMap((name) => [name, `batches/${name}`]));
  // On Vertex AI the number alone is a job's name, too.
  const numbers = new Set(names.filter((name) => /^\d+$/u.test(name)));
  const folders = names.filter((name) => name !== '').map((name) => store.inputName(name));
  const patterns = names
    .filter((name) => /[*?[{]/u.test(name))
    .flatMap((name) => [picomatch(name), picomatch(store.inputName(name))]);
  const isNamed = ({file, whole, name}: JobNames): boolean =>
    inputs.has(file) ||
    (whole !== undefined && inputs.has(whole)) ||
    jobs.has(name) ||
    numbers.has(name.slice(name.lastIndexOf('/') + 1)) ||
    folders.some((folder) => isInside(file, folder)) ||
    patterns.some((matches) => matches(file));
  return (job) => {
    if (isNamed(job)) return true;
    const file = ownSpelling(store, job.file);
    return file !== job.file && isNamed({...job, file});
  };
}

/** As we would record the path that another tool has recorded: `./a`, `sub/../a`, absolute. */
function ownSpelling(store: Names, file: string): string {
  if (isCloudAddress(file)) return file;
  const isForeign = /(?:^|\/)\.{1,2}\/|\/\//u.test(file) || file.startsWith(`${store.folder}${sep}`);
  return isForeign ? store.inputName(store.resolveInput(file)) : file;
}

/** @param folder - as `inputName` has it: empty for the folder of the job-info file. */
function isInside(file: string, folder: string): boolean {
  if (folder === '') return !isAbsolute(file) && !isCloudAddress(file);
  return file.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}

function isFile(name: string): boolean {
  return statSync(name, {throwIfNoEntry: false})?.isFile() === true;
}

/** Of all names that would have been known, the one that is nearest. */
function meantNames(name: string, jobs: readonly JobNames[]): readonly string[] {
  const meant = closest(
    name,
    jobs.flatMap((job) => [job.file, job.name]),
  );
  return meant === undefined ? [] : [`Did you mean: ${meant}`];
}
