import {expect, test} from '@jest/globals';
import {formatBytes, formatCount, formatDuration, plural} from '../../../../src/lib/output/text/format.js';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.0 KB'],
  [99_940, '99.9 KB'],
  [99_960, '100 KB'],
  [999_499, '999 KB'],
  [999_500, '1.0 MB'],
  [27_100_000, '27.1 MB'],
  [2_000_000_000, '2.0 GB'],
  [5_000_000_000_000_000, '5000 TB'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.each([
  [0, '0s'],
  [59_499, '59s'],
  [59_500, '1m 00s'],
  [3_599_000, '59m 59s'],
  [3_900_000, '1h 05m'],
  [172_800_000, '2d 00h'],
])('%d milliseconds are %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test('numbers have commas, nouns their plural', () => {
  expect([999, 1_000, 999_999, 1_000_000, 0, -1, Infinity].map(formatCount)).toEqual([
    '999',
    '1,000',
    '999,999',
    '1,000,000',
    '0',
    '-1',
    'Infinity',
  ]);
  expect([formatCount(1_234_567), plural(1, 'file'), plural(0, 'file'), plural(1_234, 'request')]).toEqual([
    '1,234,567',
    '1 file',
    '0 files',
    '1,234 requests',
  ]);
});
