import {appendFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {EXIT} from '../../src/lib/domain/errors.js';
import type {JobList} from '../../src/lib/workflows/list/list-jobs.js';
import type {ShownJobs} from '../../src/lib/workflows/list/show-job.js';
import {schemaErrors} from '../helpers/json-schema.js';
import {requestFiles} from '../helpers/request-files.js';
import {runCli} from '../helpers/run-cli.js';
import {records, submit} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator} from '../helpers/use-emulator.js';

async function list(cwd: string, ...args: string[]): Promise<JobList> {
  const ended = await runCli(['list', ...args, '--json'], {cwd});
  expect(schemaErrors('list', ended.json())).toEqual([]);
  return ended.json() as JobList;
}

test('the records are listed without a key, filtered and sorted', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 3);
  for (const file of ['003.jsonl', '001.jsonl', '002.jsonl']) await submit({folder, env}, file);
  emulator.control.outcome({match: '002', state: 'FAILED'});
  emulator.control.advance(60_000);
  await runCli(['poll', '--once'], {cwd: folder, env});

  expect((await list(folder)).jobs.map(({file}) => file)).toEqual(['003.jsonl', '001.jsonl', '002.jsonl']);
  expect((await list(folder, '--sort', 'file')).jobs.map(({file}) => file)).toEqual([
    '001.jsonl',
    '002.jsonl',
    '003.jsonl',
  ]);
  expect((await list(folder, '--state', 'failed')).jobs.map(({file}) => file)).toEqual(['002.jsonl']);
  expect((await list(folder, './001.jsonl')).jobs).toMatchObject([{outcome: 'done', bad_rows: 0}]);

  const table = await runCli(['status'], {cwd: folder});
  expect(table.stdout).toMatch(/^FILE +REQUESTS +STATE/u);
  expect(table.stdout).toContain('3 files: 2 done, 1 failed');
  const csv = await runCli(['list', '--csv'], {cwd: folder});
  expect(csv.stdout.split('\r\n')[3]).toMatch(
    /^002\.jsonl,batches\/\w+,models\/gemini-2\.5-flash-lite,JOB_STATE_FAILED,failed,3,/u,
  );
  const part = await runCli(['list', '--state', 'JOB_STATE_FAILED'], {cwd: folder});
  expect(part.stdout).toContain('1 of 3 files: 1 failed');
  expect((await list(folder)).summary).toMatchObject({recorded: 3, jobs: 3, done: 2, failed: 1, running: 0});
});

test('a state that no job can have is an error, not an empty list', async () => {
  const folder = await tempDir();
  const ended = await runCli(['list', '--state', 'bad_row'], {cwd: folder});
  expect(ended).toMatchObject({code: EXIT.usage, stdout: ''});
  expect(ended.stderr).toContain('Did you mean: bad-rows');
});

test('--refresh asks the service first and records what it says', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1);
  await submit({folder, env}, '001.jsonl');
  emulator.control.advance(3_000);
  expect((await list(folder)).jobs[0]?.state).toBe('JOB_STATE_PENDING');
  await runCli(['list', '--refresh'], {cwd: folder, env});
  expect((await list(folder)).jobs[0]?.state).toBe('JOB_STATE_RUNNING');
});

test('an empty store, unknown jobs and lines that cannot be read are said so', async () => {
  const folder = await tempDir();
  expect(await runCli(['list'], {cwd: folder})).toMatchObject({
    code: 0,
    stdout: `No batch jobs in ${join(folder, 'job-info.jsonl')}.\n`,
  });
  expect(await runCli(['show', 'x.jsonl'], {cwd: folder})).toMatchObject({code: 2});
  await writeFile(join(folder, 'job-info.jsonl'), '{"torn\n');
  expect((await list(folder)).problems).toMatchObject([{line: 1}]);
});

test('jobs that may be in lines that cannot be read are not called unrecorded', async () => {
  const folder = await tempDir();
  await requestFiles(folder, 1);
  await writeFile(join(folder, 'job-info.jsonl'), '{"torn\n');
  for (const command of [['show', '001.jsonl'], ['results']]) {
    const {code, stdout, stderr} = await runCli(command, {cwd: folder});
    expect([code, stderr]).toEqual([EXIT.storage, expect.stringContaining('cannot be read whole (line 1')]);
    expect(stdout + stderr).not.toMatch(/gembatch submit|No batch jobs|Nothing was sent/u);
  }
  const shown = await runCli(['list'], {cwd: folder});
  expect(shown.code).toBe(EXIT.ok);
  expect(shown.stdout).toContain('No record can be read in');
  expect(shown.stdout).not.toContain('No batch jobs');
});

test('a name that no record has may be in a line that cannot be read', async () => {
  const folder = await tempDir();
  const {env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 2);
  await submit({folder, env}, '002.jsonl');
  await appendFile(join(folder, 'job-info.jsonl'), '{"input_file":"001.js');
  const NAMED =
    /^(?:Error: )?001\.jsonl has no record that can be read, and .+ \(line 2: it is cut off\)\. Its job may be/mu;
  for (const line of [
    'list 001.jsonl',
    'list 001.jsonl --refresh',
    'show 001.jsonl',
    'results 001.jsonl',
    'results 001.jsonl --join out.csv',
    'poll 001.jsonl',
    'poll 001.jsonl --once',
    'cancel 001.jsonl --yes',
    'cost 001.jsonl',
    'report 001.jsonl',
    'retry 001.jsonl --dry-run',
    'cleanup 001.jsonl --yes',
  ]) {
    const {code, stdout, stderr} = await runCli(line.split(' '), {cwd: folder, env});
    expect([line, code, stderr]).toEqual([line, EXIT.storage, expect.stringMatching(NAMED)]);
    expect(stderr).toMatch(/Restore line 2 .*\n.*Then run the same command again\./u);
    expect(stdout + stderr).not.toMatch(/gembatch submit|Nothing was sent/u);
  }
  expect((await list(folder, '002.jsonl')).jobs).toHaveLength(1);
});

test('show tells all of a file, under any spelling, and of a job', async () => {
  const folder = await tempDir();
  const {env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1);
  await submit({folder, env}, '001.jsonl');
  const [record] = await records(folder);
  const name = record?.batch.name ?? '';
  for (const spelling of [
    '001.jsonl',
    './001.jsonl',
    join(folder, '001.jsonl'),
    name,
    name.replace('batches/', ''),
  ]) {
    const ended = await runCli(['show', spelling, '--json'], {cwd: folder});
    expect(schemaErrors('show', ended.json())).toEqual([]);
    expect((ended.json() as ShownJobs).jobs).toMatchObject([{record}]);
  }
  const text = await runCli(['show', '001.jsonl'], {cwd: folder});
  expect(text.stdout).toContain(`Job:           ${name}`);
  expect(text.stdout).toMatch(/^Created: +\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/mu);
});

test('jobs are chosen by folder, by pattern and by the start of their names', async () => {
  const folder = await tempDir();
  const {env} = await useEmulator({seed: 1});
  await requestFiles(join(folder, 'batch'), 2);
  await requestFiles(join(folder, 'batch2'), 1);
  const {result} = await submit({folder, env}, 'batch/', 'batch2/001.jsonl', '--force');
  expect(result.files.map(({file}) => file)).toEqual([
    'batch/001.jsonl',
    'batch/002.jsonl',
    'batch2/001.jsonl',
  ]);

  const files = async (...names: string[]): Promise<string[]> =>
    (await list(folder, ...names)).jobs.map(({file}) => file).sort();
  expect(await files('batch')).toEqual(['batch/001.jsonl', 'batch/002.jsonl']);
  expect(await files('*/001.jsonl')).toEqual(['batch/001.jsonl', 'batch2/001.jsonl']);
  expect(await files('./batch2/')).toEqual(['batch2/001.jsonl']);
  expect(await files('.')).toHaveLength(3);

  const job = result.files[0]?.job?.name ?? '';
  const shown = await runCli(['show', job.slice('batches/'.length, -2), '--json'], {cwd: folder});
  expect(shown.json()).toMatchObject({jobs: [{job: {file: 'batch/001.jsonl', name: job}}]});
  expect(await runCli(['show', 'batches/'], {cwd: folder})).toMatchObject({code: EXIT.usage});
  expect(await runCli(['cancel', '', '--yes'], {cwd: folder, env})).toMatchObject({code: EXIT.usage});
});
