// The types that the library exports, and nothing else: what no exported type needs is not shipped.
import {readdirSync, readFileSync, rmdirSync, rmSync} from 'node:fs';
import {dirname, join, relative, resolve} from 'node:path';

const IMPORT = /^(?:import|export)\b[^;]*?\bfrom ['"]([^'"]+)['"]|\bimport\(['"]([^'"]+)['"]\)/gmu;

/**
 * Removes the declarations that `index.d.ts` does not reach.
 *
 * @param {string} folder - of the declarations.
 * @throws Error when one that it reaches imports from a package: nothing is installed beside gembatch.
 */
export function keepExportedTypes(folder) {
  const reached = reachedFrom(join(folder, 'index.d.ts'), folder);
  const paths = readdirSync(folder, {recursive: true, encoding: 'utf8'}).map((path) => join(folder, path));
  for (const path of paths) if (path.endsWith('.d.ts') && !reached.has(path)) rmSync(path);
  for (const path of paths.toSorted().toReversed()) if (!path.endsWith('.d.ts')) removeIfEmpty(path);
}

function reachedFrom(entry, folder) {
  const reached = new Set([entry]);
  for (const path of reached) {
    for (const [, from, inline] of readFileSync(path, 'utf8').matchAll(IMPORT)) {
      const name = from ?? inline;
      if (name.startsWith('node:')) continue;
      if (!name.startsWith('.')) {
        const file = relative(folder, path);
        throw new Error(`${file}, which src/index.ts exports, has types of ${name}, which is not installed`);
      }
      reached.add(resolve(dirname(path), name.replace(/\.js$/u, '.d.ts')));
    }
  }
  return reached;
}

function removeIfEmpty(folder) {
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}
