import {expect, test} from '@jest/globals';
import {parseDuration} from '../../../../src/lib/domain/text/duration.js';

test.each([
  ['0', 0],
  ['120', 120_000],
  ['1.5', 1_500],
  ['500ms', 500],
  ['90s', 90_000],
  ['15m', 900_000],
  ['1h30m', 5_400_000],
  ['1d', 86_400_000],
])('%s is %d milliseconds', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(['', 'soon', '-1', '5 minutes', '1h 30', '1e3'])('"%s" is no duration', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});
