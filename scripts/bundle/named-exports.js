// Of a CommonJS package that is imported with `await import()`, esbuild's chunk has the default export only, while Node gives its
// named exports, too. Where a dependency asks for those, a module between the two names them; no source text is changed.

/** @type {readonly {readonly name: string, readonly importedBy: string, readonly exports: readonly string[]}[]} */
const NAMED = [{name: 'https-proxy-agent', importedBy: 'gaxios', exports: ['HttpsProxyAgent']}];

/** Ends the build when one of them is not imported any more. */
export const namedExports = {
  name: 'named-exports',
  /** @param {import('esbuild').PluginBuild} build - of the bundle. */
  setup(build) {
    const unmet = new Set(NAMED);
    for (const entry of NAMED) {
      build.onResolve({filter: new RegExp(`^${entry.name}$`)}, ({importer, kind, resolveDir}) => {
        const isOurs = importer.replaceAll('\\', '/').includes(`/node_modules/${entry.importedBy}/`);
        if (!isOurs || kind !== 'dynamic-import') return undefined;
        unmet.delete(entry);
        return {path: entry.name, namespace: 'named-exports', pluginData: {...entry, resolveDir}};
      });
    }
    build.onLoad({filter: /.*/, namespace: 'named-exports'}, ({pluginData: {name, exports, resolveDir}}) => ({
      contents: `export {${exports.join(', ')}} from '${name}';`,
      resolveDir,
    }));
    build.onEnd(() => {
      const names = Array.from(unmet, ({name, importedBy}) => `${name} by ${importedBy}`);
      if (names.length > 0)
        throw new Error(`No longer imported; delete from named-exports.js: ${names.join(', ')}`);
    });
  },
};
