// Compiles src into dist, or with --tests src and test into .build. The folder is emptied first, so that a source file that
// is gone leaves nothing behind that would still run.
import {spawnSync} from 'node:child_process';
import {rmSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [project, output] = process.argv.includes('--tests')
  ? ['test/tsconfig.json', '.build']
  : ['tsconfig.json', 'dist'];

rmSync(join(root, output), {recursive: true, force: true});
const compiler = join(root, 'node_modules/typescript/bin/tsc');
const {status} = spawnSync(process.execPath, [compiler, '-p', join(root, project)], {stdio: 'inherit'});
process.exitCode = status ?? 1;
