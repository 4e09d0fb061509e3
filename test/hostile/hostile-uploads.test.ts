import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {JobFixture} from '../helpers/job-fixture.js';
import {requestLines} from '../helpers/request-files.js';
import {runCli} from '../helpers/run-cli.js';

/** A finished job, and a file of somebody else that its record calls its upload and its result. */
async function forgedRecord(): Promise<{jobs: JobFixture; foreign: string}> {
  const jobs = await JobFixture.create();
  const foreign = await jobs.upload(requestLines(5, 'foreign'));
  const {batch} = await jobs.submit('a.jsonl');
  const record = {input_file: 'a.jsonl', count: 3, uploaded_file_name: foreign, batch};
  await writeFile(join(jobs.folder, 'job-info.jsonl'), `${JSON.stringify(record)}\n`);
  jobs.finishJobs();
  return {jobs, foreign};
}

test('poll deletes no file that only the record calls the upload of its job', async () => {
  const {jobs, foreign} = await forgedRecord();
  const {code, stderr} = await jobs.poll();
  expect([code, stderr]).toEqual([0, expect.stringContaining(`${foreign} is kept`)]);
  expect(jobs.emulator.control.files()).toContain(foreign);
  expect(jobs.emulator.control.jobs()).toEqual([]);
});

test('nor does a poll that did not see the job run, results, or cleanup', async () => {
  const {jobs, foreign} = await forgedRecord();
  await runCli(['list', '--refresh'], jobs.options);
  expect((await runCli(['results', '--keep-remote'], jobs.options)).code).toBe(0);
  await runCli(['cleanup'], jobs.options);
  await runCli(['poll'], jobs.options);
  expect(jobs.emulator.control.files()).toContain(foreign);
});

test('a journal from elsewhere has no file deleted that is not the upload of its create', async () => {
  const {jobs, foreign} = await forgedRecord();
  const intent = {
    attempt: 'abcdefghij',
    input_file: 'b.jsonl',
    count: 1,
    uploaded_file_name: foreign,
    model: 'models/gemini-2.5-flash-lite',
    display_name: 'b.jsonl #gb-000000000000-abcdefghij',
    sha256: '0'.repeat(64),
    size_bytes: 1,
    intended_at: '2026-01-01T00:00:00.000Z',
  };
  await writeFile(join(jobs.folder, 'job-info.jsonl.journal'), `${JSON.stringify({intent})}\n`);
  const {stdout, stderr} = await jobs.poll('--create-grace', '0s');
  expect(stdout + stderr).toContain('b.jsonl');
  expect(jobs.emulator.control.files()).toContain(foreign);
});
