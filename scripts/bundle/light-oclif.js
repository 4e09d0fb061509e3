// Takes out of oclif what gembatch never needs, most of it at every start. Measured, it is a third of what oclif adds to the
// start of Node. A change whose place in oclif is gone ends the build.
import {readFileSync} from 'node:fs';

/** Whether this is Linux inside Windows; the package looks into containers too, and loads its way to PowerShell for that. */
const WSL = `
  import {platform, release} from 'node:os';
  export const isWsl = platform() === 'linux' && /microsoft/iu.test(release());
  export const powerShellPath = async () => (await import('wsl-utils')).powerShellPath();
`;

/** Node's clock for oclif's own measurements, which are made only with DEBUG=perf. */
const CLOCK = `
  Object.defineProperty(exports, 'performance', {get: () => globalThis.performance});
  Object.defineProperty(exports, 'PerformanceObserver', {get: () => globalThis.PerformanceObserver});
`;

/** @type {Readonly<Record<string, string>>} What stands in for a module that oclif imports. */
const STAND_INS = {
  lilconfig: unused('lilconfig', 'lilconfig'),
  minimatch: unused('minimatch', 'minimatch'),
  tinyglobby: unused('tinyglobby', 'glob'),
  'node:perf_hooks': CLOCK,
  'wsl-utils': WSL,
};

/**
 * Its filters are Go's regular expressions, which have no u flag.
 *
 * @type {import('esbuild').Plugin}
 */
export const lightOclif = {
  name: 'light-oclif',
  setup(build) {
    build.onResolve(
      {filter: /^(?:lilconfig|minimatch|node:perf_hooks|tinyglobby|wsl-utils)$/},
      ({path, importer}) =>
        importer.includes('/@oclif/core/') ? {path, namespace: 'light-oclif'} : undefined,
    );
    build.onLoad({filter: /.*/, namespace: 'light-oclif'}, ({path}) => ({
      contents: STAND_INS[path],
      resolveDir: `${build.initialOptions.absWorkingDir}/node_modules/@oclif/core`,
    }));
    build.onLoad({filter: /@oclif\/core\/lib\/config\/plugin\.js$/}, ({path}) => ({
      contents: withPlainOrder(readFileSync(path, 'utf8')),
    }));
  },
};

/** In place of what oclif finds plugins and commands with that have no manifest: gembatch has one, and no plugins. */
function unused(name, method) {
  return `exports.${method} = () => { throw new Error('gembatch is built without ${name}'); };`;
}

/** The first comparison by language takes as long as all other work of that file; ids are plain ASCII. */
function withPlainOrder(source) {
  const byLanguage = 'a.id.localeCompare(b.id)';
  if (!source.includes(byLanguage)) throw new Error(`oclif's plugin.js no longer has ${byLanguage}`);
  return source.replace(byLanguage, '(a.id < b.id ? -1 : 1)');
}
