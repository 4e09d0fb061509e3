import {readFileSync} from 'node:fs';
import {appendFile, readdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import {EXIT} from '../../src/lib/domain/errors.js';
import {JobFixture, keysOf} from '../helpers/job-fixture.js';
import {schemaErrors} from '../helpers/json-schema.js';
import {FAST_CLOCK, runCli} from '../helpers/run-cli.js';
import {until} from '../helpers/until.js';
import {parseLines} from '../helpers/json-lines.js';

/** The events of a run with `--json`. */
function eventsOf(stdout: string): Record<string, unknown>[] {
  return parseLines(stdout).map((line) => line as Record<string, unknown>);
}

function jobInfoOf({folder}: JobFixture): string {
  return readFileSync(join(folder, 'job-info.jsonl'), 'utf8');
}

// Each test starts the real command at least once, which takes a good half of a second.
describe('gembatch poll', () => {
  test('follows jobs through their states, and brings complete results home before it deletes anything', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('batch/a.jsonl', 5);
    await jobs.submit('batch/b.jsonl', 3);
    const cli = jobs.start();
    await cli.seen('2 pending');
    jobs.emulator.control.advance(60_000);
    await until(() => jobInfoOf(jobs).includes('JOB_STATE_RUNNING'));
    jobs.emulator.control.advance(60_000);
    const {code, stdout, stderr} = await cli.ended;
    // A line for each file, and no more.
    expect(stderr.match(/^batch\/b\.jsonl: .*$/gmu)).toEqual([
      'batch/b.jsonl: 3 ok -> batch/results/b.jsonl',
    ]);

    expect(code).toBe(0);
    expect(stdout).toContain('2 jobs: 2 done');
    expect(keysOf(await jobs.read('batch/results/a.jsonl'))).toEqual(['r1', 'r2', 'r3', 'r4', 'r5']);
    const [a] = await jobs.records();
    expect(a).toMatchObject({
      batch: {state: 'JOB_STATE_SUCCEEDED', stats: {successful_request_count: 5}},
      results: {file: 'batch/results/a.jsonl', request_file: 'matched', rows: {ok: 5, missing: 0}},
    });
    expect(a?.remote_deleted_at).toEqual(expect.any(String));
    expect([jobs.emulator.control.jobs(), jobs.emulator.control.files()]).toEqual([[], []]);
    expect(await readdir(join(jobs.folder, 'batch/results'))).toEqual(['a.jsonl', 'b.jsonl']);
  });

  test('says of a second run what it said of the first, without asking anything', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('a.jsonl');
    jobs.finishJobs();
    await jobs.poll();
    const calls = jobs.emulator.control.requests().length;
    const {code, stdout} = await jobs.poll();
    expect([code, jobs.emulator.control.requests().length]).toEqual([0, calls]);
    expect(stdout).toContain('1 job: 1 done');
  });

  test('counts every kind of bad row, and never calls them success', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('a.jsonl', 10);
    const fault = (kind: string, key: string) => ({fault: kind, keys: [key]}) as never;
    jobs.emulator.control.outcome({
      rows: [
        fault('error', 'r1'),
        fault('blocked', 'r2'),
        fault('truncated', 'r3'),
        fault('empty', 'r4'),
        fault('missing', 'r5'),
        fault('malformed', 'r6'),
        fault('repeated', 'r7'),
        fault('unknown_key', 'r8'),
      ],
    });
    jobs.finishJobs();
    const {code, stdout} = await jobs.poll();
    expect(code).toBe(3);
    expect(stdout).toContain('1 done with bad rows');
    const [record] = await jobs.records();
    expect(record?.results?.rows).toEqual({
      not_json: 0,
      schema_mismatch: 0,
      ok: 4,
      error: 1,
      blocked: 1,
      truncated: 1,
      empty: 1,
      malformed: 1,
      missing: 2,
      // The same row twice is no trouble.
      repeated: 0,
      unknown_key: 1,
    });
    // What misses rows may be fetched again.
    expect(jobs.emulator.control.jobs()).toHaveLength(1);
    expect(record?.remote_deleted_at).toBeUndefined();
  });

  test('ends on jobs that fail, expire, are cancelled or gone, and deletes nothing of theirs', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('failed.jsonl');
    await jobs.submit('expired.jsonl');
    await jobs.submit('cancelled.jsonl');
    const gone = await jobs.submit('gone.jsonl');
    jobs.emulator.control.outcome({
      match: 'failed',
      state: 'FAILED',
      error: {code: 13, message: 'System error.'},
    });
    jobs.emulator.control.outcome({match: 'expired', state: 'EXPIRED'});
    jobs.emulator.control.outcome({match: 'cancelled', state: 'CANCELLED'});
    await fetch(`${jobs.emulator.url}/v1beta/${gone.batch.name}?key=emulator`, {method: 'DELETE'});
    jobs.finishJobs();
    const {code, stdout, stderr} = await runCli(['poll', '--interval', '100ms'], {
      cwd: jobs.options.cwd,
      env: {...jobs.options.env, GEMBATCH_TEST_SPEED: '600'},
      nodeArgs: FAST_CLOCK,
    });
    expect(code).toBe(8);
    expect(stdout).toContain('4 jobs: 1 failed, 1 cancelled, 1 expired, 1 not seen');
    expect(stderr).toContain('failed.jsonl: failed: System error.');
    expect(stderr).toContain('gone.jsonl: the service does not show its job');
    expect(jobs.emulator.control.jobs()).toHaveLength(3);
    expect((await jobs.records()).map(({not_seen: missed}) => missed?.given_up_at !== undefined)).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });

  test('fetches what an expired job has finished', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('a.jsonl', 4);
    jobs.emulator.control.outcome({
      state: 'EXPIRED',
      has_output: true,
      rows: [{fault: 'missing', keys: ['r4']}],
    });
    jobs.finishJobs();
    expect((await jobs.poll()).code).toBe(3);
    expect(keysOf(await jobs.read('results/a.jsonl'))).toEqual(['r1', 'r2', 'r3']);
  });

  test('goes on asking until the result file of a job that succeeded is there', async () => {
    const jobs = await JobFixture.create({output_delay_ms: 3_600_000});
    await jobs.submit('a.jsonl');
    jobs.finishJobs();
    const cli = jobs.start();
    await until(() => jobInfoOf(jobs).includes('JOB_STATE_SUCCEEDED'));
    jobs.emulator.control.advance(3_600_000);
    expect((await cli.ended).code).toBe(0);
  });

  test('goes on where a download breaks off', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('a.jsonl', 200);
    jobs.emulator.control.fault({
      on: 'files.download',
      fault: {kind: 'drop_after_bytes', bytes: 5_000},
      times: 2,
    });
    jobs.finishJobs();
    expect((await jobs.poll()).code).toBe(0);
    expect(jobs.emulator.control.counts()['files.download']).toBe(3);
    expect(keysOf(await jobs.read('results/a.jsonl'))).toHaveLength(200);
  }); // The client waits a second before it goes on.

  test('looks once with --once, and says that jobs still run', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('a.jsonl');
    const {code, stdout} = await jobs.poll('--once');
    expect(code).toBe(4);
    expect(stdout).toMatch(/^1 job: 1 still running \(\d+s\)\nNext: gembatch poll\n$/u);
  });

  test('says with --once that it was ended before it had looked', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('a.jsonl');
    const before = jobs.emulator.control.requests().length;
    jobs.emulator.control.fault({on: 'batches.get', fault: {kind: 'hang_before'}});
    const cli = jobs.start('--once', '--json');
    await until(() => jobs.emulator.control.requests().length > before);
    cli.process.kill('SIGTERM');
    const {code, stdout} = await cli.ended;
    expect(code).toBe(EXIT.terminated);
    expect(eventsOf(stdout).at(-1)).toMatchObject({ended: 'interrupted', exit_code: EXIT.terminated});
  });

  test('stops at --timeout, and follows only what is named', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('a.jsonl');
    await jobs.submit('b.jsonl');
    const {code, stdout} = await jobs.poll('./a.jsonl', '--timeout', '300ms');
    expect([code, stdout.split(' (')[0]]).toEqual([4, '1 job: 1 still running']);
    const unknown = await jobs.poll('c.jsonl');
    expect([unknown.code, unknown.stderr]).toEqual([
      2,
      expect.stringContaining('has no batch job for c.jsonl'),
    ]);
  });

  test('keeps everything at the service with --keep-remote', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('a.jsonl');
    jobs.finishJobs();
    expect((await jobs.poll('--keep-remote')).code).toBe(0);
    expect([jobs.emulator.control.jobs().length, jobs.emulator.control.files().length]).toEqual([1, 1]);
  });

  test('ends at once when the key is refused', async () => {
    const jobs = await JobFixture.create({invalid_keys: ['test-key']});
    await writeFile(
      join(jobs.folder, 'job-info.jsonl'),
      '{"input_file":"a.jsonl","uploaded_file_name":"files/a","batch":{"name":"batches/a","state":"JOB_STATE_PENDING"}}\n',
    );
    expect((await jobs.poll()).code).toBe(6);
  });

  test('says that there is nothing to follow', async () => {
    const jobs = await JobFixture.create();
    const {code, stderr} = await jobs.poll();
    expect([code, stderr]).toEqual([2, expect.stringContaining('No batch job is recorded in')]);
  });

  test('does not say that nothing is recorded of a file in which no record can be read', async () => {
    const jobs = await JobFixture.create();
    await writeFile(join(jobs.folder, 'job-info.jsonl'), '{\n  "input_file": "a.jsonl"\n}\n');
    const {code, stdout, stderr} = await jobs.poll();
    expect([code, stderr]).toEqual([10, expect.stringContaining('cannot be read whole (line 1')]);
    expect(stdout + stderr).not.toContain('Submit request files');
  });

  test('does not end well beside a line that may be a job', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('a.jsonl');
    jobs.finishJobs();
    expect((await jobs.poll()).code).toBe(0);
    await appendFile(join(jobs.folder, 'job-info.jsonl'), '{"input_file":"b.js\n');
    const all = await jobs.poll();
    expect([all.code, all.stderr]).toEqual([10, expect.stringContaining('cannot be read whole (line 2')]);
    expect((await jobs.poll('a.jsonl')).code).toBe(0);
    const results = await runCli(['results'], jobs.options);
    expect([results.code, results.stderr]).toEqual([
      10,
      expect.stringContaining('cannot be read whole (line 2'),
    ]);
    expect((await runCli(['results', 'a.jsonl'], jobs.options)).code).toBe(0);
    expect((await runCli(['list'], jobs.options)).code).toBe(0);
  });

  test('completes a record of the first version of the Python tool', async () => {
    const jobs = await JobFixture.create();
    const {batch, uploaded_file_name: uploaded} = await jobs.submit('a.jsonl', 4);
    await writeFile(
      join(jobs.folder, 'job-info.jsonl'),
      `${JSON.stringify({input_file: 'a.jsonl', job_name: batch.name, uploaded_file_name: uploaded})}\n`,
    );
    jobs.finishJobs();
    expect((await jobs.poll()).code).toBe(0);
    expect((await jobs.records())[0]).toMatchObject({
      count: 4,
      batch: {name: batch.name, state: 'JOB_STATE_SUCCEEDED'},
    });
  });
});

describe('poll --json', () => {
  test('prints one event per line as its schema says, the summary last', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('a.jsonl');
    await jobs.submit('b.jsonl');
    jobs.emulator.control.outcome({match: 'b.jsonl', rows: [{fault: 'error', keys: ['r1']}]});
    jobs.finishJobs();
    const {code, stdout} = await jobs.poll('--json');
    const events = eventsOf(stdout);
    expect(code).toBe(3);
    expect(events.map((event) => schemaErrors('poll', event)).flat()).toEqual([]);
    expect(new Set(events.map(({event}) => event))).toEqual(new Set(['state', 'result', 'summary']));
    expect(events.at(-1)).toMatchObject({event: 'summary', done: 1, bad_rows: 1, exit_code: 3});
  });

  test('prints what ended it as the last event', async () => {
    const jobs = await JobFixture.create();
    const {code, stdout} = await jobs.poll('--json');
    const events = eventsOf(stdout);
    expect([code, events.length]).toEqual([2, 1]);
    expect(schemaErrors('poll', events[0])).toEqual([]);
    expect(events[0]).toMatchObject({event: 'failure', error: {code: 'NO_INPUT'}});
  });
});

describe('--on-done', () => {
  test('runs a command with the outcome in its environment when all is over', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('a.jsonl');
    jobs.finishJobs();
    const {code} = await jobs.poll(
      '--on-done',
      'echo "$GEMBATCH_OUTCOME $GEMBATCH_DONE of $GEMBATCH_JOBS" > told',
    );
    expect([code, await jobs.read('told')]).toEqual([0, 'ok 1 of 1\n']);
  });

  test('reports the failure of the command, and keeps a worse exit code', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('a.jsonl');
    jobs.finishJobs();
    const good = await jobs.poll('--on-done', 'exit 7');
    expect([good.code, good.stderr]).toEqual([1, expect.stringContaining('--on-done failed (7)')]);
  });
});
