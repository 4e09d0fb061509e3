import {expect, test} from '@jest/globals';
import {shortNames} from '../../../../src/lib/output/terminal/short-names.js';

test.each([
  [['batch/001.jsonl', 'batch/002.jsonl'], 15, ['batch/001.jsonl', 'batch/002.jsonl']],
  [['batch/001.jsonl', 'batch/002.jsonl'], 10, ['…001.jsonl', '…002.jsonl']],
  [['customer-feedback-a.jsonl', 'customer-feedback-2026-11-b.jsonl'], 14, ['…a.jsonl', '…202…1-b.jsonl']],
  [['a-very-long-name.jsonl', 'b-very-long-name.jsonl'], 11, ['a-v…e.jsonl', 'b-v…e.jsonl']],
  [['only-one-very-long-name.jsonl'], 11, ['onl…e.jsonl']],
  [['reviews', 'reviews-2026.jsonl'], 10, ['reviews', 'rev….jsonl']],
])('%j in %i columns are %j', (names, width, short) => {
  expect(shortNames(names, width)).toEqual(short);
});

test('500 names that differ only at their end stay different in 20 columns', () => {
  const names = Array.from(
    {length: 500},
    (_, i) => `shops/customer-feedback-of-the-year-2026-part-${i}.jsonl`,
  );
  expect(new Set(shortNames(names, 20)).size).toBe(500);
});
