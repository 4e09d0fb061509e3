import {readFile, rename, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {EXIT} from '../../src/lib/domain/errors.js';
import type {RetryResult} from '../../src/lib/workflows/retry/retry-jobs.js';
import {JobFixture} from '../helpers/job-fixture.js';
import {requestFiles, requestLines} from '../helpers/request-files.js';
import {schemaErrors} from '../helpers/json-schema.js';
import {runCli, type CliResult} from '../helpers/run-cli.js';
import {MODEL, records, submit} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator} from '../helpers/use-emulator.js';

type Env = Readonly<Record<string, string>>;

const poll = (cwd: string, env: Env): Promise<CliResult> => runCli(['poll', '--once', '--json'], {cwd, env});

/** The last event of a poll. */
const summaryOf = ({stdout}: CliResult): unknown => JSON.parse(stdout.trim().split('\n').at(-1) ?? '');

async function retry(cwd: string, env: Env, ...args: string[]): Promise<CliResult & {result: RetryResult}> {
  const ended = await runCli(['retry', ...args, '--json'], {cwd, env});
  expect(schemaErrors('retry', ended.json())).toEqual([]);
  return {...ended, result: ended.json() as RetryResult};
}

async function rowsOf(folder: string, name: string): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(join(folder, name), 'utf8');
  const lines = text.split('\n').filter((line) => line !== '');
  return new Map(lines.map((line) => [(JSON.parse(line) as {key: string}).key, line]));
}

test('only the bad rows are sent again, and their answers are merged into the same result', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1, 10);
  emulator.control.outcome({
    match: '001.jsonl',
    rows: [
      {fault: 'error', keys: ['r2']},
      {fault: 'missing', keys: ['r5']},
      {fault: 'blocked', keys: ['r9']},
    ],
  });
  await submit({folder, env}, '001.jsonl');
  emulator.control.advance(60_000);
  expect((await poll(folder, env)).code).toBe(EXIT.partial);

  const dry = await retry(folder, env, '--dry-run');
  expect(dry.result.jobs).toMatchObject([
    {file: '001.jsonl', was: 'bad_rows', requests: 2, left_out: {blocked: 1}},
  ]);
  const [{estimate_usd: estimate} = {}] = dry.result.jobs;
  expect([estimate?.likely, estimate?.high]).toEqual([expect.any(Number), expect.any(Number)]);
  const told = await runCli(['retry', '--dry-run'], {cwd: folder, env});
  expect(told.stdout).toMatch(
    /would send 2 requests again, less than \$0\.0001\n.*\n1 to retry: less than \$0\.0001\. Nothing was sent\.$/mu,
  );
  expect(emulator.control.paid()).toHaveLength(1);

  const first = await retry(folder, env);
  expect(first.code).toBe(0);
  expect(emulator.control.paid()[1]).toMatchObject({request_count: 2, model: `models/${MODEL}`});
  const again = await retry(folder, env);
  expect(again.result.jobs).toEqual([]);
  expect(emulator.control.paid()).toHaveLength(2);

  emulator.control.outcome({rows: []});
  emulator.control.advance(60_000);
  const end = await poll(folder, env);
  expect([end.code, summaryOf(end)]).toMatchObject([EXIT.partial, {rows: {ok: 9, blocked: 1}}]);
  const rows = await rowsOf(folder, 'results/001.jsonl');
  expect([...rows.keys()].toSorted()).toEqual(['r1', 'r10', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r8', 'r9']);
  expect([...rows].every(([key, line]) => key === 'r9' || line.includes('candidates'))).toBe(true);
  const [original, retried] = await records(folder);
  expect(original?.results?.rows).toMatchObject({ok: 9, error: 0, missing: 0, blocked: 1});
  expect(retried).toMatchObject({
    retry_of: original?.batch.name,
    input_file: expect.stringMatching(/^retries\/001\./u),
  });
});

test('jobs that failed or expired are submitted again as a whole, each once', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 3);
  emulator.control.outcome({match: '001.jsonl', state: 'FAILED'});
  emulator.control.outcome({match: '002.jsonl', state: 'EXPIRED'});
  await submit({folder, env}, '0*.jsonl');
  emulator.control.advance(60_000);
  await poll(folder, env);

  const first = await retry(folder, env);
  expect(first.code).toBe(0);
  expect(Object.fromEntries(first.result.jobs.map(({file, was}) => [file, was]))).toEqual({
    '001.jsonl': 'failed',
    '002.jsonl': 'expired',
  });
  expect(emulator.control.paid()).toHaveLength(5);
  await retry(folder, env);
  expect(emulator.control.paid()).toHaveLength(5);
  expect((await records(folder)).filter(({retry_of: parent}) => parent !== undefined)).toHaveLength(2);
});

test('--max-output-tokens raises the limit of answers that were cut off, and changes no other byte', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  const line = (limit: number): string =>
    `{ "key": "long", "request": {"contents": [{"parts": [{"functionResponse": {"name": "f", "response": {"id": 2512292042121000001, "x": 1.50}}}]}], "generationConfig": {"maxOutputTokens": ${limit}}}}`;
  await writeFile(join(folder, 'a.jsonl'), `${line(100)}\n`);
  emulator.control.outcome({rows: [{fault: 'truncated', keys: ['long']}]});
  await submit({folder, env}, 'a.jsonl');
  emulator.control.advance(60_000);
  await poll(folder, env);
  const {result} = await retry(folder, env, 'a.jsonl', '--max-output-tokens', 'x4');
  const path = result.jobs[0]?.request_file ?? '';
  expect(await readFile(join(folder, path), 'utf8')).toBe(`${line(400)}\n`);
});

test('the name of a retry is no longer in the third generation than in the first', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1);
  emulator.control.outcome({rows: [{fault: 'error', keys: ['r1']}]});
  await submit({folder, env}, '001.jsonl');
  const names: string[] = [];
  for (let generation = 1; generation <= 3; generation += 1) {
    emulator.control.advance(60_000);
    await poll(folder, env);
    const {result} = await retry(folder, env);
    names.push(...result.jobs.map(({request_file: file}) => file ?? ''));
  }
  expect(names).toEqual([
    expect.stringMatching(/^retries\/001\.[^.]+\.jsonl$/u),
    expect.stringMatching(/^retries\/001\.[^.]+\.2\.jsonl$/u),
    expect.stringMatching(/^retries\/001\.[^.]+\.3\.jsonl$/u),
  ]);
  expect(emulator.control.paid()).toHaveLength(4);
});

test('--only names the rows that are sent, and those without a limit cannot have twice of it', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1, 4);
  emulator.control.outcome({
    rows: [
      {fault: 'error', keys: ['r1']},
      {fault: 'missing', keys: ['r2']},
      {fault: 'truncated', keys: ['r3']},
      {fault: 'blocked', keys: ['r4']},
    ],
  });
  await submit({folder, env}, '001.jsonl');
  emulator.control.advance(60_000);
  await poll(folder, env);
  const left = async (...args: string[]): Promise<unknown> =>
    (await retry(folder, env, '--dry-run', ...args)).result.jobs.map((job) => [job.requests, job.left_out]);
  expect(await left()).toEqual([[2, {truncated: 1, blocked: 1}]]);
  expect(await left('--only', 'missing,blocked')).toEqual([[2, {not_named: 2}]]);
  expect(await left('--max-output-tokens', 'x2')).toEqual([[2, {no_output_limit: 1, blocked: 1}]]);
  expect(await left('--max-output-tokens', '9000')).toEqual([[3, {blocked: 1}]]);
  const {stdout} = await runCli(['retry', '--dry-run', '--max-output-tokens', 'x2'], {cwd: folder, env});
  expect(stdout).toContain('1 row left out, cut off without a limit of their own');
  expect((await runCli(['retry', '--only', 'bad'], {cwd: folder, env})).code).toBe(EXIT.usage);
  const sent = await runCli(['retry'], {cwd: folder, env});
  expect(sent.stdout).toMatch(/ 1 row left out, cut off.*\nNext: gembatch poll\n$/u);
});

test('a limit is not multiplied beyond that of the model, and a row that has it is left out', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  const line = (key: string, limit: number): string =>
    `{"key":"${key}","request":{"contents":[{"parts":[{"text":"${key}"}]}],"generationConfig":{"maxOutputTokens":${limit}}}}\n`;
  await writeFile(join(folder, 'a.jsonl'), line('a', 65_536) + line('b', 40_000));
  emulator.control.outcome({rows: [{fault: 'truncated', keys: ['a', 'b']}]});
  await submit({folder, env}, 'a.jsonl');
  emulator.control.advance(60_000);
  await poll(folder, env);
  const {stdout} = await runCli(['retry', '--dry-run', '--max-output-tokens', 'x2'], {cwd: folder, env});
  expect(stdout).toContain('1 row left out, cut off at the limit of the model');
  const {result} = await retry(folder, env, '--max-output-tokens', 'x2');
  expect(result.jobs).toMatchObject([{requests: 1, left_out: {model_limit: 1}}]);
  const path = result.jobs[0]?.request_file ?? '';
  expect(await readFile(join(folder, path), 'utf8')).toBe(line('b', 65_536));
});

test('a row that the service ends anyway is left out whatever the limit, until it is named', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1, 3);
  emulator.control.outcome({
    rows: [
      {fault: 'continuation', keys: ['r1']},
      {fault: 'truncated', keys: ['r2']},
    ],
  });
  await submit({folder, env}, '001.jsonl');
  emulator.control.advance(60_000);
  await poll(folder, env);
  const left = async (...args: string[]): Promise<unknown> =>
    (await retry(folder, env, '--dry-run', ...args)).result.jobs.map((job) => [job.requests, job.left_out]);
  expect(await left('--max-output-tokens', '9000')).toEqual([[1, {continuation: 1}]]);
  expect(await left('--only', 'truncated', '--max-output-tokens', '9000')).toEqual([[1, {continuation: 1}]]);
  expect(await left('--only', 'truncated')).toEqual([[2, {}]]);
  const {stdout} = await runCli(['retry', '--dry-run'], {cwd: folder, env});
  expect(stdout).toContain('1 row left out, ended by the service before they were whole');
});

test('rows that fail in large jobs go in small ones, and all answers are merged', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1, 40);
  const keys = Array.from({length: 24}, (_, index) => `r${index + 1}`);
  emulator.control.outcome({
    rows: [
      {fault: 'precondition', keys},
      {fault: 'error', keys: ['r40']},
    ],
  });
  await submit({folder, env}, '001.jsonl');
  emulator.control.advance(60_000);
  await poll(folder, env);
  emulator.control.outcome({rows: []});
  const {result} = await retry(folder, env);
  expect(result.jobs).toMatchObject([{requests: 25, left_out: {}}]);
  const sizes = emulator.control.paid().map(({request_count: count}) => count);
  expect(sizes.slice(1).toSorted((a, b) => a - b)).toEqual([1, 4, 10, 10]);
  emulator.control.advance(60_000);
  const end = await poll(folder, env);
  expect([end.code, summaryOf(end)]).toMatchObject([0, {done: 1, rows: {ok: 40}}]);
});

test('bad rows of a request file that has changed are not guessed', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  const [path = ''] = await requestFiles(folder, 1);
  emulator.control.outcome({rows: [{fault: 'error', keys: ['r1']}]});
  await submit({folder, env}, '001.jsonl');
  emulator.control.advance(60_000);
  await poll(folder, env);
  await writeFile(path, requestLines(3, 'something else'));
  const {code, result} = await retry(folder, env);
  expect(code).not.toBe(0);
  expect(result.jobs[0]?.error?.code).toBe('FILE_CHANGED');
  expect(emulator.control.paid()).toHaveLength(1);
});

test('with nothing to retry it says so', async () => {
  const folder = await tempDir();
  const {env} = await useEmulator({speed: 0, seed: 1});
  const ended = await runCli(['retry'], {cwd: folder, env});
  expect(ended.code).toBe(0);
  expect(ended.stdout).toContain('Nothing to retry: no failed job');
});

test('a job that still runs is called that, and not done', async () => {
  const jobs = await JobFixture.create();
  await jobs.submit('a.jsonl');
  const ended = await runCli(['retry', 'a.jsonl'], jobs.options);
  expect([ended.code, ended.stdout]).toEqual([0, expect.stringMatching(/yet: 1 job is still.*poll/u)]);
});

test('a model that is gone keeps only its own jobs from being retried, and what was submitted is said', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 2);
  emulator.control.outcome({state: 'FAILED'});
  await submit({folder, env}, '001.jsonl');
  await runCli(['submit', '002.jsonl', '--model', 'gemini-2.5-flash'], {cwd: folder, env});
  emulator.control.advance(60_000);
  await poll(folder, env);
  emulator.control.behave({models: [{id: 'gemini-2.5-flash', batch: 'generate'}]});

  const {code, result} = await retry(folder, env);
  expect(code).toBe(EXIT.partial);
  expect(result.submissions.map(({model, summary}) => [model, summary.submitted])).toEqual([
    ['models/gemini-2.5-flash', 1],
  ]);
  expect(result.jobs.map(({file, error}) => [file, error?.code])).toEqual([
    ['001.jsonl', 'MODEL_UNAVAILABLE'],
    ['002.jsonl', undefined],
  ]);
  expect(emulator.control.paid()).toHaveLength(3);
});

test('a result file that is gone stops neither the other retries nor a later poll', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 2);
  emulator.control.outcome({match: '002.jsonl', state: 'FAILED'});
  emulator.control.outcome({match: '001.jsonl', rows: [{fault: 'error', keys: ['r1']}]});
  await submit({folder, env}, '0*.jsonl');
  emulator.control.advance(60_000);
  await poll(folder, env);
  await rename(join(folder, 'results/001.jsonl'), join(folder, 'away.jsonl'));
  const first = await retry(folder, env);
  expect(first.code).toBe(EXIT.partial);
  expect(Object.fromEntries(first.result.jobs.map(({file, error}) => [file, error?.code]))).toEqual({
    '001.jsonl': 'NOT_FOUND',
    '002.jsonl': undefined,
  });

  await rename(join(folder, 'away.jsonl'), join(folder, 'results/001.jsonl'));
  await retry(folder, env, '001.jsonl');
  await rename(join(folder, 'results/001.jsonl'), join(folder, 'away.jsonl'));
  emulator.control.clearOutcomes();
  emulator.control.advance(60_000);
  const unmerged = await runCli(['poll', '--once'], {cwd: folder, env});
  const lost = '001.jsonl: its results are lost. To pay for the work again: gembatch retry --lost 001.jsonl';
  expect([unmerged.code, unmerged.stdout]).toEqual([EXIT.partial, expect.stringContaining(lost)]);
  await rename(join(folder, 'away.jsonl'), join(folder, 'results/001.jsonl'));
  expect((await poll(folder, env)).code).toBe(0);
  const merged = (await records(folder)).find(({input_file: file}) => file === '001.jsonl');
  expect(merged?.results?.rows).toMatchObject({ok: 3, error: 0});
});
