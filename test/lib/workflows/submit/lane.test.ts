import {expect, test} from '@jest/globals';
import {Lane} from '../../../../src/lib/workflows/submit/lane.js';

test('a lane lets so many through at a time, in their order, also after one failed', async () => {
  const lane = new Lane(2);
  const begun: number[] = [];
  let running = 0;
  let most = 0;
  const work = async (number: number): Promise<number> => {
    begun.push(number);
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    if (number === 1) throw new RangeError('one of them');
    return number;
  };
  const ends = await Promise.allSettled([0, 1, 2, 3, 4].map((number) => lane.run(() => work(number))));
  expect(ends.map(({status}) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
    'fulfilled',
  ]);
  expect(begun).toEqual([0, 1, 2, 3, 4]);
  expect(most).toBe(2);
});
