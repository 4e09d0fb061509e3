import {lstat} from 'node:fs/promises';
import {isAbsolute, relative, resolve, sep} from 'node:path';

/** A request file that was named. */
export interface NamedInput {
  /** Absolute path. */
  readonly path: string;
  /** As it was named, or as its pattern found it. */
  readonly name: string;
}

/** Where names are looked up, and how two names of one file are known for one. */
export interface CollectOptions {
  /** Folder that relative names start from. */
  readonly cwd: string;
  /** The one name of the file at an absolute path, which may not exist. */
  readonly identify: (path: string) => string;
}

/**
 * The request files that arguments name, in their order, each once.
 *
 * An argument that exists is a file, whatever characters it has; any other with glob characters is a pattern, whose
 * matches come in natural order (`9.jsonl` before `10.jsonl`). What matches nothing is kept under its own name: whoever
 * reads it fails with `FILE_MISSING`.
 */
export async function collectInputs(
  args: readonly string[],
  options: CollectOptions,
): Promise<readonly NamedInput[]> {
  const inputs = new Map<string, NamedInput>();
  for (const arg of args) {
    for (const name of await expand(arg, options.cwd)) {
      const path = resolve(options.cwd, name);
      const identity = options.identify(path);
      if (!inputs.has(identity)) inputs.set(identity, {path, name});
    }
  }
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
