import {lstat} from 'node:fs/promises';
import {isAbsolute, relative, resolve, sep} from 'node:path';
import {GembatchError} from '../../domain/errors.js';
import type {RequestFile} from './submit-run.js';

/** Where names are looked up, and how two names of one file are known for one. */
export interface CollectOptions {
  /** Folder that relative names start from. */
  readonly cwd: string;
  /** The one name of the file at an absolute path, which may not exist; see `JobStore.inputName`. */
  readonly identify: (path: string) => string;
}

/**
 * The request files that arguments name, in their order, each once.
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
    for (const name of await expand(arg, options.cwd)) {
      const path = resolve(options.cwd, name);
      const inputFile = options.identify(path);
      if (!inputs.has(inputFile)) inputs.set(inputFile, {index: inputs.size + 1, path, name, inputFile});
    }
  }
  if (inputs.size === 0) throw new GembatchError('NO_INPUT', 'No request file is named.');
  return [...inputs.values()];
}

const GLOB_CHARACTER = /[*?[{(]/u;

async function expand(arg: string, cwd: string): Promise<readonly string[]> {
  // Where backslashes separate folders they cannot escape a glob character as well.
  const pattern = sep === '\\' ? arg.replaceAll('\\', '/') : arg;
  if (!GLOB_CHARACTER.test(pattern) || (await isThere(resolve(cwd, arg)))) return [arg];
  const {glob} = await import('tinyglobby'); // Only here: most shells have expanded the patterns already.
  const matches = await glob(pattern, {cwd, absolute: true, expandDirectories: false});
  if (matches.length === 0) return [arg];
  const naturalOrder = new Intl.Collator('en', {numeric: true});
  return matches
    .map((match) => (isAbsolute(arg) ? resolve(match) : relative(cwd, match)))
    .sort(naturalOrder.compare);
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false, // Whatever is in the way, reading the file will say it.
  );
}
