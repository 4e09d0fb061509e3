// Compiles src and test into an empty .build, so that a deleted test does not go on running.
import {execFileSync} from 'node:child_process';
import {rmSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
rmSync(`${root}/.build`, {recursive: true, force: true});
execFileSync(
  process.execPath,
  [`${root}/node_modules/typescript/bin/tsc`, '-p', `${root}/test/tsconfig.json`],
  {
    stdio: 'inherit',
  },
);
