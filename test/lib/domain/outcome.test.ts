import {expect, test} from '@jest/globals';
import {EXIT, GembatchError} from '../../../src/lib/domain/errors.js';
import {
  exitCodeOf,
  exitCodeOfFollowed,
  exitCodeOfRun,
  outcomesOfJob,
  type ItemOutcome,
} from '../../../src/lib/domain/outcome.js';

const done: ItemOutcome = {kind: 'done'};
const unclear: ItemOutcome = {kind: 'unclear'};
const bad: ItemOutcome = {kind: 'failed', code: 'FILE_INVALID'};
const refused: ItemOutcome = {kind: 'failed', code: 'REFUSED'};
const capped: ItemOutcome = {kind: 'failed', code: 'COST_CAP'};
const running: ItemOutcome = {kind: 'running'};
const declined: ItemOutcome = {kind: 'declined'};
const quota: ItemOutcome = {kind: 'failed', code: 'QUOTA'};

test.each([
  ['everything is done', [done, done], EXIT.ok],
  ['a part failed', [done, bad, quota], EXIT.partial],
  ['every file is bad', [bad, bad], EXIT.usage],
  ['every create lacks quota', [quota, quota], EXIT.quota],
  ['all failed for different reasons', [bad, refused], EXIT.failed],
  ['a cap left something', [done, capped, bad], EXIT.cost_cap],
  ['one is unclear', [done, bad, unclear], EXIT.unclear],
  ['one still runs', [done, running], EXIT.running],
  ['one still runs and another failed', [running, refused], EXIT.failed],
  ['a person said no', [declined], EXIT.failed],
])('the exit code says it when %s', (_, items, expected) => {
  expect(exitCodeOf(items)).toBe(expected);
});

test('what ended the run early decides, an interruption above all', () => {
  expect(exitCodeOf([done, refused], new GembatchError('KEY_REFUSED', ''))).toBe(EXIT.credentials);
  expect(exitCodeOf([done, unclear], new GembatchError('INTERRUPTED', ''))).toBe(EXIT.interrupted);
  const terminated = new GembatchError('INTERRUPTED', '', {details: {signal: 'SIGTERM'}});
  expect(exitCodeOf([done], terminated)).toBe(EXIT.terminated);
  expect(exitCodeOf([done, unclear], new GembatchError('STORAGE', ''))).toBe(EXIT.unclear);
});

test('of jobs that are followed, one that runs outweighs those that failed, and an unclear one outweighs both', () => {
  expect(exitCodeOfFollowed([done, bad, running])).toBe(EXIT.running);
  expect(exitCodeOfFollowed([done, bad, running], new GembatchError('SERVICE', ''))).toBe(EXIT.service);
  expect(exitCodeOfFollowed([done, running, unclear])).toBe(EXIT.unclear);
  expect(exitCodeOfFollowed([done, refused])).toBe(EXIT.partial);
});

test('a job with good and bad rows is done in part, one without a good row is not', () => {
  const job = {outcome: 'bad_rows', errorCode: undefined} as const;
  expect(outcomesOfJob({...job, goodRows: 2})).toEqual([done, refused]);
  expect(outcomesOfJob({...job, goodRows: 0})).toEqual([refused]);
  expect(outcomesOfJob({...job, goodRows: 2, errorCode: 'FILE_INVALID'})).toEqual([bad]);
});

test('a cap that ended a retry speaks for the run, unless its jobs say more', () => {
  expect(exitCodeOfRun(EXIT.ok, EXIT.ok, {retryCodes: [EXIT.cost_cap]})).toBe(EXIT.cost_cap);
  expect(exitCodeOfRun(EXIT.ok, EXIT.failed, {retryCodes: [EXIT.cost_cap]})).toBe(EXIT.failed);
});
