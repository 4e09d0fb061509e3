// Builds a copy of the sources with the packages as pnpm lays them out, and compares what is bundled with the build that is there.
// Ends with 75 (EX_TEMPFAIL) where pnpm or the packages cannot be had.
import {spawnSync} from 'node:child_process';
import {cpSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

const NOT_CHECKED = 75;
const SOURCES = [
  'bin',
  'oclif.manifest.json',
  'package-lock.json',
  'package.json',
  'scripts',
  'src',
  'tsconfig.json',
  'tsconfig.types.json',
];

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'gembatch-pnpm-'));
try {
  process.exitCode = check();
} finally {
  rmSync(folder, {recursive: true, force: true});
}

function check() {
  for (const name of SOURCES) cpSync(join(root, name), join(folder, name), {recursive: true});
  // The versions of package-lock.json, in pnpm's own form.
  const steps = [
    ['--version'],
    ['import'],
    ['install', '--frozen-lockfile', '--ignore-scripts', '--prefer-offline'],
  ];
  for (const args of steps) {
    if (!run('npx', ['--yes', 'pnpm@10', ...args])) {
      console.error(`pnpm ${args[0]} did not work: nothing was checked.`);
      return NOT_CHECKED;
    }
  }
  if (!run(process.execPath, ['scripts/build.js'])) return 1;
  if (!run(process.execPath, ['bin/run.js', 'help'])) return 1;
  const [built, own] = [folder, root].map((place) => readFileSync(join(place, 'dist/sbom.cdx.json'), 'utf8'));
  if (built === own) return 0;
  console.error('With pnpm other packages or versions are bundled than with npm.');
  return 1;
}

function run(command, args) {
  const {status} = spawnSync(command, args, {cwd: folder, stdio: ['ignore', 'ignore', 'inherit']});
  return status === 0;
}
