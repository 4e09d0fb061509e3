import {expect, test} from '@jest/globals';
import {backoffMs, jittered} from '../../../src/lib/domain/backoff.js';

test('each pause is twice the one before, up to the longest, however often it was tried', () => {
  const pauses = {firstMs: 1_000, longestMs: 5_000};
  expect([0, 1, 2, 3, 5_000].map((earlier) => backoffMs(pauses, earlier))).toEqual([
    1_000, 2_000, 4_000, 5_000, 5_000,
  ]);
});

test('a pause is at most a fifth shorter or longer', () => {
  expect([0, 0.5, 1].map((random) => Math.round(jittered(1_000, () => random)))).toEqual([800, 1_000, 1_200]);
});
