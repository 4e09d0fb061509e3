import {expect, test} from '@jest/globals';
import {OpenJobLimit} from '../../../../src/lib/workflows/run/open-job-limit.js';

const withoutJitter = (most: number): OpenJobLimit => new OpenJobLimit(most, () => 0.5);

test('there is room for as many jobs as a person allows', () => {
  const limit = withoutJitter(100);
  expect([0, 40, 100, 120].map((open) => limit.slots(open, 0))).toEqual([100, 60, 0, 0]);
});

test('a refusal halves the room, and each pass without one makes it larger by one', () => {
  const limit = withoutJitter(100);
  limit.refused(20, 0);
  limit.succeeded(20);
  expect(limit.slots(20, 0)).toBe(41);
  for (let count = 0; count < 7; count += 1) limit.refused(20, 0);
  limit.succeeded(20);
  expect(limit.slots(20, 0)).toBe(1);
  for (let count = 0; count < 200; count += 1) limit.succeeded(20);
  expect(limit.slots(20, 0)).toBe(80);
});

test('while the service refuses, one create is tried after each pause, which doubles up to five minutes', () => {
  const limit = withoutJitter(100);
  const pauses: number[] = [];
  for (let count = 0; count < 7; count += 1) {
    limit.refused(20, 0);
    const {retryAtMs = 0} = limit.refusal ?? {};
    expect([limit.slots(20, retryAtMs - 1), limit.slots(20, retryAtMs)]).toEqual([0, 1]);
    pauses.push(retryAtMs / 1_000);
  }
  expect(pauses).toEqual([10, 20, 40, 80, 160, 300, 300]);
});

test('a job that ends makes room before the pause is over', () => {
  const limit = withoutJitter(100);
  limit.refused(20, 0);
  expect([limit.slots(20, 1), limit.slots(17, 1)]).toEqual([0, 3]);
});

test('a pause is never shorter than the one that the service asks for', () => {
  const limit = withoutJitter(100);
  limit.refused(20, 5_000, 60_000);
  expect(limit.refusal?.retryAtMs).toBe(65_000);
});
