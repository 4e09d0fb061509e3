// Runs the crash suite: node scripts/crash.js [short] [--seed N] [--write] [PATTERN]
// "short" is what CI runs; --write puts the table into docs/reliability.md; PATTERN chooses test files by their path.
import {spawnSync} from 'node:child_process';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const {values, positionals} = parseArgs({
  allowPositionals: true,
  options: {seed: {type: 'string'}, write: {type: 'boolean', default: false}},
});
const form = positionals[0] === 'short' ? 'short' : 'whole';
const patterns = positionals.slice(form === 'short' ? 1 : 0);
const seed = values.seed ?? String(1 + Math.floor(Math.random() * 1_000_000));
const tablePath = join(root, '.build/crash-table.md');

console.log(
  `Crash suite, ${form} form, seed ${seed}. The same again: npm run test:crash --${form === 'short' ? ' short' : ''} --seed ${seed}`,
);
const jest = join(root, 'node_modules/jest/bin/jest.js');
const {status} = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    jest,
    '--config',
    join(root, 'jest.crash.config.js'),
    ...patterns,
  ],
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      GEMBATCH_CRASH_FORM: form,
      GEMBATCH_CRASH_SEED: seed,
      GEMBATCH_CRASH_TABLE: tablePath,
    },
  },
);
if (values.write && existsSync(tablePath)) writeTable();
process.exitCode = status ?? 1;

/** Replaces what stands between the marks of docs/reliability.md. */
function writeTable() {
  const page = join(root, 'docs/reliability.md');
  const text = readFileSync(page, 'utf8');
  const date = new Date().toISOString().slice(0, 10);
  const command = `npm run test:crash --${form === 'short' ? ' short' : ''} --seed ${seed}`;
  const table = `<!-- figures -->\n\nMade on ${date} by \`${command}\` with Node ${process.versions.node} on ${process.platform}.\n\n${readFileSync(tablePath, 'utf8')}\n<!-- /figures -->`;
  writeFileSync(
    page,
    text.replace(/<!-- figures -->[^]*<!-- \/figures -->/u, () => table),
  );
}
