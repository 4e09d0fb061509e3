import {readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {EXIT} from '../../src/lib/domain/errors.js';
import type {RunOutcome} from '../../src/commands/run.js';
import {schemaErrors} from '../helpers/json-schema.js';
import {requestFiles} from '../helpers/request-files.js';
import {FAST_CLOCK, runCli, type CliResult} from '../helpers/run-cli.js';
import {MODEL} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator} from '../helpers/use-emulator.js';

type Env = Readonly<Record<string, string>>;

const ARGS = ['run', '0*.jsonl', '--model', MODEL];

/** `run`, whose waits are so many times as fast when a speed is given. */
async function run(cwd: string, env: Env, speed = 1): Promise<CliResult & {result: RunOutcome}> {
  const ended = await runCli([...ARGS, '--interval', `${speed * 200}ms`, '--json'], {
    cwd,
    env: {...env, GEMBATCH_TEST_SPEED: String(speed)},
    nodeArgs: speed === 1 ? [] : FAST_CLOCK,
  });
  expect(schemaErrors('run', ended.json())).toEqual([]);
  return {...ended, result: ended.json() as RunOutcome};
}

test('23 files become 23 verified results, and nothing is left at the service', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 20, seed: 1});
  await requestFiles(folder, 23);
  const {code, result} = await run(folder, env);
  expect(code).toBe(0);
  expect(result.submit.summary.submitted).toBe(23);
  expect(result.poll).toMatchObject({done: 23, rows: {ok: 69}});
  expect(await readFile(join(folder, 'results/023.jsonl'), 'utf8')).toContain('"candidates"');
  expect(emulator.control.files()).toEqual([]);
  expect(emulator.control.jobs()).toEqual([]);

  const again = await run(folder, env);
  expect([again.code, again.result.poll?.done]).toEqual([0, 23]);
  expect(emulator.control.paid()).toHaveLength(23);
});

test('a bad file leaves a run whose other jobs went well at a partial success', async () => {
  const folder = await tempDir();
  const {env} = await useEmulator({speed: 20, seed: 1});
  await requestFiles(folder, 2);
  await writeFile(join(folder, '003.jsonl'), 'not JSON\n');
  const {code, result} = await run(folder, env);
  expect(code).toBe(EXIT.partial);
  expect(result.poll).toMatchObject({done: 2});
});

test('when no file could be submitted there is nothing to follow', async () => {
  const folder = await tempDir();
  const {env} = await useEmulator({speed: 20, seed: 1});
  await writeFile(join(folder, '003.jsonl'), 'not JSON\n');
  const {code, result} = await run(folder, env);
  expect([code, result.poll]).toEqual([EXIT.usage, null]);
});

test('--on-done runs a command that learns how it went', async () => {
  const folder = await tempDir();
  const {env} = await useEmulator({speed: 20, seed: 1});
  await requestFiles(folder, 1);
  const ended = await runCli(
    [...ARGS, '--interval', '200ms', '--on-done', 'echo "$GEMBATCH_OUTCOME $GEMBATCH_DONE" > done.txt'],
    {
      cwd: folder,
      env,
    },
  );
  expect(ended.code).toBe(0);
  expect(await readFile(join(folder, 'done.txt'), 'utf8')).toBe('ok 1\n');
});

test('--retries sends bad rows again, as often as it helps, and the results are whole', async () => {
  const {emulator, env} = await useEmulator({speed: 1000, seed: 1});
  const cwd = await tempDir();
  await requestFiles(cwd, 1, 6);
  emulator.control.outcome({
    match: '001.jsonl #',
    rows: [
      {fault: 'error', keys: ['r2']},
      {fault: 'blocked', keys: ['r5']},
    ],
  });
  const args = ['run', '001.jsonl', '-m', 'gemini-3.5-flash-lite', '--interval', '100ms', '--json'];
  const {code, json} = await runCli([...args, '--retries', '3'], {cwd, env});
  expect(schemaErrors('run', json())).toEqual([]);
  const {poll, retries} = json() as RunOutcome;
  expect(poll?.rows).toMatchObject({ok: 5, error: 0, blocked: 1});
  expect(retries?.map(({jobs}) => jobs[0]?.requests)).toEqual([1, 0]);
  expect(emulator.control.paid()).toHaveLength(2);
  expect(code).toBe(EXIT.partial);
});
