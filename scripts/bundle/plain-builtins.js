// Has a module take Node's own modules with require, as CommonJS does. To import them as ES modules, Node reads each of
// their exports, and with that loads what the module itself would load when it is used: all streams for node:fs, for example.
// Half of what a file of the bundle costs at the start went into that.

/** As esbuild writes it: the default, the namespace or names; the default of such a module is the module itself. */
const IMPORT =
  /^import (?:(?<whole>\w+)|\* as (?<namespace>\w+))?(?:, )?(?:\{(?<names>[^}]+)\})? from "(?<module>node:[\w/]+)";\n/gmu;

const REQUIRE =
  "import {createRequire as requireOf} from 'node:module';\nconst require = requireOf(import.meta.url);\n";

/**
 * @param {string} text - of an ES module that esbuild wrote.
 * @returns the same with Node's modules taken by require, and with a require for those parts of it that were CommonJS.
 */
export function withPlainBuiltins(text) {
  const declarations = [];
  const rest = text.replaceAll(IMPORT, (...match) => {
    const {whole, namespace, names, module} = match.at(-1);
    const pattern = names && `{${names.replaceAll(/(\w+) as (\w+)/gu, '$1: $2').trim()}}`;
    for (const target of [whole, namespace, pattern])
      if (target !== undefined) declarations.push(`const ${target} = require('${module}');\n`);
    return '';
  });
  const isAsking = declarations.length > 0 || /\brequire\b/u.test(rest);
  return isAsking ? [REQUIRE, ...declarations, rest].join('') : rest;
}
