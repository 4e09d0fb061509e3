import {describe, expect, test} from '@jest/globals';
import {PollPace} from '../../../../src/lib/domain/job/poll-pace.js';

const middle = (): number => 0.5;

describe('the pace of polling', () => {
  test('slows down to five minutes while nothing moves, and returns on movement', () => {
    const pace = new PollPace(30_000, middle);
    const pauses = Array.from({length: 8}, () => pace.afterAnswer(false));
    expect(pauses.slice(0, 3)).toEqual([30_000, 45_000, 67_500]);
    expect(pauses.at(-1)).toBe(300_000);
    expect(pace.afterAnswer(true)).toBe(30_000);
  });

  test('never asks more often than it was told to, because nothing moves', () => {
    const pace = new PollPace(900_000, middle);
    expect([pace.afterAnswer(false), pace.afterAnswer(false)]).toEqual([900_000, 900_000]);
  });

  test('tries soon after trouble, then ever more rarely', () => {
    const pace = new PollPace(30_000, middle);
    const pauses = Array.from({length: 8}, () => pace.afterError());
    expect(pauses.slice(0, 3)).toEqual([5_000, 10_000, 20_000]);
    expect(pauses.at(-1)).toBe(300_000);
    pace.afterAnswer(true);
    expect(pace.afterError()).toBe(5_000);
  });

  test('never floods the service', () => {
    expect(new PollPace(0, middle).afterAnswer(true)).toBe(100);
  });

  test('varies by a fifth either way', () => {
    expect(new PollPace(10_000, () => 0).afterAnswer(true)).toBe(8_000);
    expect(new PollPace(10_000, () => 1).afterAnswer(true)).toBe(12_000);
  });
});
