// Shows the main job on the embedded emulator, in a folder that is thrown away: no key, no network, nothing paid.
// Runs itself a second time inside `gembatch emulator exec`, where the address and the key are the emulator's.
import {spawnSync} from 'node:child_process';
import {cpSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const gembatch = join(root, 'bin/run.js');

if (process.argv.includes('--inside')) {
  showSession();
} else {
  // The keys and settings of whoever runs the demo stay out of it.
  for (const name of ['GOOGLE_API_KEY', 'GEMBATCH_MODEL', 'GEMBATCH_JOB_INFO']) delete process.env[name];
  const folder = mkdtempSync(join(tmpdir(), 'gembatch-demo-'));
  process.on('exit', () => rmSync(folder, {recursive: true, force: true}));
  cpSync(join(root, 'examples'), join(folder, 'examples'), {recursive: true});
  const session = [process.execPath, fileURLToPath(import.meta.url), '--inside'];
  // An emulated job takes six seconds; twice as fast is still to be seen.
  run(['emulator', 'exec', '--speed', '2', '--', ...session], folder);
}

function showSession() {
  show('submit', 'examples/*.jsonl', '--model', 'gemini-3.5-flash-lite');
  show('submit', 'examples/*.jsonl', '--model', 'gemini-3.5-flash-lite');
  console.log('\n$ head -n 1 job-info.jsonl');
  const [record = ''] = readFileSync('job-info.jsonl', 'utf8').split('\n');
  console.log(JSON.stringify(JSON.parse(record), null, 2));
  show('list');
  show('poll', '--interval', '1s');
  show('results', 'examples/capitals.jsonl', '--join', '-', '--format', 'csv');
}

function show(...args) {
  console.log(`\n$ gembatch ${args.join(' ')}`);
  run(args, process.cwd());
}

/** Runs gembatch as a person would; the demo ends with the first command that does not work. */
function run(args, cwd) {
  const {status} = spawnSync(process.execPath, [gembatch, ...args], {cwd, stdio: 'inherit'});
  if (status !== 0) process.exit(status ?? 1);
}
