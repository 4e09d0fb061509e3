import {describe, expect, test} from '@jest/globals';
import {inputOfSample, type SampledRequest} from '../../../../src/lib/domain/estimate/token-sample.js';
import {seededRandom} from '../../../helpers/seeded-random.js';

describe('inputOfSample', () => {
  test('has the true input between low and high in 19 of 20 files', () => {
    const random = seededRandom(7);
    let held = 0;
    const files = 400;
    for (let file = 0; file < files; file += 1) {
      const requests = Array.from({length: 1000}, (): SampledRequest => {
        const guessed = 20 + 400 * random() ** 3;
        return {counted: guessed * (0.7 + random()), guessed, byModality: {}, isPartlyGuessed: false};
      });
      const sample = requests.filter((_, index) => index % 20 === 10);
      const guessed = requests.reduce((sum, request) => sum + request.guessed, 0);
      const truth = requests.reduce((sum, request) => sum + request.counted, 0);
      const {low, high} = inputOfSample(sample, {requests: 1000, guessed});
      if (low <= truth && truth <= high) held += 1;
      expect(high).toBeLessThanOrEqual(3 * low);
    }
    expect(held / files).toBeGreaterThanOrEqual(0.93);
  });

  test('is what was counted where all was counted, but for the few tokens that an answer adds', () => {
    const sample = [{counted: 100, guessed: 80, byModality: {}, isPartlyGuessed: false}];
    expect(inputOfSample(sample, {requests: 1, guessed: 80})).toEqual({low: 100, likely: 100, high: 102});
  });

  test('goes by the mean where bytes do not tell the size of a part', () => {
    const sample = [10, 30].map((counted) => ({counted, guessed: 4, byModality: {}, isPartlyGuessed: true}));
    expect(inputOfSample(sample, {requests: 10, guessed: 40}).likely).toBe(200);
  });
});
