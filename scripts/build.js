// Makes what runs: dist, the bundle that is shipped and its types; or with --tests .build, the single modules of the sources,
// the tests and the benchmarks. The folder is emptied first, so that a source file that is gone leaves nothing behind.
import {spawnSync} from 'node:child_process';
import {rmSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const isForTests = process.argv.includes('--tests');

rmSync(join(root, isForTests ? '.build' : 'dist'), {recursive: true, force: true});
const compiler = join(root, 'node_modules/typescript/bin/tsc');
const project = join(root, isForTests ? 'test/tsconfig.json' : 'tsconfig.types.json');
const {status} = spawnSync(process.execPath, [compiler, '-p', project], {stdio: 'inherit'});
process.exitCode = status ?? 1;
if (status === 0 && !isForTests) {
  const {bundle} = await import('./bundle/bundle.js');
  await bundle(root);
}
