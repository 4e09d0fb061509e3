import {spawnSync} from 'node:child_process';
import {chmodSync, existsSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import {BIN, runCli} from '../helpers/run-cli.js';
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

test('one impossible batch name in a record is the trouble of that job alone', async () => {
  const cwd = await tempDir();
  const {env} = await useEmulator();
  const record = (file: string, name: string): string =>
    `${JSON.stringify({input_file: file, count: 1, uploaded_file_name: '', batch: {name, state: 'JOB_STATE_RUNNING'}})}\n`;
  writeFileSync(
    join(cwd, 'job-info.jsonl'),
    record('a.jsonl', '../../x') + record('b.jsonl', 'batches/gone'),
  );
  const {code, stdout} = await runCli(['poll', '--once', '--json'], {cwd, env});
  expect(code).not.toBe(70);
  expect(stdout).toContain('is not the name of a batch job');
  expect(stdout).toContain('batches/gone');
});
