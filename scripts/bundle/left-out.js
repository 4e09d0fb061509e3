// Packages, and parts of one, that a dependency imports and gembatch never uses. They are the only difference between what is bundled and
// what npm installs: no source text of a dependency is changed. To use one of these parts, delete its line.

/**
 * `exports` throw when they are called; `values` are what is read of a package while it loads.
 *
 * @type {readonly {
 *   readonly name: string,
 *   readonly importedBy: string,
 *   readonly exports: readonly string[],
 *   readonly values?: Readonly<Record<string, unknown>>,
 *   readonly reason: string,
 * }[]}
 */
export const LEFT_OUT = [
  {
    name: 'minimatch',
    importedBy: '@oclif/core',
    exports: ['minimatch'],
    reason: 'finds the plugins of a command line among its dependencies; gembatch has none',
  },
  {
    name: 'tinyglobby',
    importedBy: '@oclif/core',
    exports: ['glob'],
    reason: 'finds commands in a folder; gembatch has an explicit table',
  },
  {
    name: 'lilconfig',
    importedBy: '@oclif/core',
    exports: ['lilconfig'],
    reason: 'finds settings of oclif outside package.json, where gembatch has its own',
  },
  {
    name: 'wsl-utils',
    importedBy: '@oclif/core',
    exports: ['powerShellPath'],
    values: {isWsl: false},
    reason:
      'tells Linux within Windows from Linux, which is as good, and starts PowerShell to learn which shell it runs in; opens the standard input on the way, 5 ms of each start',
  },
  {
    name: 'cli-spinners',
    importedBy: '@oclif/core',
    exports: [],
    values: {default: {dots2: {frames: ['']}, line: {frames: ['']}}},
    reason: "pictures of oclif's spinner; gembatch shows its progress itself",
  },
  {
    name: '../web/fetch/body.js',
    importedBy: 'undici',
    exports: ['extractBody'],
    reason: 'sends forms; gembatch sends JSON and files',
  },
];

/**
 * Puts in the place of each a module whose exports say that they are missing, and ends the build when one is not imported any more.
 *
 * @param {readonly {readonly importedBy: string}[]} entries - those of the packages that the bundle has.
 * @returns {import('esbuild').Plugin} for one build.
 */
export const leaveOut = (entries = LEFT_OUT) => ({
  name: 'left-out',
  setup(build) {
    const unmet = new Set(entries);
    for (const entry of entries) {
      build.onResolve({filter: new RegExp(`^${entry.name}$`)}, ({importer}) => {
        if (!importer.replaceAll('\\', '/').includes(`/node_modules/${entry.importedBy}/`)) return undefined;
        unmet.delete(entry);
        return {path: entry.name, namespace: 'left-out', pluginData: entry};
      });
    }
    build.onLoad({filter: /.*/, namespace: 'left-out'}, ({pluginData}) => ({contents: standIn(pluginData)}));
    build.onEnd(() => {
      const names = Array.from(unmet, ({name, importedBy}) => `${name} by ${importedBy}`);
      if (names.length > 0)
        throw new Error(`No longer imported; delete from left-out.js: ${names.join(', ')}`);
    });
  },
});

function standIn({name, exports, values = {}}) {
  const message = `gembatch is built without ${name} (scripts/bundle/left-out.js)`;
  const thrower = `function () { throw new Error(${JSON.stringify(message)}); }`;
  const expressions = [
    ...exports.map((exported) => [exported, thrower]),
    ...Object.entries(values).map(([exported, value]) => [exported, JSON.stringify(value)]),
  ];
  return expressions
    .map(
      ([exported, expression], index) =>
        `const _${index} = ${expression}; export {_${index} as ${exported}};`,
    )
    .join('\n');
}
