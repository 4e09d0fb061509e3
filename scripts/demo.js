// Runs the session of the README on the embedded emulator, in a folder that is thrown away: no key, no network, nothing paid.
// With --vertex the same commands go to Vertex AI: npm run demo -- --vertex
import {spawnSync} from 'node:child_process';
import {cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {delimiter, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const gembatch = join(root, 'bin/run.js');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const [, session = ''] = /^## A session$[^]*?^```sh\n([^]*?)^```$/mu.exec(readme) ?? [];

const folder = mkdtempSync(join(tmpdir(), 'gembatch-demo-'));
process.on('exit', () => rmSync(folder, {recursive: true, force: true}));
cpSync(join(root, 'examples'), join(folder, 'examples'), {recursive: true});
mkdirSync(join(folder, 'bin'));
symlinkSync(gembatch, join(folder, 'bin/gembatch'));
const isVertex = process.argv.includes('--vertex');
writeFileSync(join(folder, 'session.sh'), isVertex ? onVertex(session) : session);

// The settings of whoever runs the demo stay out of it.
for (const name of ['GEMBATCH_MODEL', 'GEMBATCH_JOB_INFO', 'GEMBATCH_PRICES']) delete process.env[name];
process.env.PATH = [join(folder, 'bin'), process.env.PATH].join(delimiter);
// -v shows each line before it runs.
const shell = ['sh', '-ev', 'session.sh'];
const {status} = spawnSync(
  process.execPath,
  [gembatch, 'emulator', 'exec', '--speed', '60', '--', ...shell],
  {
    cwd: folder,
    stdio: 'inherit',
  },
);
process.exitCode = status ?? 1;

/**
 * The commands that make jobs, with the flag; the others know from the records where the jobs are.
 *
 * @param {string} commands
 */
function onVertex(commands) {
  return commands.replaceAll(
    /^(gembatch (?:submit|run|retry)\b)/gmu,
    '$1 --vertex --bucket gs://demo-bucket',
  );
}
