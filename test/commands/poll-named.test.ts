import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {EXIT} from '../../src/lib/domain/errors.js';
import {JobFixture} from '../helpers/job-fixture.js';
import {FAST_CLOCK, runCli, type CliOptions, type CliResult} from '../helpers/run-cli.js';

const MODEL = 'gemini-2.5-flash-lite';

/** A file whose second request has failed, and that has been fetched. */
async function withBadRow(): Promise<JobFixture> {
  const jobs = await JobFixture.create();
  jobs.emulator.control.outcome({match: '', rows: [{fault: 'error', keys: ['r2']}]});
  await jobs.submit('a.jsonl');
  await jobs.submit('other.jsonl');
  jobs.finishJobs();
  await jobs.poll('a.jsonl', '--once', '--keep-remote');
  return jobs;
}

function retry(jobs: JobFixture, speed = 1): Promise<CliResult> {
  return runCli(['retry', 'a.jsonl', '--model', MODEL], faster(jobs, speed));
}

function faster(jobs: JobFixture, speed: number): CliOptions {
  const {cwd, env} = jobs.options;
  return {cwd, env: {...env, GEMBATCH_TEST_SPEED: String(speed)}, nodeArgs: FAST_CLOCK};
}

/** A retry whose create took effect and had no answer, and that gave the looking up up. */
async function unsettledRetry(): Promise<JobFixture> {
  const jobs = await withBadRow();
  const {control} = jobs.emulator;
  control.clearOutcomes();
  control.fault({on: 'batches.create', fault: {kind: 'reset_after'}});
  control.fault({on: 'batches.list', skip: 1, times: null, fault: {kind: 'status', status: 503}});
  expect((await retry(jobs, 500)).code).toBe(EXIT.unclear);
  control.clearFaults();
  expect(await jobs.records()).toHaveLength(2);
  jobs.finishJobs();
  return jobs;
}

test('a job that is named by the start of its name is followed to its end', async () => {
  const jobs = await JobFixture.create();
  const {batch} = await jobs.submit('a.jsonl');
  await jobs.submit('b.jsonl');
  const poll = jobs.start(batch.name.slice('batches/'.length, 'batches/'.length + 8));
  await poll.seen('Following 1 job');
  jobs.finishJobs();
  const {code, stdout} = await poll.ended;
  expect([code, stdout]).toEqual([0, expect.stringContaining('1 job: 1 done')]);
  expect((await jobs.records()).map(({results}) => results !== undefined)).toEqual([true, false]);
});

test('whoever polls a request file follows its retries, and those of its retries, to one result', async () => {
  const jobs = await withBadRow();
  const {control} = jobs.emulator;
  control.outcome({match: 'retries/', state: 'FAILED'});
  await retry(jobs);
  jobs.finishJobs();
  expect((await jobs.poll('a.jsonl', '--once', '--keep-remote')).code).toBe(EXIT.failed);
  control.clearOutcomes();
  await runCli(['retry', '--model', MODEL, 'a.jsonl'], jobs.options);
  const [, , second, third] = await jobs.records();
  expect(third?.retry_of).toBe(second?.batch.name);

  const running = await jobs.poll('a.jsonl', '--once');
  expect(running.code).toBe(EXIT.running);
  jobs.finishJobs();
  const {code} = await jobs.poll('a.jsonl', '--once');
  const [first, other] = await jobs.records();
  expect([code, first?.results?.rows]).toEqual([0, expect.objectContaining({ok: 3, error: 0})]);
  expect(other?.results).toBeUndefined();
  expect(control.paid()).toHaveLength(4);
  const again = await runCli(['retry', '--model', MODEL, 'a.jsonl'], jobs.options);
  expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('Nothing to retry')]);
  const joined = await runCli(['results', '--join', '-'], jobs.options);
  expect(joined.stdout.trim().split('\n')).toHaveLength(3);
});

test('whoever cancels a request file cancels its retry, by the name of its first job that one alone', async () => {
  const jobs = await withBadRow();
  await retry(jobs);
  const [first, , second] = await jobs.records();
  await runCli(['cancel', first?.batch.name ?? '', '--yes'], jobs.options);
  expect((await jobs.records()).at(-1)?.batch.state).toBe('JOB_STATE_PENDING');
  expect((await runCli(['cancel', 'a.jsonl', '--yes'], jobs.options)).code).toBe(0);
  expect((await jobs.records()).at(-1)?.batch).toMatchObject({
    name: second?.batch.name,
    state: 'JOB_STATE_CANCELLED',
  });
});

test.each([
  ['poll', 'a.jsonl'],
  ['poll', 'a.jsonl', '--once'],
  ['run', 'a.jsonl', '--model', MODEL],
])('a retry whose create had no answer is found and merged by %s %s %s', async (...args) => {
  const jobs = await unsettledRetry();
  const {code} = await runCli(args, jobs.options);
  const [first, , second] = await jobs.records();
  expect([code, first?.results?.rows]).toEqual([0, expect.objectContaining({ok: 3, error: 0})]);
  expect(second?.retry_of).toBe(first?.batch.name);
  expect(jobs.emulator.control.paid()).toHaveLength(3);
});

test('a retry of which nobody can tell whether it was made is no success of its file', async () => {
  const jobs = await unsettledRetry();
  jobs.emulator.control.fault({on: 'batches.list', times: null, fault: {kind: 'status', status: 503}});
  const {code, stdout} = await runCli(['poll', 'a.jsonl', '--once'], faster(jobs, 500));
  expect([code, stdout]).toEqual([EXIT.unclear, expect.stringContaining('1 unclear')]);
});

test('a file that was not submitted is said to be that', async () => {
  const jobs = await JobFixture.create();
  await jobs.submit('a.jsonl');
  await writeFile(join(jobs.folder, 'new one.jsonl'), '');
  const {code, stderr} = await jobs.poll('new one.jsonl');
  expect([code, stderr]).toEqual([EXIT.usage, expect.stringContaining("submit 'new one.jsonl'")]);
});
