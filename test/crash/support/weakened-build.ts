import {cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {ROOT} from '../../helpers/run-cli.js';

/** One change to a compiled module: `file` is its path below `src`, as `lib/store/journal.js`. */
export interface Weakening {
  readonly file: string;
  /** Text that the module has; a build that has it no longer makes the attack fail, not pass. */
  readonly find: string | RegExp;
  /** With `$1` for what the first group of an expression found. */
  readonly replace: string;
}

/** The second guard of a create: a job of ours that no record knows is found in the service's list, and its work is not sent again. */
export const NO_ADOPTION: Weakening = {
  file: 'lib/workflows/reconcile/own-jobs.js',
  find: 'return undefined;\n        const { batch, parts } = newest;',
  replace: 'return undefined;\n        return undefined;\n        const { batch, parts } = newest;',
};

/** A copy of the package with some of its safety taken out. */
export interface WeakenedBuild {
  /** Its launcher, for `bin` of `runCli`. */
  readonly bin: string;
  /** Its compiled modules. */
  readonly src: string;
  remove(): void;
}

/** Runs `work` on the launcher of a weakened build, of which nothing is left afterwards. */
export async function withWeakenedBuild(
  changes: readonly Weakening[],
  work: (bin: string) => Promise<void>,
): Promise<void> {
  const build = weakenedBuild(changes);
  try {
    await work(build.bin);
  } finally {
    build.remove();
  }
}

/**
 * Makes a package that runs, inside the build folder so that its dependencies are found.
 *
 * @throws Error when a text that is to be replaced is not there.
 */
export function weakenedBuild(changes: readonly Weakening[]): WeakenedBuild {
  const parent = join(ROOT, '.build/weakened');
  mkdirSync(parent, {recursive: true});
  const folder = mkdtempSync(join(parent, 'build-'));
  const src = join(folder, 'dist');
  cpSync(join(ROOT, '.build/src'), src, {recursive: true});
  cpSync(join(ROOT, 'bin'), join(folder, 'bin'), {recursive: true});
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  cpSync(join(ROOT, 'dist/oclif.manifest.json'), join(src, 'oclif.manifest.json'));
  // Where the bundle has it, and oclif looks for it.
  writeFileSync(join(src, 'standalone.js'), "export * from './cli/standalone.js';\n");
  for (const {file, find, replace} of changes) {
    const path = join(src, file);
    const text = readFileSync(path, 'utf8');
    const changed =
      typeof find === 'string' ? text.replaceAll(find, () => replace) : text.replace(find, replace);
    if (changed === text) throw new Error(`${file} does not contain ${String(find)}`);
    writeFileSync(path, changed);
  }
  return {
    bin: join(folder, 'bin/run.js'),
    src,
    remove: () => rmSync(folder, {recursive: true, force: true}),
  };
}
