import {spawnSync} from 'node:child_process';
import {appendFileSync, chmodSync, existsSync} from 'node:fs';
import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import {EXIT} from '../../src/lib/domain/errors.js';
import {JobFixture} from '../helpers/job-fixture.js';
import {requestLines} from '../helpers/request-files.js';
import {BIN, runCli} from '../helpers/run-cli.js';
import {MODEL} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator} from '../helpers/use-emulator.js';

/** A user id without an entry in /etc/passwd; root on Linux may take it, where others may run this Node and read this folder. */
const NAMELESS = ['--reuid', '4242', '--regid', '4242', '--clear-groups'];
const canChangeUser =
  process.platform === 'linux' &&
  spawnSync('setpriv', [...NAMELESS, 'env', process.execPath, BIN, '--version']).status === 0;

describe('a user id without a name', () => {
  const commands = [
    ['list', '--json'],
    ['help', 'submit'],
    ['--help'],
    ['show', 'a.jsonl'],
    ['cleanup', '--dry-run'],
  ];
  (canChangeUser ? test : test.skip).each([['HOME=/'], ['SHELL=/bin/sh'], ['LANG=C']])(
    'runs every command with nothing but %s in the environment',
    async (variable) => {
      const cwd = await tempDir();
      chmodSync(cwd, 0o777);
      for (const args of commands) {
        const command = [...NAMELESS, 'env', '-i', variable, process.execPath, BIN, ...args];
        const {status, stdout, stderr} = spawnSync('setpriv', command, {cwd, encoding: 'utf8'});
        expect(stdout + stderr).not.toMatch(/SystemError|uv_os_|\n {4}at /u);
        expect([0, 1, 2, 6]).toContain(status);
      }
    },
  );
});

test('global flags may stand before the command, as the Python tool takes them', async () => {
  const cwd = await tempDir();
  const {code, json} = await runCli(['--json', '--job-info', 'mine.jsonl', 'list'], {cwd});
  expect(code).toBe(0);
  expect(json()).toMatchObject({job_info: join(cwd, 'mine.jsonl'), jobs: []});
  expect(existsSync(join(cwd, 'job-info.jsonl'))).toBe(false);
});

describe('a folder', () => {
  const ADVICE = /Name a file.*--job-info FILE\n.*move the folder away/u;

  test.each([
    ['job-info.jsonl', ['submit', 'a.jsonl', '-m', 'x']],
    ['job-info.jsonl', ['list']],
    ['job-info.jsonl', ['poll']],
    ['some/folder', ['submit', 'a.jsonl', '-m', 'x', '--job-info', 'some/folder']],
    ['some/folder', ['results', '--job-info', 'some/folder']],
  ])('%s in the place of the job-info file is said to be one: %j', async (place, command) => {
    const cwd = await tempDir();
    await mkdir(join(cwd, place), {recursive: true});
    await writeFile(join(cwd, 'a.jsonl'), requestLines(1));
    const {code, stderr} = await runCli(command, {cwd, env: {GEMINI_API_KEY: 'test-key'}});
    expect([code, stderr]).toEqual([
      EXIT.storage,
      expect.stringContaining(`${join(cwd, place)} is a folder, not a job-info file, so nothing was done.`),
    ]);
    expect(stderr).toMatch(ADVICE);
    expect(stderr).not.toContain('disk space');
  });

  test.each(['journal', 'tmp', 'lock'])('in the place of the .%s beside it is named', async (suffix) => {
    const cwd = await tempDir();
    const {env} = await useEmulator();
    await mkdir(join(cwd, `job-info.jsonl.${suffix}`));
    await writeFile(join(cwd, 'a.jsonl'), requestLines(1));
    const {code, stderr} = await runCli(['submit', 'a.jsonl', '-m', MODEL], {cwd, env});
    expect([code, stderr]).toEqual([
      EXIT.storage,
      expect.stringContaining(`job-info.jsonl.${suffix}: EISDIR`),
    ]);
    expect(stderr).toContain('A folder is in the place of that file: move it away');
  });

  test('cannot be where a part of the path is a file', async () => {
    const cwd = await tempDir();
    await writeFile(join(cwd, 'a.jsonl'), '');
    const {code, stderr} = await runCli(['list', '--job-info', 'a.jsonl/x'], {cwd});
    expect([code, stderr]).toEqual([EXIT.storage, expect.stringContaining('is a file, not a folder')]);
  });
});

describe('one impossible batch name in a record', () => {
  async function withName(name: string) {
    const jobs = await JobFixture.create();
    const good = await jobs.submit('good.jsonl');
    jobs.finishJobs();
    const bad = {...good, input_file: 'bad.jsonl', sha256: '0'.repeat(64), batch: {...good.batch, name}};
    appendFileSync(join(jobs.options.cwd, 'job-info.jsonl'), `${JSON.stringify(bad)}\n`);
    return {jobs, good};
  }

  test.each(['../../x', 'batches/../x', '', 'batches/a b', 'models/x', 'batches/x?y=1', 'batches/..'])(
    '%j is the trouble of that job alone in poll and list',
    async (name) => {
      const {jobs, good} = await withName(name);
      const refreshed = await runCli(['list', '--refresh', '--json'], jobs.options);
      expect(refreshed.code).toBe(1);
      expect(refreshed.stderr).toContain('is not the name of a batch job');
      expect(refreshed.json()).toMatchObject({
        jobs: [{name: good.batch.name, state: 'JOB_STATE_SUCCEEDED'}, {name}],
      });
      const polled = await runCli(['poll', '--once', '--json'], jobs.options);
      expect(polled.code).toBe(3);
      expect(polled.stdout).toContain('is not the name of a batch job');
      expect(await jobs.read('results/good.jsonl')).not.toBe('');
    },
  );

  test('leaves every command what it can do', async () => {
    const commands = [
      'cancel --all-running --yes',
      'results',
      'retry --dry-run',
      'cleanup --yes',
      'report',
      'cost',
    ];
    const {jobs} = await withName('../../x');
    for (const line of commands) {
      const {code, stderr} = await runCli(line.split(' '), jobs.options);
      expect([line, [0, 1, 3, 4].includes(code ?? -1), stderr]).toEqual([
        line,
        true,
        expect.not.stringContaining('bug'),
      ]);
    }
  });
});
