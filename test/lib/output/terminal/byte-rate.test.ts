import {expect, test} from '@jest/globals';
import {ByteRate} from '../../../../src/lib/output/terminal/byte-rate.js';

test('says nothing before there is something to go by', () => {
  const rate = new ByteRate(1_000);
  rate.add(5_000, 1_400);
  expect([rate.perSecond(1_400), rate.perSecond(1_500)]).toEqual([undefined, 10_000]);
});

test('follows the last five seconds, however often it is told', () => {
  const rate = new ByteRate(0);
  for (let ms = 10; ms <= 10_000; ms += 10) rate.add(10, ms);
  expect(rate.perSecond(10_000)).toBeCloseTo(1_000, -2);
  for (let ms = 10_010; ms <= 16_000; ms += 10) rate.add(50, ms);
  expect(rate.perSecond(16_000)).toBeCloseTo(5_000, -2);
});

test('falls to nothing when nothing comes', () => {
  const rate = new ByteRate(0);
  rate.add(1_000, 1_000);
  expect([rate.perSecond(2_000), rate.perSecond(4_000), rate.perSecond(7_000)]).toEqual([500, 250, 0]);
});

test('has nothing left of what came just after it was noted, however long nothing comes', () => {
  const rate = new ByteRate(0);
  rate.add(1_000, 1_000);
  rate.add(1_000, 1_100);
  expect(rate.perSecond(20_000)).toBe(0);
});
