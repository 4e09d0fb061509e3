import {expect, test} from '@jest/globals';
import {EXIT} from '../../src/lib/domain/errors.js';
import {JobFixture} from '../helpers/job-fixture.js';
import {FAST_CLOCK, runCli, type CliResult} from '../helpers/run-cli.js';

const NOT_FOUND = {
  kind: 'status',
  status: 404,
  body: {error: {code: 404, message: 'Requested entity was not found.', status: 'NOT_FOUND'}},
} as const;

/** A job that the service shows neither by name nor in its list, as with the API key of another project. */
async function hiddenJob(): Promise<JobFixture> {
  const jobs = await JobFixture.create();
  await jobs.submit('a.jsonl');
  jobs.emulator.control.fault({on: 'batches.get', times: null, fault: NOT_FOUND});
  jobs.emulator.control.fault({on: 'batches.list', times: null, fault: {kind: 'body_after', text: '{}'}});
  return jobs;
}

function quickly({options}: JobFixture, ...args: string[]): Promise<CliResult> {
  const env = {...options.env, GEMBATCH_TEST_SPEED: '600'};
  return runCli(args, {...options, env, nodeArgs: FAST_CLOCK});
}

test('a single 404 concludes nothing: poll comes back, retry sends nothing', async () => {
  const jobs = await hiddenJob();
  const {code, stderr} = await jobs.poll('--once');
  expect(code).toBe(EXIT.running);
  expect(stderr).toContain('a.jsonl: the service does not show its job');
  expect(stderr).not.toContain('retry');
  await runCli(['retry'], jobs.options);
  expect(jobs.emulator.control.paid()).toHaveLength(1);
});

test('a job that is in the list is found, although asking for it by name does not find it', async () => {
  const jobs = await JobFixture.create();
  await jobs.submit('a.jsonl');
  jobs.emulator.control.fault({on: 'batches.get', times: null, fault: NOT_FOUND});
  const {stderr} = await jobs.poll('--once');
  expect(stderr).not.toContain('does not show');
  expect((await jobs.records())[0]?.not_seen).toBeUndefined();
});

test('after three looks over ten minutes a job is not seen, in every command, and nothing is paid', async () => {
  const jobs = await hiddenJob();
  const polled = await quickly(jobs, 'poll');
  expect([polled.code, polled.stdout]).toEqual([EXIT.unclear, expect.stringContaining('1 not seen')]);
  expect(polled.stdout + polled.stderr).not.toContain('gembatch retry');
  const [record] = await jobs.records();
  expect(record?.not_seen?.looks).toBeGreaterThanOrEqual(3);
  const {since = '', given_up_at: until = ''} = record?.not_seen ?? {};
  expect(Date.parse(until) - Date.parse(since)).toBeGreaterThanOrEqual(600_000);

  expect((await runCli(['list', '--state', 'not-seen'], jobs.options)).stdout).toContain('a.jsonl');
  expect((await runCli(['show', 'a.jsonl'], jobs.options)).stdout).toContain('Not seen since');
  const retried = await runCli(['retry', 'a.jsonl'], jobs.options);
  expect([retried.code, retried.stdout + retried.stderr]).toEqual([
    EXIT.unclear,
    expect.stringContaining('Nothing was sent'),
  ]);
  expect(jobs.emulator.control.paid()).toHaveLength(1);

  jobs.emulator.control.clearFaults();
  jobs.finishJobs();
  expect((await jobs.poll()).code).toBe(0);
  expect((await jobs.records())[0]?.not_seen).toBeUndefined();
});

test('a person may say that a job is lost; it is asked for once more before it is paid again', async () => {
  const jobs = await hiddenJob();
  await quickly(jobs, 'poll');
  const unasked = await runCli(['retry', '--lost', 'a.jsonl'], jobs.options);
  const question = /paid twice\. 1 file, 3 requests: about \$0\.\d+, .+ Submit again\?/u;
  expect([unasked.code, unasked.stderr]).toEqual([EXIT.usage, expect.stringMatching(question)]);
  expect((await runCli(['retry', '--lost', '--yes'], jobs.options)).code).toBe(EXIT.usage);
  expect(jobs.emulator.control.paid()).toHaveLength(1);
  expect((await runCli(['retry', '--lost', 'a.jsonl', '--yes'], jobs.options)).code).toBe(0);
  expect(jobs.emulator.control.paid()).toHaveLength(2);
});

test('a job that is there after all is not paid again, whatever a person says', async () => {
  const jobs = await hiddenJob();
  await quickly(jobs, 'poll');
  jobs.emulator.control.clearFaults();
  await runCli(['retry', '--lost', 'a.jsonl', '--yes'], jobs.options);
  expect(jobs.emulator.control.paid()).toHaveLength(1);
  expect((await jobs.records())[0]?.not_seen).toBeUndefined();
});

test('an answer about another job is not recorded', async () => {
  const jobs = await JobFixture.create();
  const [a, b] = [await jobs.submit('a.jsonl'), await jobs.submit('b.jsonl')];
  const other = await fetch(`${jobs.emulator.url}/v1beta/${b.batch.name}?key=k`);
  jobs.emulator.control.fault({
    on: 'batches.get',
    match: a.batch.name,
    times: null,
    fault: {kind: 'body_after', text: await other.text()},
  });
  const {stderr} = await jobs.poll('--once');
  expect(stderr).toContain(`it is about ${b.batch.name}, not ${a.batch.name}`);
  expect((await jobs.records()).map(({batch}) => batch.name)).toEqual([a.batch.name, b.batch.name]);
});
