import {lstat, readdir} from 'node:fs/promises';
import {isAbsolute, join, relative, resolve, sep} from 'node:path';
import {GembatchError} from '../../domain/errors.js';
import {isCloudAddress, type BucketInput} from '../../domain/bucket/bucket-input.js';
import type {PartOf} from '../../domain/job/job-record.js';
import type {JobStore} from '../../store/job-store.js';

/** A request file that is submitted. */
export interface RequestFile {
  /** Its own number, from 1. */
  readonly index: number;
  /** Where it is, absolute; of what is in a bucket its address, which is no path. */
  readonly path: string;
  /** As it was named, or as its pattern found it. */
  readonly name: string;
  /** Canonical path, as the record spells it. */
  readonly inputFile: string;
  /** What Cloud Storage says of it, where it is an object in a bucket. */
  readonly object?: BucketInput;
  /** The batch job that this file submits again; that job is no reason to skip it. */
  readonly retryOf?: string;
  /** What the fingerprint of its content has to begin with; without it, any content will do. */
  readonly fingerprint?: string;
  /** Which part of a larger file it is. */
  readonly partOf?: PartOf;
  /** In a dry run: how many parts it would be submitted in. */
  readonly parts?: number;
  /** Why it cannot be submitted, when that is known already. */
  readonly problem?: GembatchError;
}

/** Where names are looked up, and how two names of one file are known for one. */
export interface CollectOptions {
  /** Folder that relative names start from. */
  readonly cwd: string;
  /** The one name of the file at an absolute path, which may not exist; see `JobStore.inputName`. */
  readonly identify: (path: string) => string;
  /** Given where a folder stands for its request files: which files are none, because they are the store's. */
  readonly isOwnFile?: (path: string) => boolean;
}

/**
 * The request files that arguments name, as `collectInputs`; a folder stands for the `*.jsonl` in it, without job-info files
 * and without those in folders below it.
 *
 * @throws GembatchError `NO_INPUT` without any argument.
 */
export async function collectRequestFiles(
  args: readonly string[],
  store: Pick<JobStore, 'inputName' | 'isOwnFile'>,
  cwd: string,
): Promise<readonly RequestFile[]> {
  return collectInputs(args, {
    cwd,
    identify: (path) => store.inputName(path),
    isOwnFile: (path) => store.isOwnFile(path),
  });
}

/**
 * The request files that arguments name, in their order, each once. Addresses in Cloud Storage stay as they are: `listObjects`
 * says what they name.
 *
 * An argument that exists is a file, whatever characters it has; any other with glob characters is a pattern, whose
 * matches come in natural order (`9.jsonl` before `10.jsonl`). What matches nothing is kept under its own name: whoever
 * reads it fails with `FILE_MISSING`.
 *
 * @throws GembatchError `NO_INPUT` without any argument.
 */
export async function collectInputs(
  args: readonly string[],
  options: CollectOptions,
): Promise<readonly RequestFile[]> {
  const inputs = new Map<string, RequestFile>();
  for (const arg of args) {
    for (const name of await expand(arg, options)) {
      const path = isCloudAddress(name) ? name : resolve(options.cwd, name);
      const inputFile = options.identify(path);
      if (!inputs.has(inputFile)) inputs.set(inputFile, {index: inputs.size + 1, path, name, inputFile});
    }
  }
  if (inputs.size === 0) throw new GembatchError('NO_INPUT', 'No request file is named.');
  return [...inputs.values()];
}

const GLOB_CHARACTER = /[*?[{(]/u;
const JOB_INFO = /(?:^|-)job-info\.jsonl$/u;

async function expand(arg: string, {cwd, isOwnFile}: CollectOptions): Promise<readonly string[]> {
  if (isCloudAddress(arg)) return [arg];
  const kind = await kindOf(resolve(cwd, arg));
  if (kind === 'folder' && isOwnFile !== undefined) return requestFilesIn(arg, cwd, isOwnFile);
  // Where backslashes separate folders they cannot escape a glob character as well.
  const pattern = sep === '\\' ? arg.replaceAll('\\', '/') : arg;
  if (!GLOB_CHARACTER.test(pattern) || kind !== 'missing') return [arg];
  const {glob} = await import('tinyglobby'); // Only here: most shells have expanded the patterns already.
  const matches = await glob(pattern, {cwd, absolute: true, expandDirectories: false});
  if (matches.length === 0) return [arg];
  return inNaturalOrder(matches.map((match) => (isAbsolute(arg) ? resolve(match) : relative(cwd, match))));
}

/** A folder without any is kept under its own name, as what matches nothing. */
async function requestFilesIn(
  folder: string,
  cwd: string,
  isOwnFile: (path: string) => boolean,
): Promise<readonly string[]> {
  const entries = await readdir(resolve(cwd, folder), {withFileTypes: true});
  const names = entries
    .filter((entry) => !entry.isDirectory() && entry.name.endsWith('.jsonl') && !JOB_INFO.test(entry.name))
    .map(({name}) => join(folder, name))
    .filter((name) => !isOwnFile(resolve(cwd, name)));
  return names.length === 0 ? [folder] : inNaturalOrder(names);
}

/** Made where it is needed: to load the rules of a language takes 8 ms. */
function inNaturalOrder(names: readonly string[]): readonly string[] {
  return names.toSorted(new Intl.Collator('en', {numeric: true}).compare);
}

/** Whatever is in the way of looking, reading the file will say it. */
async function kindOf(path: string): Promise<'folder' | 'other' | 'missing'> {
  return lstat(path).then(
    (stats) => (stats.isDirectory() ? 'folder' : 'other'),
    () => 'missing',
  );
}
