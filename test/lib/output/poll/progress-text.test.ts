import {expect, test} from '@jest/globals';
import {progressText} from '../../../../src/lib/output/poll/progress-text.js';
import type {PolledJob} from '../../../../src/lib/workflows/poll/poll-report.js';

const NOW = Date.parse('2026-01-31T12:00:00Z');

function job(name: string, extra: Partial<PolledJob> = {}): PolledJob {
  return {
    name: `batches/${name}`,
    file: `${name}.jsonl`,
    model: 'models/gemini-3.5-flash-lite',
    state: 'JOB_STATE_RUNNING',
    outcome: 'running',
    replaced: false,
    requests: 100,
    create_time: '2026-01-31T11:00:00Z',
    ...extra,
  };
}

const stats = (pending: number): NonNullable<PolledJob['stats']> => ({
  request_count: 100,
  pending_request_count: pending,
  successful_request_count: 100 - pending,
  failed_request_count: 0,
});

test('progress has rows, percent, the cost so far, and the time left by the own pace of a job', () => {
  const done = job('a', {outcome: 'done', cost_usd: 0.25, end_time: '2026-01-31T11:30:00Z'});
  const half = job('b', {stats: stats(50)});
  expect(progressText([done, half], NOW)).toBe('150 of 200 rows (75%), $0.25 so far, ~1h 00m left');
});

test('each model has its percent, and without a sign of the end of all there is no time left', () => {
  const other = job('b', {model: 'models/gemini-3.8-flash', stats: stats(25)});
  expect(progressText([job('a'), other], NOW)).toBe(
    '75 of 200 rows (37%), gemini-3.5-flash-lite 0%, gemini-3.8-flash 75%',
  );
});

test('the time left is that of earlier jobs where a job has not begun to answer', () => {
  const done = job('a', {
    outcome: 'done',
    create_time: '2026-01-31T09:00:00Z',
    end_time: '2026-01-31T11:00:00Z',
  });
  expect(progressText([done, job('b')], NOW)).toBe('100 of 200 rows (50%), ~1h 00m left');
});

test('rows that wait to be submitted count, and how long they wait nobody can tell', () => {
  expect(progressText([job('b', {stats: stats(50)})], NOW, 400)).toBe('50 of 500 rows (10%)');
});

test('the time left is that of the slowest of any number of jobs', () => {
  const many = Array.from({length: 200_000}, (_, i) => job(`a${i}`, {stats: stats(i === 150_000 ? 75 : 50)}));
  expect(progressText(many, NOW)).toMatch(/, ~3h 00m left$/u);
});
