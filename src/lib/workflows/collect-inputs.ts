import {access} from 'node:fs/promises';
import {resolve, sep} from 'node:path';
import {glob, isDynamicPattern} from 'tinyglobby';

/** A request file that was named. */
export interface NamedInput {
  /** Absolute path. */
  readonly path: string;
  /** As it was named, or as its pattern found it. */
  readonly name: string;
}

/** Where names are looked up and how two names of one file are known for one. */
export interface CollectOptions {
  /** Folder that relative names start from. */
  readonly cwd: string;
  /** The one name of a file that has several. */
  readonly identify: (path: string) => string;
}

/**
 * The request files that arguments name, in their order, each once.
 *
 * An argument that exists is a file, whatever characters it has; otherwise one with glob characters is a pattern,
 * whose matches come in natural order. What matches nothing is kept under its own name, for whoever reads it to fail on.
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

async function expand(arg: string, cwd: string): Promise<readonly string[]> {
  if (!isDynamicPattern(arg) || (await isThere(resolve(cwd, arg)))) return [arg];
  const pattern = sep === '\\' ? arg.replaceAll(sep, '/') : arg;
  const matches = await glob(pattern, {cwd, expandDirectories: false, onlyFiles: true});
  if (matches.length === 0) return [arg];
  return matches.sort(new Intl.Collator('en', {numeric: true}).compare);
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
