import {createHash} from 'node:crypto';
import {setTimeout as pause} from 'node:timers/promises';
import {readdir} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import {JobFixture, keysOf} from '../helpers/job-fixture.js';
import {requestLines} from '../helpers/request-files.js';
import {FAST_CLOCK, runCli, startCli} from '../helpers/run-cli.js';

const OUTAGE = {fault: {kind: 'status', status: 503}, times: null} as const;

/** A record with the fingerprint of the request file. */
const SENT = {sha256: createHash('sha256').update(requestLines(3, 'a.jsonl')).digest('hex')};

function answerTo(key: string): string {
  const content = {parts: [{text: 'one'}]};
  return `${JSON.stringify({key, response: {candidates: [{content, finishReason: 'STOP'}]}})}\n`;
}

describe('trouble with the service', () => {
  // Two seconds are twenty minutes for the command: longer than the client alone waits an outage out.
  test('is shown and waited out', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('a.jsonl');
    jobs.finishJobs();
    jobs.emulator.control.fault({on: 'batches.get', ...OUTAGE});
    const cli = startCli(['poll'], {
      cwd: jobs.options.cwd,
      env: {...jobs.options.env, GEMBATCH_TEST_SPEED: '100'},
      nodeArgs: FAST_CLOCK,
    });
    await cli.seen('Retrying in');
    await pause(2_000);
    expect(cli.process.exitCode).toBeNull();
    jobs.emulator.control.clearFaults();
    expect((await cli.ended).code).toBe(0);
  });

  test('ends a single look, and the exit code says so', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('a.jsonl');
    jobs.emulator.control.fault({on: 'batches.get', ...OUTAGE});
    const {code} = await runCli(['poll', '--once'], {
      cwd: jobs.options.cwd,
      env: {...jobs.options.env, GEMBATCH_TEST_SPEED: '3000'},
      nodeArgs: FAST_CLOCK,
    });
    expect(code).toBe(9);
  });

  test.each(['<html>A proxy has something to say.</html>', '{"name": "cut o', ''])(
    'on the way, which answers %j in place of results, is not taken for them',
    async (text) => {
      const jobs = await JobFixture.create();
      await jobs.submit('a.jsonl');
      jobs.finishJobs();
      jobs.emulator.control.fault({on: 'files.download', fault: {kind: 'body_after', text}});
      expect((await jobs.poll()).code).toBe(0);
      expect(keysOf(await jobs.read('results/a.jsonl'))).toEqual(['r1', 'r2', 'r3']);
    },
  );

  test.each([
    '[]\n',
    '<html>Sign in</html>',
    '{"error": {"code": 401, "message": "Sign in", "status": "UNAUTHENTICATED"}}',
    ['x1', 'x2', 'x3'].map((key) => answerTo(key)).join(''),
  ])('on the way, which always answers %j in place of results, makes no result file', async (text) => {
    const jobs = await JobFixture.create();
    await jobs.submit('a.jsonl', 3, SENT);
    jobs.finishJobs();
    jobs.emulator.control.fault({on: 'files.download', fault: {kind: 'body_after', text}, times: null});
    const {code, stderr} = await runCli(['poll'], {
      cwd: jobs.options.cwd,
      env: {...jobs.options.env, GEMBATCH_TEST_SPEED: '500'},
      nodeArgs: FAST_CLOCK,
    });
    expect([code, stderr]).toEqual([9, expect.stringContaining('are no results')]);
    expect((await jobs.records())[0]?.results).toBeUndefined();
    expect(await readdir(jobs.folder)).not.toContain('retries');
    expect(jobs.emulator.control.jobs()).toHaveLength(1);
    // Once the way is free, the results come.
    jobs.emulator.control.clearFaults();
    expect((await jobs.poll()).code).toBe(0);
    expect(keysOf(await jobs.read('results/a.jsonl'))).toEqual(['r1', 'r2', 'r3']);
  });

  test.each([
    [400, 'Correct what the service names and run the same command again.'],
    [403, 'Correct what the service names and run the same command again.'],
    [404, 'If they are not found for ten minutes, they count as lost.'],
  ])('that refuses a download with %d speaks of the results, not of creating', async (status, advice) => {
    const jobs = await JobFixture.create();
    await jobs.submit('a.jsonl');
    jobs.finishJobs();
    const fault = {kind: 'status', status} as const;
    jobs.emulator.control.fault({on: 'files.download', fault, times: null});
    for (const command of [
      ['poll', '--once'],
      ['results', 'a.jsonl'],
      ['results', '--join', 'o.csv'],
    ]) {
      const {code, stderr} = await runCli(command, jobs.options);
      expect([command, code, stderr]).toEqual([command, 1, expect.stringContaining(advice)]);
      expect(stderr).toContain('Nothing was written, and nothing was deleted at the service.');
      expect(stderr).toMatch(/gembatch (?:results|poll) a\.jsonl/u);
      expect(stderr).not.toMatch(/Nothing was created|Check the name/u);
    }
    expect(await readdir(join(jobs.folder, 'results')).catch(() => [])).toEqual([]);
    jobs.emulator.control.clearFaults();
    expect((await runCli(['results', 'a.jsonl'], jobs.options)).code).toBe(0);
  });

  test('that refuses a list or a look says nothing of creating', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('a.jsonl');
    const fault = {kind: 'status', status: 400} as const;
    for (const on of ['batches.get', 'batches.list', 'batches.cancel'] as const)
      jobs.emulator.control.fault({on, fault, times: null});
    for (const line of ['poll --once', 'list --refresh', 'cancel a.jsonl --yes', 'cleanup --yes']) {
      const {code, stdout, stderr} = await runCli(line.split(' '), jobs.options);
      expect([line, code, stdout + stderr]).toEqual([line, 1, expect.stringContaining('answered 400')]);
      expect(stdout + stderr).not.toContain('Nothing was created');
    }
  });

  const cutBody = answerTo('r1');

  test('on the way, which gives the row of a request to another job, is asked again', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('a.jsonl', 3, SENT);
    jobs.finishJobs();
    const text = ['r1', 'r2', 'x3'].map((key) => answerTo(key)).join('');
    jobs.emulator.control.fault({on: 'files.download', fault: {kind: 'body_after', text}, times: 2});
    expect((await jobs.poll()).code).toBe(0);
    expect(keysOf(await jobs.read('results/a.jsonl'))).toEqual(['r1', 'r2', 'r3']);
  });

  test('on the way, which cuts a result at the end of a row, is asked again', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('a.jsonl');
    jobs.finishJobs();
    jobs.emulator.control.fault({on: 'files.download', fault: {kind: 'body_after', text: cutBody}, times: 2});
    expect((await jobs.poll()).code).toBe(0);
    expect(keysOf(await jobs.read('results/a.jsonl'))).toEqual(['r1', 'r2', 'r3']);
  });

  test('that leaves the same rows out each time gives results that are marked, kept and fetched before a retry', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('a.jsonl');
    jobs.finishJobs();
    jobs.emulator.control.fault({
      on: 'files.download',
      fault: {kind: 'body_after', text: cutBody},
      times: null,
    });
    expect((await jobs.poll()).code).toBe(3);
    expect((await jobs.records())[0]?.results).toMatchObject({
      rows: {ok: 1, missing: 2},
      incomplete: {expected_rows: 3},
    });
    expect(jobs.emulator.control.counts()['files.download']).toBe(3);
    await runCli(['cleanup', '--yes'], jobs.options);
    expect(jobs.emulator.control.jobs()).toHaveLength(1);

    jobs.emulator.control.clearFaults();
    expect((await runCli(['retry'], jobs.options)).stdout).toContain('Nothing to retry');
    expect(jobs.emulator.control.paid()).toHaveLength(1);
    expect(keysOf(await jobs.read('results/a.jsonl'))).toEqual(['r1', 'r2', 'r3']);
    expect((await jobs.poll()).code).toBe(0);
  });

  const row = (key: string, answer: object): string => `${JSON.stringify({key, ...answer})}\n`;
  const answer = {response: {candidates: [{content: {parts: [{text: 'one'}]}, finishReason: 'STOP'}]}};
  const failure = {error: {code: 13, message: 'Internal error.'}};

  test.each([
    ['more rows than the job counts', ['r1', 'r2', 'r3', 'r4'].map((key) => row(key, answer)).join('')],
    ['failures that the job does not count', row('r1', answer) + row('r2', failure) + row('r3', failure)],
  ])(
    'that leads to %s is asked again; the same each time, it is marked and nothing is deleted',
    async (_, text) => {
      const jobs = await JobFixture.create();
      await jobs.submit('a.jsonl');
      jobs.finishJobs();
      const {control} = jobs.emulator;
      control.fault({on: 'files.download', fault: {kind: 'body_after', text}, times: null});
      expect((await jobs.poll()).code).toBe(3);
      expect((await jobs.records())[0]?.results).toMatchObject({
        incomplete: {expected_rows: 3, contradicts: true},
      });
      expect([control.counts()['files.download'], control.jobs().length, control.files().length]).toEqual([
        3, 1, 1,
      ]);
      await runCli(['cleanup', '--yes'], jobs.options);
      expect(control.jobs()).toHaveLength(1);

      control.clearFaults();
      expect((await runCli(['retry'], jobs.options)).stdout).toContain('Nothing to retry');
      expect(keysOf(await jobs.read('results/a.jsonl'))).toEqual(['r1', 'r2', 'r3']);
      expect([control.paid().length, (await jobs.poll()).code]).toEqual([1, 0]);
    },
  );

  test('that leads to other rows than the job counts, once or twice, is made good', async () => {
    const jobs = await JobFixture.create();
    jobs.emulator.control.outcome({rows: [{fault: 'error', keys: ['r2']}]});
    await jobs.submit('a.jsonl');
    jobs.finishJobs();
    const text = ['r1', 'r2', 'r3'].map((key) => row(key, answer)).join('');
    jobs.emulator.control.fault({on: 'files.download', fault: {kind: 'body_after', text}, times: 2});
    expect((await jobs.poll()).code).toBe(3);
    const [record] = await jobs.records();
    expect(record?.results).toMatchObject({rows: {ok: 2, error: 1}});
    expect(record?.results?.incomplete).toBeUndefined();
  });

  test('with one result does not keep the others, and ends after ten minutes', async () => {
    const jobs = await JobFixture.create();
    const lost = await jobs.submit('a.jsonl');
    await jobs.submit('b.jsonl');
    jobs.finishJobs();
    jobs.emulator.control.fault({
      on: 'files.download',
      match: lost.batch.name.replace('batches/', ''),
      fault: {kind: 'status', status: 404, body: {error: {code: 404, message: 'gone', status: 'NOT_FOUND'}}},
      times: null,
    });
    const {code, stdout} = await runCli(['poll'], {
      cwd: jobs.options.cwd,
      env: {...jobs.options.env, GEMBATCH_TEST_SPEED: '600'},
      nodeArgs: FAST_CLOCK,
    });
    expect([code, stdout]).toEqual([3, expect.stringContaining('2 jobs: 1 done, 1 lost')]);
    const [record] = await jobs.records();
    expect(record?.results_error?.message).toEqual(expect.any(String));
    expect(jobs.emulator.control.jobs()).toContain(lost.batch.name);
    // A slow machine has time for fewer tries in the ten minutes of its fast clock.
    const downloads = jobs.emulator.control.counts()['files.download'] ?? 0;
    expect(downloads).toBeGreaterThanOrEqual(4);
    expect(downloads).toBeLessThanOrEqual(9);
  });
});
