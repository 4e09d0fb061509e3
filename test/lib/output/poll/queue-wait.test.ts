import {expect, test} from '@jest/globals';
import {waitLines} from '../../../../src/lib/output/poll/queue-wait.js';
import type {QueueWait} from '../../../../src/lib/workflows/run/run-report.js';

const NOW_MS = Date.parse('2026-11-28T12:00:00Z');
const QUOTA: QueueWait = {
  reason: 'quota',
  files: 199,
  requests: 5_000,
  open_jobs: 80,
  max_open_jobs: 100,
  open_tokens: 1_000_000,
  max_open_tokens: null,
  retry_at: '2026-11-28T12:00:32Z',
};

test('the wait for quota is one line, without what it has no room for', () => {
  expect(waitLines(QUOTA, NOW_MS, 200)).toEqual([
    '199 files waiting for quota, trying again in 32s, or when a job ends, 80 batch jobs with about 1,000,000 tokens are open',
  ]);
  expect(waitLines(QUOTA, NOW_MS, 80)).toEqual([
    '199 files waiting for quota, trying again in 32s, or when a job ends',
  ]);
  expect(waitLines(QUOTA, NOW_MS, 60)).toEqual(['199 files waiting for quota, trying again in 32s']);
});

test('a lack of quota while no job of ours is open takes the room to say what may be the matter', () => {
  const lines = waitLines({...QUOTA, open_jobs: 0, open_tokens: 0}, NOW_MS, 80);
  expect(lines.length).toBeGreaterThan(1);
  expect(lines.join(' ')).toContain('a limit of rate or spending');
});
