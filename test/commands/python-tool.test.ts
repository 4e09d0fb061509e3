/** Beside the Python tool `gembatch` (repository `7shi/gemini-batch`): what it wrote counts. */
import {mkdir, readFile, rename, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {EXIT} from '../../src/lib/domain/errors.js';
import {requestFiles} from '../helpers/request-files.js';
import {FAST_CLOCK, runCli} from '../helpers/run-cli.js';
import {MODEL, records, startSubmit, submit, tally} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator} from '../helpers/use-emulator.js';

const ROWS = ['r1', 'r2', 'r3']
  .map((key) => ({
    key,
    response: {candidates: [{content: {parts: [{text: key}]}, finishReason: 'STOP'}]},
  }))
  .map((row) => JSON.stringify(row))
  .join('\n');

/** Files that the tool has submitted; it deletes each job as soon as it has fetched its results. */
async function project(lines: readonly object[], fetched: readonly string[]) {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, lines.length);
  await mkdir(join(folder, 'results'));
  for (const name of fetched) await writeFile(join(folder, 'results', name), `${ROWS}\n`);
  await writeFile(
    join(folder, 'job-info.jsonl'),
    lines.map((line, index) => `${JSON.stringify({input_file: `00${index + 1}.jsonl`, ...line})}\n`).join(''),
  );
  const run = (...args: string[]) =>
    runCli(args, {cwd: folder, env: {...env, GEMBATCH_TEST_SPEED: '600'}, nodeArgs: FAST_CLOCK});
  return {folder, env, run, paid: () => emulator.control.paid().length};
}

/** As 0.3 writes it. */
function record(id: string, state: string, createTime = '2025-07-13T06:49:31.461826+00:00'): object {
  return {
    count: 3,
    uploaded_file_name: `files/${id}`,
    batch: {
      name: `batches/${id}`,
      display_name: id,
      model: `models/${MODEL}`,
      state,
      create_time: createTime,
      update_time: '2025-07-13T06:51:31.461826+00:00',
      ...(state === 'JOB_STATE_SUCCEEDED' ? {dest: {file_name: `files/batch-${id}`}} : {}),
    },
  };
}

test('its finished projects are done: submit skips the files, whatever came first', async () => {
  const lines = [record('a', 'JOB_STATE_SUCCEEDED'), record('b', 'JOB_STATE_SUCCEEDED')];
  const {folder, env, run, paid} = await project(lines, ['001.jsonl', '002.jsonl']);
  const first = await submit({folder, env, speed: 600}, '0*.jsonl');
  expect([first.code, tally(first.result)]).toEqual([0, {skipped: 2}]);
  const known = (await records(folder)).map(({results}) => [results?.file, results?.rows.ok]);
  expect(known).toEqual([
    ['results/001.jsonl', 3],
    ['results/002.jsonl', 3],
  ]);
  expect((await run('poll')).code).toBe(0);
  expect(paid()).toBe(0);
});

test('its finished projects are done: poll records the results that stand there', async () => {
  const lines = [record('a', 'JOB_STATE_SUCCEEDED'), record('b', 'JOB_STATE_RUNNING')];
  const {folder, run} = await project(lines, ['001.jsonl', '002.jsonl']);
  const {code, stderr} = await run('poll');
  expect([code, stderr]).toEqual([0, expect.stringContaining('answers exactly its requests')]);
  expect((await records(folder)).map(({results}) => results?.rows.ok)).toEqual([3, 3]);
});

test('the state that its version 0.1.0 wrote counts', async () => {
  const legacy = (id: string, end?: string): object => ({
    job_name: `batches/${id}`,
    uploaded_file_name: `files/${id}`,
    created_at: '2025-07-12T00:00:00',
    ...(end === undefined ? {} : {completed_at: '2025-07-12T00:30:00', final_state: end}),
  });
  const lines = [legacy('a', 'JOB_STATE_SUCCEEDED'), legacy('b', 'JOB_STATE_FAILED'), legacy('c')];
  const {folder, env, run, paid} = await project(lines, ['001.jsonl']);
  const listed = (await run('list', '--json')).json() as {jobs: {file: string; outcome: string}[]};
  expect(listed.jobs.map(({outcome}) => outcome)).toEqual(['running', 'failed', 'running']);
  const {code, result} = await submit({folder, env, speed: 600}, '002.jsonl');
  expect([code, result.files[0]?.error?.code]).toEqual([EXIT.failed, 'JOB_ENDED']);
  const polled = await run('poll', '001.jsonl');
  expect([polled.code, (await records(folder))[0]?.results?.rows.ok, paid()]).toEqual([0, 3, 0]);
});

test.each(['./001.jsonl', 'sub/../001.jsonl', './/001.jsonl', 'ABSOLUTE'])(
  'a job that it has recorded for %s is found by the name of the file',
  async (spelling) => {
    const {folder, run} = await project([], []);
    const file = spelling === 'ABSOLUTE' ? join(folder, '001.jsonl') : spelling;
    const line = {input_file: file, ...record('a', 'JOB_STATE_FAILED')};
    await writeFile(join(folder, 'job-info.jsonl'), `${JSON.stringify(line)}\n`);
    const {code, stdout} = await run('show', '001.jsonl');
    expect([code, stdout]).toEqual([0, expect.stringContaining('batches/a')]);
    expect((await run('list', '001.jsonl', '--json')).json()).toMatchObject({jobs: [{name: 'batches/a'}]});
    expect((await run('retry', '001.jsonl', '--dry-run')).stderr).not.toContain('no batch job');
  },
);

test('what a job has cost that has succeeded, and of which nothing more is recorded, is not known', async () => {
  const line = {uploaded_file_name: 'files/a', job_name: 'batches/a', final_state: 'JOB_STATE_SUCCEEDED'};
  const {run} = await project([line], []);
  const {jobs} = (await run('list', '--json')).json() as {jobs: readonly object[]};
  expect([jobs.length, jobs.filter((job) => 'cost_usd' in job)]).toEqual([1, []]);
});

test('while it holds its lock nothing is written beside it, and a submission waits and says for whom', async () => {
  const {folder, env, run, paid} = await project([record('a', 'JOB_STATE_FAILED')], []);
  const lock = join(folder, 'job-info.jsonl.tmp');
  const before = await readFile(join(folder, 'job-info.jsonl'), 'utf8');
  await writeFile(lock, '');
  await requestFiles(folder, 2);
  const refused = await run('submit', '002.jsonl', '--lock-timeout', '5m');
  expect([refused.code, refused.stderr]).toEqual([
    EXIT.locked,
    expect.stringContaining(`delete it: ${lock}`),
  ]);
  expect(refused.stderr).toContain('the Python tool gembatch');
  expect([await readFile(join(folder, 'job-info.jsonl'), 'utf8'), paid()]).toEqual([before, 0]);

  const waiting = startSubmit({folder, env}, '002.jsonl');
  await waiting.seen('the Python tool gembatch');
  // It replaces the file by its lock.
  const line = {input_file: '002.jsonl', ...record('b', 'JOB_STATE_PENDING', new Date().toISOString())};
  await writeFile(lock, `${before}${JSON.stringify(line)}\n`);
  await rm(join(folder, 'job-info.jsonl'));
  await rename(lock, join(folder, 'job-info.jsonl'));
  expect((await waiting.ended).code).toBe(0);
  expect([paid(), (await records(folder)).length]).toEqual([0, 2]);
});

test('a lock that it has left is not waited for without end', async () => {
  const {folder, run, paid} = await project([record('a', 'JOB_STATE_FAILED')], []);
  const lock = join(folder, 'job-info.jsonl.tmp');
  await writeFile(lock, '');
  await requestFiles(folder, 2);
  const {code, stderr} = await run('submit', '002.jsonl', '--model', MODEL);
  expect([code, stderr]).toEqual([EXIT.locked, expect.stringContaining(`delete it: ${lock}`)]);
  await rm(lock);
  expect([(await run('submit', '002.jsonl', '--model', MODEL)).code, paid()]).toEqual([0, 1]);
});

test('what it left half replaced is no empty job-info file', async () => {
  const {folder, run, paid} = await project([record('a', 'JOB_STATE_PENDING')], []);
  const [file, lock] = [join(folder, 'job-info.jsonl'), join(folder, 'job-info.jsonl.tmp')];
  await rename(file, lock);
  for (const command of [['list'], ['poll'], ['submit', '001.jsonl', '--lock-timeout', '0']]) {
    const {code, stderr} = await run(...command);
    expect([command, code]).toEqual([command, EXIT.storage]);
    expect(stderr).toContain(lock);
  }
  expect([paid(), (await readFile(lock, 'utf8')).length > 100]).toEqual([0, true]);
  await rename(lock, file);
  expect((await run('list')).code).toBe(0);
});
