// Shows the main job on the embedded emulator, in a folder that is thrown away: no key, no network, nothing paid.
// Runs itself a second time inside `gembatch emulator exec`, where the address and the key are the emulator's.
import {execFileSync} from 'node:child_process';
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
  try {
    cpSync(join(root, 'examples'), join(folder, 'examples'), {recursive: true});
    run(['emulator', 'exec', '--', process.execPath, fileURLToPath(import.meta.url), '--inside'], folder);
  } catch (error) {
    process.exitCode = error.status ?? 1;
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

function showSession() {
  show('submit', 'examples/*.jsonl');
  show('submit', 'examples/*.jsonl');
  console.log('\n$ cat job-info.jsonl');
  for (const line of readFileSync('job-info.jsonl', 'utf8').trim().split('\n')) {
    console.log(JSON.stringify(JSON.parse(line), null, 2));
  }
}

function show(...args) {
  console.log(`\n$ gembatch ${args.join(' ')}`);
  run(args, process.cwd());
}

function run(args, cwd) {
  execFileSync(process.execPath, [gembatch, ...args], {cwd, stdio: 'inherit'});
}
