import {readdir, rm, stat, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {describe, expect, test} from '@jest/globals';
import {JobFixture, keysOf} from '../helpers/job-fixture.js';

/** A fixture with one job that has ended and is known to have. */
async function finishedJob(requests: number): Promise<JobFixture> {
  const jobs = await JobFixture.create();
  const {batch} = await jobs.submit('a.jsonl', requests);
  jobs.finishJobs();
  const dest = {file_name: batch.name.replace('batches/', 'files/batch-')};
  const line = {...(await jobs.records())[0], batch: {...batch, state: 'JOB_STATE_SUCCEEDED', dest}};
  await writeFile(join(jobs.folder, 'job-info.jsonl'), `${JSON.stringify(line)}\n`);
  // The emulator ends a job when it is asked about it.
  await fetch(`${jobs.emulator.url}/v1beta/${batch.name}?key=test-key`);
  return jobs;
}

/** A poll whose download breaks off again and again, when it has broken off once. */
async function brokenDownload(jobs: JobFixture): Promise<ReturnType<JobFixture['start']>> {
  jobs.emulator.control.fault({
    on: 'files.download',
    fault: {kind: 'drop_after_bytes', bytes: 5_000},
    times: null,
  });
  const cli = jobs.start();
  await cli.seen('Retrying in');
  return cli;
}

/** Waits for a file that another process makes; there is no event to wait for. */
async function appeared(path: string): Promise<void> {
  while ((await stat(path).catch(() => null)) === null) await pause(10);
}

// Every test runs the real command twice, and one of them waits for a broken download as the command does.
describe('a poll that is killed', () => {
  test('in the middle of a download leaves nothing that the next one does not clear away', async () => {
    const jobs = await finishedJob(200);
    const cli = await brokenDownload(jobs);
    expect(await readdir(join(jobs.folder, 'results'))).toHaveLength(1);
    cli.process.kill('SIGKILL');
    await cli.ended;
    jobs.emulator.control.clearFaults();
    expect((await jobs.poll()).code).toBe(0);
    expect(await readdir(join(jobs.folder, 'results'))).toEqual(['a.jsonl']);
    expect(keysOf(await jobs.read('results/a.jsonl'))).toHaveLength(200);
  });

  test('after the result is in place and before that is recorded is made good by the next one', async () => {
    const jobs = await finishedJob(3);
    const lock = join(jobs.folder, 'job-info.jsonl.tmp');
    await writeFile(lock, '');
    const cli = jobs.start();
    await appeared(join(jobs.folder, 'results/a.jsonl'));
    cli.process.kill('SIGKILL');
    await cli.ended;
    expect((await jobs.records())[0]?.results).toBeUndefined();
    expect(jobs.emulator.control.jobs()).toHaveLength(1);

    const before = await stat(join(jobs.folder, 'results/a.jsonl'));
    await rm(lock);
    expect((await jobs.poll()).code).toBe(0);
    const after = await stat(join(jobs.folder, 'results/a.jsonl'));
    expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs]);
    expect((await jobs.records())[0]?.results?.rows.ok).toBe(3);
  });

  test('after that is recorded and before anything is deleted is over: nothing is fetched again', async () => {
    const jobs = await finishedJob(3);
    jobs.emulator.control.fault({on: 'files.delete', fault: {kind: 'hang_before'}});
    const cli = jobs.start();
    while (jobs.emulator.control.counts()['files.delete'] === undefined) await pause(10);
    cli.process.kill('SIGKILL');
    await cli.ended;
    expect((await jobs.records())[0]).toMatchObject({results: {rows: {ok: 3}}});

    expect((await jobs.poll()).code).toBe(0);
    expect(jobs.emulator.control.counts()['files.download']).toBe(1);
  });
});

test('Ctrl-C during a download leaves no half file, and says how to go on', async () => {
  const jobs = await finishedJob(200);
  const cli = await brokenDownload(jobs);
  cli.process.kill('SIGINT');
  const {code, stdout} = await cli.ended;
  expect([code, stdout]).toEqual([130, expect.stringContaining('Next: gembatch poll')]);
  expect(await readdir(join(jobs.folder, 'results'))).toEqual([]);
});

test('two polls at once bring every result home once and whole', async () => {
  const jobs = await JobFixture.create();
  await jobs.submit('a.jsonl', 50);
  await jobs.submit('b.jsonl', 50);
  await jobs.submit('c.jsonl', 50);
  jobs.finishJobs();
  const ended = await Promise.all([jobs.poll(), jobs.poll()]);
  expect(ended.map(({code}) => code)).toEqual([0, 0]);
  expect((await readdir(join(jobs.folder, 'results'))).toSorted()).toEqual(['a.jsonl', 'b.jsonl', 'c.jsonl']);
  expect((await jobs.records()).map(({results}) => results?.rows.ok)).toEqual([50, 50, 50]);
});
