import {expect, test} from '@jest/globals';
import {EXIT, GembatchError} from '../../../src/lib/domain/errors.js';
import {exitCodeOf, type ItemOutcome} from '../../../src/lib/domain/outcome.js';

const done: ItemOutcome = {kind: 'done'};
const unclear: ItemOutcome = {kind: 'unclear'};
const bad: ItemOutcome = {kind: 'failed', code: 'FILE_INVALID'};
const refused: ItemOutcome = {kind: 'failed', code: 'REFUSED'};
const capped: ItemOutcome = {kind: 'failed', code: 'COST_CAP'};
const quota: ItemOutcome = {kind: 'failed', code: 'QUOTA'};

test.each([
  ['everything is done', [done, done], EXIT.ok],
  ['a part failed', [done, bad, quota], EXIT.partial],
  ['every file is bad', [bad, bad], EXIT.usage],
  ['every create lacks quota', [quota, quota], EXIT.quota],
  ['all failed for different reasons', [bad, refused], EXIT.failed],
  ['a cap left something', [done, capped, bad], EXIT.cost_cap],
  ['one is unclear', [done, bad, unclear], EXIT.unclear],
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
