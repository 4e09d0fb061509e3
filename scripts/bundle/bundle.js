// Bundles the sources and the packages they use into dist: main.js (the command line's first lines), command-table.js (oclif and the
// commands), index.js (the library), the files of worker threads, and chunks that are loaded when they are needed.
import {mkdirSync, readdirSync, writeFileSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {build} from 'esbuild';
import {lightGenai} from './light-genai.js';
import {lightOclif} from './light-oclif.js';
import {notices} from './notices.js';
import {withPlainBuiltins} from './plain-builtins.js';

/** @param {string} root - of the repository. */
export async function bundle(root) {
  const {metafile, outputFiles} = await build({
    absWorkingDir: root,
    entryPoints: ['src/main.ts', 'src/cli/command-table.ts', 'src/index.ts', ...workers(root)],
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
    write: false,
    logLevel: 'warning',
    plugins: [lightGenai, lightOclif],
  });
  for (const {path, text} of outputFiles) {
    mkdirSync(dirname(path), {recursive: true});
    writeFileSync(path, withPlainBuiltins(text));
  }
  writeFileSync(join(root, 'dist/third-party-notices.txt'), notices(root, Object.keys(metafile.inputs)));
}

/** Files that are started as worker threads: `new Worker(new URL('./its-worker.js', import.meta.url))`. */
function workers(root) {
  return readdirSync(join(root, 'src'), {recursive: true, encoding: 'utf8'})
    .filter((path) => basename(path).endsWith('-worker.ts'))
    .map((path) => `src/${path}`);
}
