import {afterEach, beforeEach, expect, jest, test} from '@jest/globals';
import {systemClock} from '../../src/lib/system-clock.js';

const DAY_MS = 86_400_000;

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

test.each([25, 60, 1e9])(
  'a sleep of %d days, longer than a timer of Node.js, does not end before',
  async (days) => {
    const stop = new AbortController();
    let isOver = false;
    const sleep = systemClock.sleep(days * DAY_MS, stop.signal).then(() => {
      isOver = true;
    });
    await jest.advanceTimersByTimeAsync(24.9 * DAY_MS);
    expect(isOver).toBe(false);
    if (days < 100) await jest.advanceTimersByTimeAsync((days - 24.9) * DAY_MS);
    else stop.abort();
    await sleep;
    expect(isOver).toBe(true);
    expect(jest.getTimerCount()).toBe(0);
  },
);
