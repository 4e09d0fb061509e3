import {expect, test} from '@jest/globals';
import {NumberList} from '../../../../src/lib/domain/prepare/number-list.js';

test('a list keeps small and large numbers at any index, and 0 is what was never set', () => {
  const list = new NumberList();
  const numbers = new Map(
    [0, 1_023, 1_024, 5, 65_535, 65_536, 70_000, 1_000_000].map((index) => [index, index * 3 + 1]),
  );
  for (const [index, value] of numbers) list.set(index, value);
  for (const index of [5, 70_001]) {
    list.set(index, 2 ** 52 + index);
    numbers.set(index, 2 ** 52 + index);
  }
  for (const [index, value] of numbers) expect([index, list.get(index)]).toEqual([index, value]);
  for (const index of [-1, 2, 65_534, 200_000, 2_000_000])
    expect([index, list.get(index)]).toEqual([index, 0]);
});
