/**
 * Where the results of a batch job go.
 *
 * Each record has a target of its own. Of the jobs of one request file the newest that has results has the plain one, and
 * those of the others are in `earlier`, in whatever order the jobs end. Names come from records, and a record may come from
 * anywhere: a target is always in the folder that the person chose, or in `results` beside the request file, and is not
 * reached through a link inside of it.
 */
import {createHash} from 'node:crypto';
import {lstat} from 'node:fs/promises';
import {basename, dirname, extname, isAbsolute, join, normalize, relative, sep} from 'node:path';
import {GembatchError} from '../../../domain/errors.js';
import {isCloudAddress} from '../../../domain/bucket/bucket-input.js';
import {EARLIER_FOLDER} from '../../../domain/job/earlier-results.js';
import {isFinished} from '../../../domain/job/job-progress.js';
import type {JobRecord, StoredResults} from '../../../domain/job/job-record.js';
import type {JobStore} from '../../../store/job-store.js';
import {caseFolded, type RecordsByName} from './records-by-name.js';
import {namesFile} from './file-name.js';
import {jobsOfInput} from './same-input.js';

const HASH_LENGTH = 8;
const SHORT_ID_LENGTH = 8;
/** File systems take 255 bytes; temporary files and those of several jobs have longer names. */
const LONGEST_NAME_BYTES = 150;

/** What decides about the targets of all records. */
export interface TargetRules {
  readonly store: Pick<JobStore, 'resolveInput'>;
  /** All records. */
  readonly records: RecordsByName;
  /** Absolute path of the folder for the results; null for `results` beside each request file. */
  readonly resultsDir: string | null;
}

/** The places for one result file. */
export interface ResultTargets {
  /** The folder below which no link is followed. */
  readonly root: string;
  /** Absolute paths, the best first; the others are for when something else stands there. */
  readonly paths: readonly string[];
  /** Older jobs of the request file whose results are in the folder of the paths; they leave it first. */
  readonly leaving: readonly JobWithResults[];
  /** Whether a newer job of the request file has results, so that these are earlier ones. */
  readonly isLate: boolean;
}

export type JobWithResults = JobRecord & {readonly results: StoredResults};

/**
 * The places for the results of a job, none of which is another job's, but for those that leave it.
 *
 * @param isEarlier - asks for those of earlier results, whatever newer ones there are.
 */
export function resultTargets(
  record: JobRecord,
  rules: TargetRules,
  {isEarlier = false}: {readonly isEarlier?: boolean} = {},
): ResultTargets {
  const jobs = jobsOfInput(record, rules);
  const isLate = jobs.isJoinedSince || jobs.newer.some((job) => hasResults(job));
  const places = placesOf(record, rules);
  const paths = isEarlier || isLate ? places.earlier : places.plain;
  const older = paths === places.plain ? jobs.older.filter((job) => hasResults(job)) : [];
  const leaving = older.filter((job) =>
    isAmong(rules.store.resolveInput(job.results.file), placesOf(job, rules).plain),
  );
  const taken = takenBefore(record, paths, {
    ...rules,
    except: new Set([...jobs.older, ...jobs.newer].map(({batch}) => batch.name)),
    leaving: new Set(leaving.map(({batch}) => batch.name)),
  });
  return {
    root: places.root,
    paths: [...new Set(paths)].filter((path) => !taken.has(caseFolded(path))),
    leaving,
    isLate,
  };
}

/** All places that the results of a job may have, whatever else is recorded. */
export function placesOf(
  record: JobRecord,
  rules: Pick<TargetRules, 'store' | 'resultsDir'>,
): {readonly root: string; readonly plain: readonly string[]; readonly earlier: readonly string[]} {
  const plain = plainTarget(record, rules);
  const {resultsDir} = rules;
  const folder = resultsDir ?? dirname(plain);
  const earlier = join(folder, EARLIER_FOLDER, relative(folder, plain));
  const id = idOf(record);
  const named = (path: string): readonly string[] => [
    path,
    withSuffix(path, id.slice(0, SHORT_ID_LENGTH)),
    withSuffix(path, id),
  ];
  return {root: resultsDir ?? dirname(folder), plain: named(plain), earlier: named(earlier)};
}

function hasResults(job: JobRecord): job is JobWithResults {
  return job.results !== undefined;
}

/** Whether two of these are names of one file, on a file system that ignores case, too. */
export function isAmong(path: string, others: readonly string[]): boolean {
  return others.some((other) => caseFolded(other) === caseFolded(path));
}

/** @throws GembatchError STORAGE when a folder on the way from the root to the target is a link. */
export async function refuseLinks(root: string, target: string): Promise<void> {
  const folders = relative(root, dirname(target)).split(sep);
  let path = root;
  for (const folder of folders) {
    path = join(path, folder);
    if (path !== root && (await isLink(path))) {
      throw new GembatchError('STORAGE', `${path} is a link; no results are written through it.`, {
        suggestions: ['Name the folder that you want the results in: --results-dir FOLDER'],
      });
    }
  }
}

/** The target that a record has as long as it is the only one for its request file. */
export function plainTarget(
  record: Pick<JobRecord, 'input_file' | 'batch'>,
  {store, resultsDir}: Pick<TargetRules, 'store' | 'resultsDir'>,
): string {
  const besideRecords = join(store.resolveInput('.'), 'results');
  const {input_file: file} = record;
  if (!namesFile(file)) return join(resultsDir ?? besideRecords, `${idOf(record)}.jsonl`);
  if (isCloudAddress(file)) return join(resultsDir ?? besideRecords, shortened(basename(file)));
  const input = store.resolveInput(record.input_file);
  if (resultsDir === null) return join(dirname(input), 'results', basename(input));
  const inside = normalize(record.input_file);
  const isOutside = isAbsolute(inside) || inside === '..' || inside.startsWith(`..${sep}`);
  return join(resultsDir, isOutside ? withSuffix(basename(input), hashOf(input), '-') : inside);
}

function idOf({batch}: Pick<JobRecord, 'batch'>): string {
  return batch.name.slice(batch.name.lastIndexOf('/') + 1).replaceAll(/[^\w-]/gu, '_');
}

/** Jobs whose names are given by their batch names: of the same request file, and those of them that leave their place. */
interface Exceptions {
  readonly except: ReadonlySet<string>;
  readonly leaving: ReadonlySet<string>;
}

/** Those of the paths, and perhaps others, that belong to other records; case-folded. */
function takenBefore(
  record: JobRecord,
  paths: readonly string[],
  rules: TargetRules & Exceptions,
): ReadonlySet<string> {
  const {store, records, except, leaving} = rules;
  const names = new Set(paths.map((path) => caseFolded(basename(path))));
  const recorded = records
    .withResults(record, names)
    .filter(({batch}) => !leaving.has(batch.name))
    .flatMap(({results}) => (results === undefined ? [] : [store.resolveInput(results.file)]));
  const reserved = records
    .before(record, names)
    .filter((other) => !except.has(other.batch.name) && !isFinished(other))
    .map((other) => plainTarget(other, rules));
  return new Set([...recorded, ...reserved].map(caseFolded));
}

function withSuffix(path: string, suffix: string, joint = '.'): string {
  const extension = extname(path);
  return `${path.slice(0, path.length - extension.length)}${joint}${suffix}${extension}`;
}

/** The name of an object may be longer than a file system allows that of a file to be; its end is kept, and a hash tells it apart. */
function shortened(name: string): string {
  if (Buffer.byteLength(name) <= LONGEST_NAME_BYTES) return name;
  const characters = Array.from(name);
  while (Buffer.byteLength(characters.join('')) > LONGEST_NAME_BYTES) characters.shift();
  return `${hashOf(name)}-${characters.join('')}`;
}

function hashOf(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, HASH_LENGTH);
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch {
    return false; // Nothing is there yet, or what is there cannot be entered, which writing will say.
  }
}
