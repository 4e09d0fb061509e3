import {expect, test} from '@jest/globals';
import {placeInStretch} from '../../../../src/lib/domain/estimate/spread.js';

test('samples of a file that goes through its prompts in turn meet all of them alike', () => {
  for (const [length, turn] of [
    [2000, 500],
    [16, 8],
    [10, 10],
    [40, 4],
  ] as const) {
    const parts = [0, 0, 0, 0];
    for (let n = 0; n < 400; n += 1) {
      const line = n * length + Math.floor(placeInStretch(n) * length);
      const quarter = Math.floor(((line % turn) / turn) * 4);
      parts[quarter] = (parts[quarter] ?? 0) + 1;
    }
    expect(Math.min(...parts)).toBeGreaterThan(60);
  }
  expect(placeInStretch(0)).toBe(0);
});
