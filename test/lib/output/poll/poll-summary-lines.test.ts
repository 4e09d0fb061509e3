import {expect, test} from '@jest/globals';
import {summaryLines} from '../../../../src/lib/output/poll/poll-summary-lines.js';
import {colorsFor, marksFor} from '../../../../src/lib/output/terminal/screen.js';
import {noCounts} from '../../../../src/lib/domain/result/row-counts.js';
import type {PolledJob, PollSummary} from '../../../../src/lib/workflows/poll/poll-report.js';

const env = {LANG: 'C.UTF-8'};
const style = {
  colors: colorsFor({write: () => true}, env),
  marks: marksFor({env}),
  again: 'gembatch poll',
  hasNewResults: true,
};

function job(number: number, rest: Partial<PolledJob> = {}): PolledJob {
  return {
    name: `batches/${number}`,
    file: `a/${number}.jsonl`,
    state: 'JOB_STATE_SUCCEEDED',
    outcome: 'done',
    replaced: false,
    requests: 10,
    ...rest,
  };
}

function withRows(number: number, rows: Partial<ReturnType<typeof noCounts>>, bad = 0): PolledJob {
  const results = {
    file: `a/results/${number}.jsonl`,
    size_bytes: 1,
    sha256: '0'.repeat(64),
    fetched_at: '2026-11-20T12:31:00Z',
    rows: {...noCounts(), ...rows},
    request_file: 'matched' as const,
  };
  return job(number, {results, bad_rows: bad, outcome: bad === 0 ? 'done' : 'bad_rows'});
}

const NOTHING: PollSummary = {
  job_info: '/x/job-info.jsonl',
  ended: 'finished',
  jobs: 1,
  done: 0,
  bad_rows: 0,
  altered: 0,
  failed: 0,
  cancelled: 0,
  expired: 0,
  lost: 0,
  not_seen: 0,
  running: 0,
  replaced: 0,
  unclear: 0,
  left: 0,
  left_bytes: 0,
  vanished: 0,
  cost_usd: 0,
  cost_usd_known: 0,
  retiring: [],
  rows: noCounts(),
  bad_row_count: 0,
  duration_ms: 60_000,
  exit_code: 0,
};

test('what went wrong comes first, with its reason, and the good is folded', () => {
  const jobs = [
    ...Array.from({length: 20}, (_, i) => withRows(i, {ok: 10})),
    withRows(20, {ok: 7, error: 2, blocked: 1}, 3),
    job(21, {state: 'JOB_STATE_FAILED', outcome: 'failed', error: {message: 'Bad request.'}}),
    job(22, {state: 'JOB_STATE_EXPIRED', outcome: 'expired', replaced: true}),
  ];
  const rows = {...noCounts(), ok: 207, error: 2, blocked: 1};
  const summary = {...NOTHING, jobs: 23, done: 20, bad_rows: 1, failed: 1, replaced: 1, rows, exit_code: 3};
  expect(summaryLines(summary, jobs, style)).toEqual([
    '✖ a/21.jsonl: failed: Bad request.',
    '! a/20.jsonl: 3 of 10 rows without a good answer (2 error, 1 blocked)',
    '',
    '23 jobs: 20 done, 1 done with bad rows, 1 failed, 1 replaced by later jobs (1m 00s)',
    'Rows: 207 ok, 2 error, 1 blocked',
    'Results: a/results/',
    'Cost: $0',
    'Next: gembatch retry --dry-run',
  ]);
});

test('of many failures ten are named', () => {
  const jobs = Array.from({length: 500}, (_, i) => job(i, {state: 'JOB_STATE_FAILED', outcome: 'failed'}));
  const lines = summaryLines({...NOTHING, jobs: 500, failed: 500, exit_code: 1}, jobs, style);
  expect(lines.slice(9, 13)).toEqual([
    '✖ a/9.jsonl: failed',
    '  and 490 more: gembatch list',
    '',
    '500 jobs: 500 failed (1m 00s)',
  ]);
});

test.each([
  ['is over', {done: 1}, withRows(1, {ok: 10}), 'gembatch results --join answers.csv'],
  ['runs', {running: 1, exit_code: 4}, job(1, {outcome: 'running'}), 'gembatch poll'],
  ['was stopped', {ended: 'interrupted' as const, exit_code: 130}, job(1), 'gembatch poll'],
  ['is lost', {lost: 1, exit_code: 1}, job(1, {outcome: 'lost'}), undefined],
  ['may have a job that nobody knows', {unclear: 1, exit_code: 8}, job(1), 'gembatch poll'],
])('what to run next when it %s', (_when, rest, ended, next) => {
  const lines = summaryLines({...NOTHING, ...rest}, [ended], style);
  const found = lines.find((line) => line.startsWith('Next: '));
  expect(found).toBe(next === undefined ? undefined : `Next: ${next}`);
});

test('nobody is sent to join answers that were all here before', () => {
  const lines = summaryLines({...NOTHING, done: 1}, [withRows(1, {ok: 10})], {
    ...style,
    hasNewResults: false,
  });
  expect(lines.filter((line) => line.startsWith('Next: '))).toEqual([]);
});

test('three folders with results are named, and the others counted', () => {
  const jobs = [1, 2, 3, 4].map((number) => {
    const {results, ...rest} = withRows(number, {ok: 10});
    return {...rest, results: results && {...results, file: `${number}/results/a.jsonl`}};
  });
  const lines = summaryLines({...NOTHING, jobs: 4, done: 4}, jobs as readonly PolledJob[], style);
  expect(lines).toContain('Results: 1/results/, 2/results/, 3/results/ and 1 more folder');
});

test('results that are lost have their one way out', () => {
  const jobs = [job(1, {outcome: 'lost'})];
  const text = summaryLines({...NOTHING, jobs: 1, lost: 1, exit_code: 1}, jobs, style).join('\n');
  expect(text).toContain('its results are lost. To pay for the work again: gembatch retry --lost a/1.jsonl');
});
