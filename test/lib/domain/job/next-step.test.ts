import {expect, test} from '@jest/globals';
import type {JobOutcome} from '../../../../src/lib/domain/job/job-progress.js';
import {nextStep, type JobEnd} from '../../../../src/lib/domain/job/next-step.js';
import {noCounts} from '../../../../src/lib/domain/result/row-counts.js';

const withRows = (outcome: JobOutcome, rows: Partial<ReturnType<typeof noCounts>>): JobEnd => ({
  outcome,
  results: {rows: {...noCounts(), ...rows}},
});
const done = withRows('done', {ok: 3});
const bad = (rows: Partial<ReturnType<typeof noCounts>>): JobEnd => withRows('bad_rows', {ok: 2, ...rows});

test.each<[string, readonly JobEnd[], string | undefined]>([
  ['something runs', [{outcome: 'failed'}, {outcome: 'running'}], 'poll'],
  ['all is done', [done, done], 'results --join answers.csv'],
  ['one has failed', [done, {outcome: 'failed'}], 'retry --dry-run'],
  ['one has expired', [{outcome: 'expired'}], 'retry --dry-run'],
  [
    'the one that failed was replaced',
    [{outcome: 'failed', replaced: true}, done],
    'results --join answers.csv',
  ],
  ['rows have errors', [bad({error: 1, blocked: 1})], 'retry --dry-run'],
  ['rows are missing', [bad({missing: 1})], 'retry --dry-run'],
  ['rows do not fit their schema', [bad({schema_mismatch: 1})], 'retry --dry-run'],
  ['rows were cut', [bad({truncated: 1, blocked: 1})], 'retry --max-output-tokens x2 --dry-run'],
  ['rows were blocked', [done, bad({blocked: 1})], 'results --failed'],
  ['rows answer no request', [bad({unknown_key: 1})], 'results --failed'],
  ['results are lost', [{outcome: 'lost'}], undefined],
  ['a job is not seen', [{outcome: 'not_seen'}, done], 'results --join answers.csv'],
  [
    'a job is not seen, and another was cancelled',
    [{outcome: 'not_seen'}, {outcome: 'cancelled'}],
    undefined,
  ],
  ['results were altered', [withRows('altered', {ok: 3})], undefined],
  ['there is nothing', [], undefined],
])('when %s the next step follows from it', (_when, jobs, step) => {
  expect(nextStep(jobs)).toBe(step);
});
