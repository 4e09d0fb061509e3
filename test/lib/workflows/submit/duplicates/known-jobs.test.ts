import {expect, test} from '@jest/globals';
import type {JobRecord} from '../../../../../src/lib/domain/job/job-record.js';
import {JobStore} from '../../../../../src/lib/store/job-store.js';
import {ManualClock} from '../../../../helpers/manual-clock.js';
import {KnownJobs} from '../../../../../src/lib/workflows/submit/duplicates/known-jobs.js';

const record = (file: string, sha256: string, job: string): JobRecord => ({
  input_file: file,
  count: 1,
  uploaded_file_name: 'files/a',
  batch: {name: `batches/${job}`, model: 'models/m', state: 'JOB_STATE_RUNNING'},
  sha256,
});

const snapshot = (...records: JobRecord[]) => ({
  records: records.map((one, line) => ({record: one, line})),
  openIntents: [],
  problems: [],
});

const store = JobStore.open('job-info.jsonl', {command: 'test', clock: new ManualClock()});

test('a job is found by the path and by the content of its request file, for its model only', () => {
  const known = new KnownJobs(snapshot(record('a.jsonl', 'f00', '1')), store);
  expect(known.ofInputFile('a.jsonl')?.batch.name).toBe('batches/1');
  expect(known.ofContent('f00', 'models/m')?.batch.name).toBe('batches/1');
  expect(known.ofContent('f00', 'models/other')).toBeUndefined();
  expect(known.ofInputFile('b.jsonl')).toBeUndefined();
});

test('of several jobs for one file the last is found, also one that came later', () => {
  const known = new KnownJobs(snapshot(record('a.jsonl', 'f00', '1'), record('a.jsonl', 'f00', '2')), store);
  expect(known.ofInputFile('a.jsonl')?.batch.name).toBe('batches/2');
  known.add(record('a.jsonl', 'f00', '3'));
  expect(known.ofInputFile('a.jsonl')?.batch.name).toBe('batches/3');
});
