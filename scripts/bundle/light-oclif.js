// Makes oclif start lighter. Its modules ask for all that they may ever need when they are loaded; here they ask when they
// use it, and what gembatch never uses is left out. A change whose place in oclif is gone ends the build.
import {readFileSync} from 'node:fs';
import {join, relative} from 'node:path';

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

/** A text without a tag is its own rendering, and most are; to find that out, ejs makes a function of each and compiles it. */
const EJS = `
  let ejs;
  exports.render = (text, context) => text.includes('<%') ? (ejs ??= require('ejs')).render(text, context) : text;
`;

/** As wide as it is long, where it is plain ASCII; to measure any text it is searched for emoji and escape sequences. */
const STRING_WIDTH = `
  let stringWidth;
  module.exports = (text) => /^[ -~]*$/u.test(text) ? text.length : (stringWidth ??= require('string-width'))(text);
`;

/** @type {Readonly<Record<string, string>>} What stands in for a module that oclif imports. */
const STAND_INS = {
  ejs: EJS,
  lilconfig: unused('lilconfig', 'lilconfig'),
  minimatch: unused('minimatch', 'minimatch'),
  semver: unused('semver', 'satisfies'),
  tinyglobby: unused('tinyglobby', 'glob'),
  'node:perf_hooks': CLOCK,
  'string-width': STRING_WIDTH,
  'wsl-utils': WSL,
};

/**
 * What TypeScript makes of an import: `const x_1 = require("x");`, or `var`, maybe within `__importDefault` or `__importStar`.
 * Afterwards each use is written `x_1.something` or `x_1`.
 */
const IMPORT = /^(?:const|var) (\w+_\d+) = ((?:__importDefault|__importStar)\()?require\("([^"]+)"\)\)?;$/gmu;

/** oclif, and the packages by which it lays out its help. */
const OCLIF = /^node_modules\/(?:@oclif\/core|wrap-ansi|widest-line)\//u;

/**
 * Its filters are Go's regular expressions, which have no u flag.
 *
 * @type {import('esbuild').Plugin}
 */
export const lightOclif = {
  name: 'light-oclif',
  setup(build) {
    const root = build.initialOptions.absWorkingDir ?? '';
    const unmet = new Set(Object.keys(STAND_INS));
    const standIns = [...unmet].join('|');
    build.onResolve({filter: new RegExp(`^(?:${standIns})$`)}, ({path, importer}) => {
      if (!OCLIF.test(relative(root, importer))) return undefined;
      unmet.delete(path);
      return {path, namespace: 'light-oclif'};
    });
    build.onLoad({filter: /.*/, namespace: 'light-oclif'}, ({path}) => ({
      contents: STAND_INS[path],
      resolveDir: join(root, 'node_modules/@oclif/core'),
    }));
    let lateCount = 0;
    build.onLoad({filter: /@oclif\/core\/lib\/.*\.js$/}, ({path}) => {
      const source = readFileSync(path, 'utf8');
      lateCount += Array.from(source.matchAll(IMPORT)).length;
      return {
        contents: withLateImports(path.endsWith('/config/plugin.js') ? withPlainOrder(source) : source, path),
      };
    });
    build.onEnd(() => {
      if (lateCount === 0) throw new Error("oclif's modules import in another form: none was found");
      if (unmet.size > 0) throw new Error(`oclif imports no longer: ${[...unmet].join(', ')}`);
    });
  },
};

/** In place of what oclif has for things that gembatch does not do: plugins, commands without a manifest. */
function unused(name, method) {
  return `exports.${method} = () => { throw new Error('gembatch is built without ${name}'); };`;
}

/** Has a module ask for another one where it first uses it. */
function withLateImports(source, path) {
  const names = Array.from(source.matchAll(IMPORT), ([, name]) => name);
  const declared = source.replaceAll(
    IMPORT,
    (_, name, wrapper = '', imported) =>
      `let ${name}$; const ${name} = () => ${name}$ ??= ${wrapper}require("${imported}")${wrapper && ')'};`,
  );
  const early = /^(?:const|var) \w+_\d+ = .*$/mu.exec(declared);
  if (early) throw new Error(`${path} imports in another form: ${early[0]}`);
  return names.reduce(
    (text, name) =>
      text.replaceAll(new RegExp(String.raw`(?<!(?:const |[\w$.]))${name}(?![\w$])`, 'gu'), `(${name}())`),
    declared,
  );
}

/** The first comparison by language takes as long as all other work of that file; ids are plain ASCII. */
function withPlainOrder(source) {
  const byLanguage = 'a.id.localeCompare(b.id)';
  if (!source.includes(byLanguage)) throw new Error(`oclif's plugin.js no longer has ${byLanguage}`);
  return source.replace(byLanguage, '(a.id < b.id ? -1 : 1)');
}
