import {describe, expect, test} from '@jest/globals';
import type {BatchJob} from '../../../../src/lib/domain/job/batch-job.js';
import {
  awaitsFetch,
  awaitsService,
  badRowCount,
  isFinished,
  isIncomplete,
  jobOutcome,
} from '../../../../src/lib/domain/job/job-progress.js';
import {mergeTargetOf, replacedJobs} from '../../../../src/lib/domain/job/replaced-jobs.js';
import type {
  IncompleteResults,
  JobRecord,
  RowCounts,
  StoredResults,
} from '../../../../src/lib/domain/job/job-record.js';
import {noCounts} from '../../../../src/lib/domain/result/row-counts.js';

const dest = {file_name: 'files/batch-a'};
const GOOD: RowCounts = {...noCounts(), ok: 2};

function job(batch: Partial<BatchJob>, rest: Partial<JobRecord> = {}): JobRecord {
  return {
    input_file: 'a.jsonl',
    count: 2,
    uploaded_file_name: 'files/a',
    batch: {name: 'batches/a', state: 'JOB_STATE_RUNNING', ...batch},
    ...rest,
  };
}

function fetched(rows: RowCounts): {readonly results: StoredResults} {
  return {
    results: {
      file: 'results/a.jsonl',
      size_bytes: 1,
      sha256: '0'.repeat(64),
      fetched_at: '2026-01-01T00:00:00Z',
      rows,
      request_file: 'matched',
    },
  };
}

describe('the progress of a job', () => {
  test.each([
    ['a pending job is asked about', job({state: 'JOB_STATE_PENDING'}), true, false, 'running'],
    ['an unknown state is not the end', job({state: 'JOB_STATE_X'}), true, false, 'running'],
    ['the other prefix is understood', job({state: 'BATCH_STATE_SUCCEEDED', dest}), false, true, 'running'],
    [
      'success without a result file is asked about',
      job({state: 'JOB_STATE_SUCCEEDED'}),
      true,
      false,
      'running',
    ],
    [
      'results of an expired job are fetched',
      job({state: 'JOB_STATE_EXPIRED', dest}),
      false,
      true,
      'running',
    ],
    ['an expired job without results is over', job({state: 'JOB_STATE_EXPIRED'}), false, false, 'expired'],
    ['a failed job is over', job({state: 'JOB_STATE_FAILED'}), false, false, 'failed'],
    ['a cancelled job is over', job({state: 'JOB_STATE_CANCELLED'}), false, false, 'cancelled'],
    [
      'a job that was called lost after one look is only not seen',
      job({}, {lost_at: '2026-01-01T00:00:00Z'}),
      false,
      false,
      'not_seen',
    ],
    [
      'an ended job whose results are gone is lost',
      job({state: 'JOB_STATE_SUCCEEDED'}, {lost_at: '2026-01-01T00:00:00Z'}),
      false,
      false,
      'lost',
    ],
    ['good results are done', job({state: 'JOB_STATE_SUCCEEDED', dest}, fetched(GOOD)), false, false, 'done'],
    [
      'a missing row is not success',
      job({state: 'JOB_STATE_SUCCEEDED', dest}, fetched({...GOOD, missing: 1})),
      false,
      false,
      'bad_rows',
    ],
  ] as const)('%s', (_, record, isAsked, isFetched, outcome) => {
    expect(awaitsService(record)).toBe(isAsked);
    expect(awaitsFetch(record)).toBe(isFetched);
    expect(isFinished(record)).toBe(!isAsked && !isFetched);
    expect(jobOutcome(record)).toBe(outcome);
  });
});

describe('bad rows', () => {
  test('count a malformed row and the request that it leaves without an answer once', () => {
    expect(badRowCount({...GOOD, malformed: 1, missing: 1})).toBe(1);
    expect(badRowCount({...GOOD, malformed: 1})).toBe(1);
    expect(badRowCount({...GOOD, malformed: 1, missing: 3, repeated: 1})).toBe(4);
    expect(badRowCount(GOOD)).toBe(0);
  });
});

test.each<[string, RowCounts, IncompleteResults | undefined, boolean]>([
  ['results without a mark', {...GOOD, malformed: 1}, undefined, false],
  ['fewer rows than the job counts', GOOD, {expected_rows: 3}, true],
  ['rows of a retry in their place', {...GOOD, ok: 3, malformed: 1}, {expected_rows: 3}, false],
  ['a line that is no row in the place of one', {...GOOD, malformed: 1}, {expected_rows: 3}, true],
  ['a row of another job in the place of one', {...GOOD, unknown_key: 1}, {expected_rows: 3}, true],
  ['what contradicts the job', GOOD, {expected_rows: 2, contradicts: true}, true],
  ['lines that are no rows, where nobody counts', GOOD, {expected_rows: 0, contradicts: true}, true],
  ['the same once a retry is merged', {...GOOD, malformed: 1}, {expected_rows: 0}, false],
])('%s: incomplete or not', (_, rows, incomplete, expected) => {
  const {results} = fetched(rows);
  expect(isIncomplete({...results, ...(incomplete === undefined ? {} : {incomplete})})).toBe(expected);
});

describe('replaced jobs', () => {
  const failed = job({name: 'batches/1', state: 'JOB_STATE_FAILED'});

  test('are those that were retried', () => {
    const parent = job({name: 'batches/1', state: 'JOB_STATE_SUCCEEDED', dest}, fetched(GOOD));
    const retry = job({name: 'batches/2'}, {input_file: 'b.jsonl', retry_of: 'batches/1'});
    expect([...replacedJobs([parent, retry])]).toEqual(['batches/1']);
  });

  test('are retries that are merged, so that the whole file counts', () => {
    const parent = job(
      {name: 'batches/1', state: 'JOB_STATE_SUCCEEDED', dest},
      fetched({...GOOD, blocked: 1}),
    );
    const merged = job({name: 'batches/2'}, {retry_of: 'batches/1', merged_at: '2026-01-31T12:00:00Z'});
    const open = job({name: 'batches/3'}, {retry_of: 'batches/2'});
    expect([...replacedJobs([parent, merged])]).toEqual(['batches/2']);
    expect([...replacedJobs([parent, merged, open])].toSorted()).toEqual(['batches/1', 'batches/2']);
  });

  test('are retries without results that were retried: the last one stands for them', () => {
    const parent = job(
      {name: 'batches/1', state: 'JOB_STATE_SUCCEEDED', dest},
      fetched({...GOOD, blocked: 1}),
    );
    const lost = job({name: 'batches/2', state: 'JOB_STATE_FAILED'}, {retry_of: 'batches/1'});
    const open = job({name: 'batches/3'}, {input_file: 'b.jsonl', retry_of: 'batches/2'});
    const merged = {...open, ...fetched(GOOD), merged_at: '2026-01-31T12:00:00Z'};
    expect([...replacedJobs([parent, lost])]).toEqual(['batches/1']);
    expect([...replacedJobs([parent, lost, open])].toSorted()).toEqual(['batches/1', 'batches/2']);
    expect([...replacedJobs([parent, lost, merged])].toSorted()).toEqual(['batches/2', 'batches/3']);
  });

  test('are found among records that retry each other in a circle', () => {
    const records = ['1', '2', '3'].map((id, index) =>
      job({name: `batches/${id}`, state: 'JOB_STATE_FAILED'}, {retry_of: `batches/${((index + 1) % 3) + 1}`}),
    );
    expect(replacedJobs(records).size).toBe(3);
    const byName = new Map(records.map((record) => [record.batch.name, record]));
    for (const record of records) expect(mergeTargetOf(record, byName)).toBeUndefined();
  });

  test('are those without results whose file was submitted again', () => {
    expect([...replacedJobs([failed, job({name: 'batches/2'})])]).toEqual(['batches/1']);
    expect([...replacedJobs([failed])]).toEqual([]);
  });

  test('are not jobs that still run or have results', () => {
    const running = job({name: 'batches/1'});
    const done = job({name: 'batches/2', state: 'JOB_STATE_SUCCEEDED', dest}, fetched(GOOD));
    expect([...replacedJobs([running, done, job({name: 'batches/3'})])]).toEqual([]);
  });
});
