import {expect, test} from '@jest/globals';
import type {Intent, JobRecord} from '../../../../src/lib/domain/job/job-record.js';
import {openWorkOf, Room} from '../../../../src/lib/workflows/run/room.js';

const NOW = Date.parse('2026-11-28T12:00:00Z');
const HOUR_MS = 3_600_000;

function job(changes: Partial<JobRecord>, state = 'JOB_STATE_RUNNING'): {record: JobRecord; line: null} {
  const record: JobRecord = {
    input_file: 'a.jsonl',
    count: 1,
    uploaded_file_name: 'files/a',
    batch: {name: 'batches/a', state, model: 'models/m'},
    size_bytes: 400,
    submitted_at: new Date(NOW - HOUR_MS).toISOString(),
    ...changes,
  };
  return {record, line: null};
}

const open = (records: readonly {record: JobRecord; line: null}[], openIntents: readonly Intent[] = []) =>
  openWorkOf({records, openIntents, problems: []}, 'models/m', NOW);

test('jobs that are not over count, with their tokens when they are of the model', () => {
  const other = {name: 'batches/b', state: 'JOB_STATE_PENDING', model: 'models/other'};
  expect(open([job({}), job({batch: other}), job({}, 'JOB_STATE_SUCCEEDED')])).toMatchObject({
    jobs: 2,
    tokens: 100,
  });
});

test('jobs that are lost or cannot be seen any more do not count', () => {
  const at = '2026-11-28T11:00:00Z';
  const missed = {since: at, looks: 3, given_up_at: at};
  expect(open([job({lost_at: at}), job({not_seen: missed})])).toMatchObject({jobs: 0, tokens: 0});
});

test('a create of which nobody knows yet counts', () => {
  const intent: Intent = {
    attempt: 't',
    input_file: 'a.jsonl',
    count: 1,
    uploaded_file_name: 'files/a',
    model: 'models/m',
    display_name: 'd',
    sha256: 's',
    size_bytes: 400,
    intended_at: '2026-11-28T11:59:00Z',
  };
  expect(open([], [intent])).toEqual({jobs: 1, tokens: 100, uploadedBytes: 400});
});

test('uploads take storage until they are deleted, for two days at the most', () => {
  const long = new Date(NOW - 49 * HOUR_MS).toISOString();
  const gone = job({remote_deleted_at: '2026-11-28T11:30:00Z'}, 'JOB_STATE_SUCCEEDED');
  expect(open([job({}, 'JOB_STATE_SUCCEEDED'), gone, job({submitted_at: long})]).uploadedBytes).toBe(400);
});

test('room gets less with each file, and what there is too little of is named', () => {
  const nothing = {jobs: 0, tokens: 0, uploadedBytes: 0};
  const limits = {slots: 2, maxOpenTokens: 150, maxUploadedBytes: 1_000};
  const room = new Room(nothing, limits);
  expect([400, 400, 200, 4].map((size) => room.take(size))).toEqual([
    undefined,
    'open_tokens',
    undefined,
    'open_jobs',
  ]);
  expect(new Room({...nothing, tokens: 1}, limits).take(2_000)).toBe('open_tokens');
  expect(new Room(nothing, {...limits, maxOpenTokens: null}).take(2_000)).toBe('storage');
});

test('what is larger than all tokens that may be open has room when nothing else is open', () => {
  const nothing = {jobs: 0, tokens: 0, uploadedBytes: 0};
  const room = new Room(nothing, {slots: 9, maxOpenTokens: 100, maxUploadedBytes: 10_000});
  expect([room.take(2_000), room.take(4)]).toEqual([undefined, 'open_tokens']);
});
