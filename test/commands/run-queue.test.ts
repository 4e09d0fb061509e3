import {mkdir} from 'node:fs/promises';
import {expect, test} from '@jest/globals';
import {EXIT} from '../../src/lib/domain/errors.js';
import type {RunOutcome} from '../../src/commands/run.js';
import type {Emulator} from '../../src/emulator/http/server.js';
import {schemaErrors} from '../helpers/json-schema.js';
import {requestFiles} from '../helpers/request-files.js';
import {FAST_CLOCK, runCli, startCli, type CliResult} from '../helpers/run-cli.js';
import {MODEL} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {until} from '../helpers/until.js';
import {useEmulator} from '../helpers/use-emulator.js';

/** Emulated time and the waits of the command run so many times as fast as a clock. */
const SPEED = 60;

const ARGS = ['run', '*.jsonl', '--model', MODEL, '--interval', '5s', '--job-info', 'jobs/info.jsonl'];

interface Trial {
  readonly folder: string;
  readonly emulator: Emulator;
  readonly run: (...flags: string[]) => Promise<CliResult>;
  readonly runJson: (
    ...flags: string[]
  ) => Promise<{readonly code: number | null; readonly result: RunOutcome}>;
}

/** Request files, and an emulator whose jobs take half a minute. */
async function trial(fileCount: number, behaviour: Record<string, number> = {}): Promise<Trial> {
  const folder = await tempDir();
  await mkdir(`${folder}/jobs`);
  await requestFiles(folder, fileCount);
  const times = {pending_ms: 10_000, running_ms: 20_000};
  const {emulator, env} = await useEmulator({speed: SPEED, seed: 1, behaviour: {...times, ...behaviour}});
  const run = (...flags: string[]): Promise<CliResult> =>
    runCli([...ARGS, ...flags], {
      cwd: folder,
      env: {...env, GEMBATCH_TEST_SPEED: String(SPEED)},
      nodeArgs: FAST_CLOCK,
    });
  return {
    folder,
    emulator,
    run,
    runJson: async (...flags) => {
      const ended = await run(...flags, '--json');
      expect(schemaErrors('run', ended.json())).toEqual([]);
      return {code: ended.code, result: ended.json() as RunOutcome};
    },
  };
}

test('submits more files as jobs end, never with more open than is allowed', async () => {
  const {emulator, runJson} = await trial(12);
  const {code, result} = await runJson('--max-open-jobs', '5');
  expect(code).toBe(0);
  expect(result.submit.summary).toMatchObject({submitted: 12, not_started: 0});
  expect(result.poll).toMatchObject({done: 12});
  expect(result.waiting).toBeNull();
  expect(emulator.control.openPeaks().jobs).toBe(5);
  expect(emulator.control.paid()).toHaveLength(12);
});

test('finds out how many jobs the service takes, and goes on until all is done', async () => {
  const {emulator, runJson} = await trial(12, {max_concurrent_jobs: 3});
  const {code, result} = await runJson();
  expect([code, result.submit.summary.submitted, result.poll?.done]).toEqual([0, 12, 12]);
  expect(emulator.control.paid()).toHaveLength(12);
  // What was uploaded and refused is used later on, and nothing of it is left.
  expect(emulator.control.counts()['upload.start']).toBeLessThan(20);
  expect(emulator.control.files()).toEqual([]);
});

test('keeps to the tokens that may be open', async () => {
  const {emulator, runJson} = await trial(6);
  const {code} = await runJson('--max-open-tokens', '200');
  expect(code).toBe(0);
  const tokens = emulator.control.openPeaks().tokens[`models/${MODEL}`] ?? 0;
  expect(tokens).toBeGreaterThan(100);
  expect(tokens).toBeLessThanOrEqual(200);
});

test('says why files wait, and when it is tried again', async () => {
  // So long that all three are open when the fourth waits, however busy the machine.
  const {run, emulator} = await trial(4, {pending_ms: 120_000, running_ms: 120_000});
  emulator.control.fault({on: 'batches.create', times: 2, fault: {kind: 'quota'}});
  const {code, stderr} = await run('--max-open-jobs', '3');
  expect(code).toBe(0);
  expect(stderr).toMatch(
    /^\d files wait: the service takes no more for lack of quota .*Trying again in \d+s/mu,
  );
  expect(stderr).toContain('1 file waits: 3 of 3 batch jobs are open. More follow as jobs end.');
});

test('gives up for lack of quota only when it was told to', async () => {
  const {runJson, emulator} = await trial(3);
  emulator.control.fault({on: 'batches.create', times: null, fault: {kind: 'quota'}});
  const {code, result} = await runJson('--quota-wait', '1m');
  expect(code).toBe(EXIT.quota);
  expect(result.submit.summary).toMatchObject({submitted: 0, not_started: 3});
  expect(result.waiting).toMatchObject({reason: 'quota', files: 3, open_jobs: 0});
  expect(emulator.control.files()).toEqual([]);
});

test('ends with what still waits when its time is up, and goes on the next time', async () => {
  const {emulator, runJson} = await trial(6);
  const first = await runJson('--max-open-jobs', '2', '--timeout', '20s');
  expect(first.code).toBe(EXIT.running);
  expect(first.result.submit.summary).toMatchObject({submitted: 2, not_started: 4});
  expect(first.result.waiting).toMatchObject({reason: 'open_jobs', files: 4, open_jobs: 2, max_open_jobs: 2});
  const second = await runJson('--max-open-jobs', '2');
  expect([second.code, second.result.poll?.done]).toEqual([0, 6]);
  expect(emulator.control.paid()).toHaveLength(6);
});

test('two runs share a job-info file and its room', async () => {
  const {emulator, runJson} = await trial(10);
  const runs = await Promise.all([runJson('--max-open-jobs', '4'), runJson('--max-open-jobs', '4')]);
  expect(runs.map(({code, result}) => [code, result.poll?.done])).toEqual([
    [0, 10],
    [0, 10],
  ]);
  expect(emulator.control.openPeaks().jobs).toBe(4);
  expect(emulator.control.paid()).toHaveLength(10);
});

test('jobs of other files take room until they are over', async () => {
  const {emulator, folder, runJson} = await trial(3);
  const env = {GOOGLE_GEMINI_BASE_URL: emulator.url, GEMINI_API_KEY: 'test-key'};
  const other = startCli(['submit', '001.jsonl', '--model', MODEL, '--job-info', 'jobs/info.jsonl'], {
    cwd: folder,
    env,
  });
  await other.ended;
  await until(() => emulator.control.paid().length === 1);
  const {code} = await runJson('--max-open-jobs', '1');
  expect([code, emulator.control.openPeaks().jobs]).toEqual([0, 1]);
});
