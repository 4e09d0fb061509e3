import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import type {Intent} from '../../src/lib/domain/job/job-record.js';
import {JobStore} from '../../src/lib/store/job-store.js';
import {systemClock} from '../../src/lib/system-clock.js';
import {JobFixture} from '../helpers/job-fixture.js';
import {requestLines} from '../helpers/request-files.js';

function storeOf(jobs: JobFixture): JobStore {
  return JobStore.open(join(jobs.folder, 'job-info.jsonl'), {command: 'gembatch submit', clock: systemClock});
}

function intentFor(file: string, uploaded: string): Intent {
  return {
    attempt: 'k7x2m9',
    input_file: file,
    count: 3,
    uploaded_file_name: uploaded,
    model: 'models/gemini-2.5-flash-lite',
    display_name: file,
    sha256: '0'.repeat(64),
    size_bytes: 1,
    intended_at: new Date(0).toISOString(),
  };
}

const WAIT = {timeoutMs: null};

// Each test runs the real command beside a session of this process.
describe('poll beside a submission', () => {
  test('follows the jobs that come, and does not end before the submission does', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('a.jsonl');
    jobs.finishJobs();
    const store = storeOf(jobs);
    let cli: ReturnType<JobFixture['start']> | undefined;
    await store.withSession(WAIT, async (session) => {
      cli = jobs.start('--json');
      await cli.seen('Waiting for jobs of gembatch submit');
      const uploaded = await jobs.upload('{"key":"r1","request":{"contents":[]}}\n');
      const batch = await jobs.create('b.jsonl', uploaded);
      session.intend(intentFor('b.jsonl', uploaded));
      const {input_file: file, count} = intentFor('b.jsonl', uploaded);
      session.done('k7x2m9', {
        input_file: file,
        count,
        uploaded_file_name: uploaded,
        batch,
        attempt: 'k7x2m9',
      });
      await cli.seen('"file":"b.jsonl"');
    });
    jobs.finishJobs();
    const ended = await cli?.ended;
    const summary: unknown = JSON.parse(ended?.stdout.trimEnd().split('\n').at(-1) ?? '');
    expect(summary).toMatchObject({event: 'summary', jobs: 2, done: 1, bad_rows: 1});
  });

  test('finds the job of a submission that died before it heard of it', async () => {
    const jobs = await JobFixture.create();
    const uploaded = await jobs.upload(requestLines(1));
    await jobs.create('b.jsonl', uploaded);
    await storeOf(jobs).withSession(WAIT, async (session) => session.intend(intentFor('b.jsonl', uploaded)));
    jobs.finishJobs();
    const {code, stderr} = await jobs.poll();
    expect(stderr).toContain('Recovered b.jsonl');
    expect(code).toBe(3);
    expect((await jobs.records()).map(({input_file: file}) => file)).toEqual(['b.jsonl']);
  });

  test('says that it is unclear which of two jobs is the one', async () => {
    const jobs = await JobFixture.create();
    const uploaded = await jobs.upload('{"key":"r1","request":{"contents":[]}}\n');
    await jobs.create('b.jsonl', uploaded);
    await jobs.create('b.jsonl', uploaded);
    await storeOf(jobs).withSession(WAIT, async (session) => session.intend(intentFor('b.jsonl', uploaded)));
    const {code, stdout} = await jobs.poll();
    expect([code, stdout]).toEqual([8, expect.stringContaining('1 unclear')]);
  });
});
