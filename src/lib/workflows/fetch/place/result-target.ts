/**
 * Where the results of a batch job go.
 *
 * Each record has a target of its own, which does not depend on the order in which jobs end. Names come from records, and
 * a record may come from anywhere: a target is always in the folder that the person chose, or in `results` beside the
 * request file, and is not reached through a link inside of it.
 */
import {createHash} from 'node:crypto';
import {lstat} from 'node:fs/promises';
import {basename, dirname, extname, isAbsolute, join, normalize, relative, sep} from 'node:path';
import {GembatchError} from '../../../domain/errors.js';
import {isCloudAddress} from '../../../domain/bucket/bucket-input.js';
import {isFinished} from '../../../domain/job/job-progress.js';
import type {JobRecord} from '../../../domain/job/job-record.js';
import type {JobStore} from '../../../store/job-store.js';
import {caseFolded, type RecordsByName} from './records-by-name.js';

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
}

/** The places for the results of a job, none of which is another job's. */
export function resultTargets(record: JobRecord, rules: TargetRules): ResultTargets {
  const plain = plainTarget(record, rules);
  const id = idOf(record);
  const paths = [plain, withSuffix(plain, id.slice(0, SHORT_ID_LENGTH)), withSuffix(plain, id)];
  const taken = takenBefore(record, paths, rules);
  return {
    root: rules.resultsDir ?? dirname(dirname(plain)),
    paths: [...new Set(paths)].filter((path) => !taken.has(caseFolded(path))),
  };
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
  // Of an address only the last part names a file: the others are no folders here, and `..` leads nowhere.
  const name = isCloudAddress(file) ? file.slice(file.lastIndexOf('/') + 1) : file;
  if (!namesFile(name)) return join(resultsDir ?? besideRecords, `${idOf(record)}.jsonl`);
  if (isCloudAddress(file)) return join(resultsDir ?? besideRecords, shortened(basename(name)));
  const input = store.resolveInput(record.input_file);
  if (resultsDir === null) return join(dirname(input), 'results', basename(input));
  const inside = normalize(record.input_file);
  const isOutside = isAbsolute(inside) || inside === '..' || inside.startsWith(`..${sep}`);
  return join(resultsDir, isOutside ? withSuffix(basename(input), hashOf(input), '-') : inside);
}

/**
 * Whether a file can have this path. A record may say anything; beside a folder, such as `.` or `a/..`, the results would
 * be where the user did not want them, and what Windows takes for a device would swallow them.
 */
function namesFile(path: string): boolean {
  const name = normalize(path).split(sep).at(-1) ?? '';
  const isFolder = name === '' || name === '.' || name === '..';
  return !isFolder && !(sep === '\\' && isReservedOnWindows(name));
}

/**
 * Whether Windows takes a name for a device or for a stream of another file, or drops its end.
 * https://learn.microsoft.com/windows/win32/fileio/naming-a-file#naming-conventions
 */
export function isReservedOnWindows(name: string): boolean {
  return /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:[ .]|$)|[<>:"|?*]|[ .]$/iu.test(name);
}

function idOf({batch}: Pick<JobRecord, 'batch'>): string {
  return batch.name.slice(batch.name.lastIndexOf('/') + 1).replaceAll(/[^\w-]/gu, '_');
}

/** Those of the paths, and perhaps others, that belong to other records; case-folded. */
function takenBefore(record: JobRecord, paths: readonly string[], rules: TargetRules): ReadonlySet<string> {
  const {store, records} = rules;
  const names = new Set(paths.map((path) => caseFolded(basename(path))));
  const recorded = records
    .withResults(record, names)
    .flatMap(({results}) => (results === undefined ? [] : [store.resolveInput(results.file)]));
  const reserved = records
    .before(record, names)
    .filter((other) => !isFinished(other))
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
