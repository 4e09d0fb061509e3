import {rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import {EXIT} from '../../src/lib/domain/errors.js';
import {JobFixture} from '../helpers/job-fixture.js';
import {runCli, startCli, type CliResult} from '../helpers/run-cli.js';
import {until} from '../helpers/until.js';

const cleanup = ({options}: JobFixture, ...args: string[]): Promise<CliResult> =>
  runCli(['cleanup', ...args], options);

const states = async (jobs: JobFixture): Promise<string[]> =>
  (await jobs.records()).map(({batch}) => batch.state);

// Each test starts the real command at least once, which takes a good half of a second.
describe('gembatch cleanup', () => {
  test('records how a job ended before it is deleted, so that it is not taken for lost', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('a.jsonl');
    jobs.emulator.control.outcome({state: 'FAILED', error: {code: 3, message: 'Bad requests.'}});
    jobs.finishJobs();
    expect((await cleanup(jobs)).code).toBe(EXIT.ok);
    expect(jobs.emulator.control.jobs()).toEqual([]);
    const [record] = await jobs.records();
    expect(record?.batch).toMatchObject({state: 'JOB_STATE_FAILED', error: {message: 'Bad requests.'}});
    expect((await jobs.poll('--once')).stdout).toContain('1 failed');
  });

  test('has recorded that before the first deletion, and goes on after a kill', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('a.jsonl');
    jobs.emulator.control.outcome({state: 'FAILED'});
    jobs.finishJobs();
    jobs.emulator.control.fault({on: 'batches.delete', fault: {kind: 'hang_before'}});
    const victim = startCli(['cleanup'], jobs.options);
    await until(() => jobs.emulator.control.counts()['batches.delete'] === 1);
    victim.process.kill('SIGKILL');
    await victim.ended;
    expect(await states(jobs)).toEqual(['JOB_STATE_FAILED']);

    expect((await cleanup(jobs)).code).toBe(EXIT.ok);
    expect([jobs.emulator.control.jobs(), jobs.emulator.control.files()]).toEqual([[], []]);
    expect((await jobs.records())[0]?.remote_deleted_at).toEqual(expect.any(String));
  });

  test('keeps the job whose result file is not on disk any more', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('a.jsonl');
    jobs.finishJobs();
    await jobs.poll('--keep-remote');
    await rm(join(jobs.folder, 'results/a.jsonl'));
    await cleanup(jobs);
    expect(jobs.emulator.control.jobs()).toHaveLength(1);
  });

  test.each([
    ['altered', (rows: string) => rows.replace('"text":"', '"text":"x').slice(0, rows.length)],
    ['cut', (rows: string) => rows.slice(0, -9)],
    ['another file', () => 'notes'],
  ])('keeps the job whose result file is %s, and says so', async (_, alter) => {
    const jobs = await JobFixture.create();
    await jobs.submit('a.jsonl');
    jobs.finishJobs();
    await jobs.poll('--keep-remote');
    const rows = await jobs.read('results/a.jsonl');
    await writeFile(join(jobs.folder, 'results/a.jsonl'), alter(rows));
    const {stderr} = await cleanup(jobs);
    expect(stderr).toContain('a.jsonl: its results in results/a.jsonl were altered since they were fetched');
    expect(jobs.emulator.control.jobs()).toHaveLength(1);

    await writeFile(join(jobs.folder, 'results/a.jsonl'), rows);
    await cleanup(jobs);
    expect(jobs.emulator.control.jobs()).toEqual([]);
  });

  test('refuses a name that nobody knows, and deletes nothing then', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('batch/a.jsonl');
    const {code, stderr} = await cleanup(jobs, 'batch/a.jsonl', 'batch/b.jsonl', '--yes');
    expect(code).toBe(EXIT.usage);
    expect(stderr).toContain('Did you mean: batch/a.jsonl');
    expect(jobs.emulator.control.jobs()).toHaveLength(1);
  });

  test('keeps what a running job reads, even when that is named', async () => {
    const jobs = await JobFixture.create();
    const {uploaded_file_name: upload} = await jobs.submit('a.jsonl');
    await cleanup(jobs, upload, '--yes');
    expect(jobs.emulator.control.files()).toEqual([upload]);
  });

  test('takes a request file for its job: a running one is cancelled, recorded, deleted', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('a.jsonl');
    expect((await cleanup(jobs, 'a.jsonl', '--yes')).code).toBe(EXIT.ok);
    expect([jobs.emulator.control.jobs(), jobs.emulator.control.files()]).toEqual([[], []]);
    expect(await states(jobs)).toEqual(['JOB_STATE_CANCELLED']);
  });

  test('keeps a named job that could not be cancelled, and what it reads', async () => {
    const jobs = await JobFixture.create();
    const {batch} = await jobs.submit('a.jsonl');
    const refusal = {kind: 'status', status: 400, body: {error: {code: 400, message: 'Over.'}}} as const;
    jobs.emulator.control.fault({on: 'batches.cancel', fault: refusal});
    const {code} = await cleanup(jobs, batch.name, '--yes');
    expect(code).toBe(EXIT.failed);
    expect([jobs.emulator.control.jobs().length, jobs.emulator.control.files().length]).toEqual([1, 1]);
  });

  test('keeps files of other tools while any job runs, because its requests may refer to them', async () => {
    const jobs = await JobFixture.create();
    jobs.emulator.control.advance(-7_200_000);
    const photo = await jobs.upload('not a request file');
    jobs.emulator.control.advance(7_200_000);
    const {batch} = await jobs.submit('a.jsonl');
    await cleanup(jobs, '--all', '--yes');
    expect(jobs.emulator.control.files()).toContain(photo);
    await runCli(['cancel', batch.name], jobs.options);
    await cleanup(jobs, '--all', '--yes');
    expect(jobs.emulator.control.files()).toEqual([]);
  });
});
