import {describe, expect, test} from '@jest/globals';
import {EXIT} from '../../src/lib/domain/errors.js';
import type {CancelResult} from '../../src/lib/workflows/cancel/cancel-report.js';
import {JobFixture} from '../helpers/job-fixture.js';
import {schemaErrors} from '../helpers/json-schema.js';
import {FAST_CLOCK, runCli, type CliResult} from '../helpers/run-cli.js';

function cancel(jobs: JobFixture, ...args: string[]): Promise<CliResult> {
  return runCli(['cancel', ...args], jobs.options);
}

async function states(jobs: JobFixture): Promise<string[]> {
  return (await jobs.records()).map(({batch}) => batch.state);
}

// Each test starts the real command at least once, which takes a good half of a second.
describe('gembatch cancel', () => {
  test('cancels a named job alone, and records what the service says then', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('batch/a.jsonl');
    await jobs.submit('batch/b.jsonl');
    const {code, stdout} = await cancel(jobs, './batch/a.jsonl');
    expect(code).toBe(EXIT.ok);
    expect(stdout).toMatch(/^batch\/a\.jsonl \(batches\/[^)]+\): cancelled\n1 job: 1 cancelled\n$/u);
    expect(await states(jobs)).toEqual(['JOB_STATE_CANCELLED', 'JOB_STATE_PENDING']);
    expect(jobs.emulator.control.jobs()).toHaveLength(2);
  });

  test('says of a job that is over that it is, which is no error, and asks nothing of the service', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('a.jsonl');
    jobs.finishJobs();
    await jobs.poll('--keep-remote');
    const before = jobs.emulator.control.requests().length;
    const {code, stdout} = await cancel(jobs, 'a.jsonl');
    expect([code, jobs.emulator.control.requests().length]).toEqual([EXIT.ok, before]);
    expect(stdout).toMatch(/: already finished \(succeeded\)\n1 job: 0 cancelled, 1 already finished\n$/u);
  });

  test('records that a job has succeeded meanwhile, and sends the person to its results', async () => {
    const jobs = await JobFixture.create();
    const {batch} = await jobs.submit('a.jsonl');
    jobs.finishJobs();
    const {code, stdout} = await cancel(jobs, batch.name);
    expect(code).toBe(EXIT.ok);
    expect(stdout).toContain('already finished (succeeded)');
    expect(stdout).toContain('Next: gembatch poll');
    expect(await states(jobs)).toEqual(['JOB_STATE_SUCCEEDED']);
  });

  test('does not call a job cancelled that goes on: exit code 4 says to come back', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('a.jsonl');
    const fault = {kind: 'status', status: 200, body: {}} as const;
    jobs.emulator.control.fault({on: 'batches.cancel', fault});
    const env = {...jobs.options.env, GEMBATCH_TEST_SPEED: '4'};
    const options = {...jobs.options, env, nodeArgs: FAST_CLOCK};
    const result = await runCli(['cancel', 'a.jsonl', '--json'], options);
    expect(result.code).toBe(EXIT.running);
    expect(schemaErrors('cancel', result.json())).toEqual([]);
    expect(result.json()).toMatchObject({jobs: [{outcome: 'requested', state: 'JOB_STATE_PENDING'}]});
  });

  test('goes on after an error, and counts it', async () => {
    const jobs = await JobFixture.create();
    const {batch} = await jobs.submit('a.jsonl');
    await jobs.submit('b.jsonl');
    const fault = {kind: 'status', status: 400, body: {error: {code: 400, message: 'no'}}} as const;
    jobs.emulator.control.fault({on: 'batches.cancel', match: batch.name, fault});
    const result = await cancel(jobs, 'a.jsonl', 'b.jsonl', '--json');
    expect(result.code).toBe(EXIT.partial);
    expect(schemaErrors('cancel', result.json())).toEqual([]);
    const {jobs: cancelled, summary} = result.json() as CancelResult;
    expect(cancelled.map(({outcome}) => outcome)).toEqual(['failed', 'cancelled']);
    expect(summary).toMatchObject({cancelled: 1, failed: 1});
  });

  test('concludes nothing from a job that the service does not show', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('a.jsonl');
    await jobs.emulator.control.reset();
    const {code, stdout} = await cancel(jobs, 'a.jsonl');
    expect(code).toBe(EXIT.unclear);
    expect(stdout).toContain('this API key does not see');
    expect((await jobs.records())[0]).toMatchObject({not_seen: {looks: 1}});
  });

  test('names the job that was meant when a name is not recorded, and touches none', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('batch/a.jsonl');
    const {code, stderr} = await cancel(jobs, 'batch/b.jsonl');
    expect(code).toBe(EXIT.usage);
    expect(stderr).toContain('Did you mean: batch/a.jsonl');
    expect(jobs.emulator.control.counts()['batches.cancel']).toBeUndefined();
  });

  test('cancels all that run only when told so and, where nobody can be asked, with --yes', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('a.jsonl');
    await jobs.submit('b.jsonl');
    const codes = [await cancel(jobs), await cancel(jobs, '--all-running')].map(({code}) => code);
    expect(codes).toEqual([EXIT.usage, EXIT.usage]);
    expect(jobs.emulator.control.counts()['batches.cancel']).toBeUndefined();
    const {code, stdout} = await cancel(jobs, '--all-running', '--yes');
    expect(code).toBe(EXIT.ok);
    expect(stdout).toContain('2 jobs: 2 cancelled');
    expect((await cancel(jobs, '--all-running')).stdout).toBe('No batch job is running.\n');
  });
});
