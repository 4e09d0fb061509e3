import {describe, expect, test} from '@jest/globals';
import {displayWidth} from '../../../../src/lib/output/terminal/display-width.js';
import {pollTable, tally, type PollTableState} from '../../../../src/lib/output/poll/poll-table.js';
import type {PolledJob} from '../../../../src/lib/workflows/poll/poll-report.js';

const NOW = Date.parse('2026-11-20T12:00:00Z');

function job(number: number, rest: Partial<PolledJob> = {}): PolledJob {
  return {
    name: `batches/${number}`,
    file: `batch/${String(number).padStart(3, '0')}.jsonl`,
    model: 'models/m',
    state: 'JOB_STATE_RUNNING',
    outcome: 'running',
    replaced: false,
    requests: 1_200,
    stats: {
      request_count: 1_200,
      pending_request_count: 700,
      successful_request_count: 497,
      failed_request_count: 3,
    },
    create_time: '2026-11-20T11:00:00Z',
    ...rest,
  };
}

const rows = {
  ok: 1_195,
  error: 5,
  blocked: 0,
  truncated: 0,
  empty: 0,
  malformed: 0,
  missing: 0,
  repeated: 0,
  unknown_key: 0,
};
const done = job(2, {
  state: 'JOB_STATE_SUCCEEDED',
  outcome: 'bad_rows',
  end_time: '2026-11-20T12:30:00Z',
  bad_rows: 5,
  results: {
    file: 'batch/results/002.jsonl',
    size_bytes: 1,
    sha256: '0'.repeat(64),
    fetched_at: '2026-11-20T12:31:00Z',
    rows,
    request_file: 'matched',
  },
});

function stateOf(jobs: readonly PolledJob[], rest: Partial<PollTableState> = {}): PollTableState {
  return {jobs, downloads: new Map(), changedAt: new Map(), nowMs: NOW, ...rest};
}

describe('the table', () => {
  test('shows a job on each line, with the time left by its own pace', () => {
    expect(pollTable(stateOf([job(1), done]), {columns: 120, rows: 20})).toEqual([
      'FILE             REQUESTS  STATE      DONE  FAILED    TIME     LEFT  MODEL  RESULT',
      'batch/001.jsonl     1,200  running     497       3  1h 00m  ~1h 24m  m',
      'batch/002.jsonl     1,200  succeeded   497       3  1h 30m           m      1,195 ok, 5 bad',
    ]);
  });

  test.each([20, 40, 60, 80, 120])('is never wider than %i columns', (columns) => {
    const long = job(3, {file: `${'很长的文件夹/'.repeat(10)}\u001B[2Jresult.jsonl`});
    const lines = pollTable(stateOf([job(1), done, long]), {columns, rows: 20});
    expect(lines).toHaveLength(4);
    for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
    expect(lines.join('')).not.toContain('\u001B');
  });

  test('of 500 jobs shows those in which something happens, and counts the others', () => {
    const jobs = Array.from({length: 500}, (_, i) => job(i + 1, {state: 'JOB_STATE_PENDING'}));
    const state = stateOf(jobs, {
      downloads: new Map([['batches/400', 1_500_000]]),
      changedAt: new Map([['batches/300', NOW - 1_000]]),
    });
    const lines = pollTable(state, {columns: 80, rows: 20});
    expect(lines).toHaveLength(20);
    expect(lines.at(-1)).toBe('… and 482 more');
    expect(lines.at(-2)).toMatch(/^batch\/400\.jsonl .*fetching 1\.5 MB$/u);
    expect(lines.at(-3)).toMatch(/^batch\/300\.jsonl /u);
  });
});

test('a tally tells what is over first', () => {
  expect(tally([job(1), job(3, {state: 'JOB_STATE_PENDING'}), done, job(4)])).toBe(
    '1 with bad rows, 2 running, 1 pending',
  );
});
