// Bundles the sources and the packages they use into dist: main.js (the command line's first lines), standalone.js (oclif),
// all-commands.js (the commands for oclif in another command line), command-not-found.js (a hook), index.js (the library), the files of worker threads, and
// chunks that are loaded when they are needed, such as each command.
import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import {build} from 'esbuild';
import {leaveOut} from './left-out.js';
import {writeStandaloneManifest} from './manifests.js';
import {namedExports} from './named-exports.js';
import {notices} from './notices.js';
import {bundledPackages} from './packages.js';
import {together} from './together.js';
import {sbom} from './sbom.js';
import {keepExportedTypes} from './types.js';

/** What the CommonJS packages in an ES module ask Node for. */
const REQUIRE =
  "import {createRequire as __createRequire} from 'node:module'; const require = __createRequire(import.meta.url);";

/** @param {string} root - of the repository. */
export async function bundle(root) {
  const entryPoints = [
    'src/main.ts',
    'src/cli/startup/standalone.ts',
    'src/cli/startup/all-commands.ts',
    'src/hooks/command-not-found.ts',
    'src/index.ts',
    ...workers(root),
  ];
  const {metafile} = await build({
    absWorkingDir: root,
    entryPoints,
    entryNames: '[name]',
    // Beside the entries, so that a worker is found at './its-worker.js' from any chunk, as it is among the sources.
    chunkNames: '[name]-[hash]',
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // Not minified: a stack of a bug report names functions and lines that can be read in the installed file.
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    banner: {js: REQUIRE},
    plugins: [leaveOut(), namedExports, await together(root, entryPoints)],
  });
  const page = await bundlePage(root);
  const packages = bundledPackages(root, {outputs: {...metafile.outputs, ...page.outputs}});
  const product = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  writeFileSync(join(root, 'dist/third-party-notices.txt'), notices(packages));
  writeFileSync(join(root, 'dist/sbom.cdx.json'), sbom(product, packages));
  keepExportedTypes(join(root, 'dist/types'));
  await writeStandaloneManifest(root);
}

/** The script and the style sheet that "gembatch report" puts into its page. */
async function bundlePage(root) {
  const {metafile} = await build({
    absWorkingDir: root,
    entryPoints: ['src/report-page/report-page.js', 'src/report-page/report-page.css'],
    outdir: 'dist',
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  });
  return metafile;
}

/** Files that are started as worker threads: `new Worker(new URL('./its-worker.js', import.meta.url))`. */
function workers(root) {
  return readdirSync(join(root, 'src'), {recursive: true, encoding: 'utf8'})
    .filter((path) => basename(path).endsWith('-worker.ts'))
    .map((path) => `src/${path}`);
}
