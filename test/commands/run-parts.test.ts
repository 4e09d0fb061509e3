import {mkdir, readFile, readdir, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {EXIT} from '../../src/lib/domain/errors.js';
import type {RunOutcome} from '../../src/commands/run.js';
import type {FileOutcome, SubmitResult} from '../../src/lib/workflows/submit/submit-report.js';
import type {JobList} from '../../src/lib/workflows/list/list-jobs.js';
import {schemaErrors} from '../helpers/json-schema.js';
import {requestLines} from '../helpers/request-files.js';
import {FAST_CLOCK, runCli, startCli, type CliOptions} from '../helpers/run-cli.js';
import {MODEL, records} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {until} from '../helpers/until.js';
import {useEmulator} from '../helpers/use-emulator.js';
import {parseLines} from '../helpers/json-lines.js';

const SPEED = 60;
const ARGS = ['run', 'data/big.jsonl', '--model', MODEL, '--interval', '5s'];

interface Run {
  readonly code: number | null;
  readonly result: RunOutcome;
}

/** A request file of ten requests, in a folder of its own, and how `run` is run on it. */
async function trial() {
  const folder = await tempDir();
  const path = join(folder, 'data/big.jsonl');
  await mkdir(join(folder, 'data'));
  await writeFile(path, requestLines(10));
  const {emulator, env} = await useEmulator({
    speed: SPEED,
    seed: 1,
    behaviour: {pending_ms: 5_000, running_ms: 5_000},
  });
  const options: CliOptions = {
    cwd: folder,
    env: {...env, GEMBATCH_TEST_SPEED: String(SPEED)},
    nodeArgs: FAST_CLOCK,
  };
  const run = async (...flags: string[]): Promise<Run> => {
    const ended = await runCli([...ARGS, ...flags, '--json'], options);
    expect(schemaErrors('run', ended.json())).toEqual([]);
    return {code: ended.code, result: ended.json() as RunOutcome};
  };
  return {folder, path, emulator, options, run};
}

const keysIn = (text: string): string[] =>
  parseLines(text)
    .map((line) => (line as {key: string}).key)
    .sort();

test('a file with more requests than a job may have is run in parts, and its results are one file', async () => {
  const {folder, path, emulator, run, options} = await trial();
  const {code, result} = await run('--max-requests', '4');
  expect(code).toBe(0);
  expect(result.submit.files.map(({file, count, part_of: part}) => [file, count, part?.first_line])).toEqual([
    ['data/parts/big.001-of-003.jsonl', 4, 1],
    ['data/parts/big.002-of-003.jsonl', 4, 5],
    ['data/parts/big.003-of-003.jsonl', 2, 9],
  ]);
  expect(emulator.control.paid().reduce((sum, {request_count: requests}) => sum + requests, 0)).toBe(10);
  const parts = await Promise.all(result.submit.files.map(({file}) => readFile(join(folder, file), 'utf8')));
  expect(parts.join('')).toBe(await readFile(path, 'utf8'));
  const all = Array.from({length: 10}, (_, i) => `r${i + 1}`).sort();
  expect(keysIn(await readFile(join(folder, 'data/results/big.jsonl'), 'utf8'))).toEqual(all);

  // The whole file stands for its parts.
  const list = (await runCli(['list', 'data/big.jsonl', '--json'], options)).json() as JobList;
  expect(new Set(list.jobs.map(({part_of: part}) => part?.index))).toEqual(new Set([1, 2, 3]));

  // The plan that is there wins over other limits, and without any.
  for (const flags of [[], ['--max-requests', '9']]) {
    const again = await run(...flags);
    expect([again.code, again.result.submit.summary.skipped]).toEqual([0, 3]);
  }
  expect(emulator.control.paid()).toHaveLength(3);
});

test('a file that holds more tokens than may be open is run in parts', async () => {
  const {run, emulator} = await trial();
  const {code, result} = await run('--max-open-tokens', '150');
  expect(code).toBe(0);
  expect(result.submit.summary.files).toBeGreaterThan(1);
  expect(emulator.control.openPeaks().tokens[`models/${MODEL}`]).toBeLessThanOrEqual(150);
});

test('a bad line of the whole file is named, and nothing of it is sent', async () => {
  const {path, run, emulator} = await trial();
  await writeFile(path, `${requestLines(10)}not JSON\n`);
  const {code, result} = await run('--max-requests', '4');
  expect(code).toBe(EXIT.usage);
  expect(result.submit.files).toMatchObject([{outcome: 'failed', error: {code: 'FILE_INVALID', line: 11}}]);
  expect(emulator.control.paid()).toEqual([]);
});

test('a whole file that has changed is not sent in parts', async () => {
  const {path, run, emulator} = await trial();
  await run('--max-requests', '4');
  await writeFile(path, requestLines(12, 'the mountains'));
  const {code, result} = await run('--max-requests', '4');
  expect(code).toBe(EXIT.failed);
  expect(result.submit.files).toMatchObject([{error: {code: 'FILE_CHANGED'}}]);
  const knowingly = await run('--if-changed', 'skip');
  expect([knowingly.code, knowingly.result.submit.summary.skipped]).toEqual([0, 3]);
  expect(emulator.control.paid()).toHaveLength(3);
});

test('without its plan, other limits than those of the recorded parts send nothing', async () => {
  const {folder, run, emulator} = await trial();
  await run('--max-requests', '4');
  await rm(join(folder, 'data/parts/big.jsonl.parts.json'));
  const other = await run('--max-requests', '5');
  expect(other.result.submit.files).toMatchObject([{outcome: 'failed', error: {code: 'STORAGE'}}]);
  const same = await run('--max-requests', '4');
  expect([same.code, same.result.submit.summary.skipped]).toEqual([0, 3]);
  await rm(join(folder, 'data/parts'), {recursive: true});
  const whole = await run();
  expect(whole.result.submit.files).toMatchObject([{outcome: 'failed', error: {code: 'STORAGE'}}]);
  expect(emulator.control.paid()).toHaveLength(3);
});

test('a file whose create as a whole had no answer is not sent in parts', async () => {
  const {emulator, run, options} = await trial();
  emulator.control.fault({on: 'batches.create', fault: {kind: 'hang_after'}});
  const victim = startCli(ARGS, options);
  await until(() => (emulator.control.counts()['batches.create'] ?? 0) > 0);
  victim.process.kill('SIGKILL');
  await victim.ended;
  const {code} = await run('--max-requests', '4');
  expect(code).toBe(0);
  expect(emulator.control.paid().map(({request_count: requests}) => requests)).toEqual([10]);
});

test('killed in the middle of its parts and started again, it pays nothing twice', async () => {
  const {folder, emulator, run, options} = await trial();
  emulator.control.fault({on: 'batches.create', skip: 1, fault: {kind: 'hang_after'}});
  const victim = startCli([...ARGS, '--max-requests', '4', '-c', '1'], options);
  await until(() => (emulator.control.counts()['batches.create'] ?? 0) > 1);
  victim.process.kill('SIGKILL');
  await victim.ended;
  const {code} = await run('--max-requests', '4');
  expect(code).toBe(0);
  expect(emulator.control.paid()).toHaveLength(3);
  const indexes = (await records(folder)).map(({part_of: part}) => part?.index);
  expect(new Set(indexes)).toEqual(new Set([1, 2, 3]));
  expect(await readdir(join(folder, 'data/results'))).toEqual(['big.jsonl']);
});

test('what a retry answers comes into the joined results', async () => {
  const {folder, emulator, run, options} = await trial();
  emulator.control.outcome({rows: [{fault: 'error', keys: ['r5']}]});
  expect((await run('--max-requests', '4')).code).toBe(EXIT.partial);
  const joined = join(folder, 'data/results/big.jsonl');
  expect(await readFile(joined, 'utf8')).toContain('Internal error');
  emulator.control.clearOutcomes();
  const retry = await runCli(['retry', 'data/big.jsonl', '--json'], options);
  expect(retry.json()).toMatchObject({jobs: [{file: 'data/parts/big.002-of-003.jsonl', requests: 1}]});
  expect((await runCli(['poll', '--interval', '5s', '--json'], options)).code).toBe(0);
  const text = await readFile(joined, 'utf8');
  expect(text).not.toContain('Internal error');
  expect(keysIn(text)).toEqual(Array.from({length: 10}, (_, i) => `r${i + 1}`).sort());
});

test('when results stand at the place of the whole file and no record knows them, no part is sent', async () => {
  const {folder, run, emulator} = await trial();
  await mkdir(join(folder, 'data/results'));
  await writeFile(join(folder, 'data/results/big.jsonl'), 'mine\n');
  const {code, result} = await run('--max-requests', '4');
  expect(code).toBe(EXIT.failed);
  expect(new Set(result.submit.files.map(({error}) => error?.code))).toEqual(new Set(['RESULT_EXISTS']));
  expect(emulator.control.paid()).toEqual([]);
});

test('without its job-info file, a file that was run in parts is not paid for again', async () => {
  const {folder, run, emulator} = await trial();
  await run('--max-requests', '4');
  await rm(join(folder, 'job-info.jsonl'));
  const {result} = await run('--max-requests', '4');
  // A job that could not be deleted in time, on a busy machine, is adopted.
  const isUnsent = ({error, reason}: FileOutcome): boolean =>
    error?.code === 'RESULT_EXISTS' || reason === 'adopted';
  expect(result.submit.files.every(isUnsent)).toBe(true);
  expect(emulator.control.paid()).toHaveLength(3);
});

test('a dry run of submit knows the parts that a run has left', async () => {
  const {emulator, options} = await trial();
  emulator.control.fault({on: 'batches.create', skip: 1, fault: {kind: 'hang_before'}});
  const victim = startCli([...ARGS, '--max-requests', '4', '-c', '1'], options);
  await until(() => (emulator.control.counts()['batches.create'] ?? 0) > 1);
  victim.process.kill('SIGKILL');
  await victim.ended;
  const {json} = await runCli(['submit', 'data/big.jsonl', '--dry-run', '--json'], options);
  // The part that is checked first is sent first.
  const outcomes = (json() as SubmitResult).files.map(({outcome}) => outcome).sort();
  expect(outcomes).toEqual(['skipped', 'unclear', 'would_submit']);
});
