import {expect, test} from '@jest/globals';
import {inTurn, ratios} from '../../bench/measure/in-turn.js';
import {ratioFigure} from '../../bench/measure/ratio-figure.js';
import {median, quantile} from '../../bench/measure/statistics.js';
import {plot} from '../../bench/report/plot.js';
import {alarms, reportOf, verdict} from '../../bench/report/report.js';
import {sectionLines} from '../../bench/report/table.js';
import type {Figure} from '../../bench/row.js';

const comparison = {what: 'ours', against: 'theirs', unit: 'ms', target: null} as const;

test('things are measured in turn, so that each round is one moment', async () => {
  const order: string[] = [];
  const thing = (name: string) => async () => order.push(name);
  const values = await inTurn(2, {a: thing('a'), b: thing('b')});
  expect(order).toEqual(['a', 'b', 'a', 'b']);
  expect(values).toEqual({a: [1, 3], b: [2, 4]});
  expect(ratios(values.b, values.a)).toEqual([2, 4 / 3]);
});

test('a median and a quantile lie between the values', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(quantile([10, 20, 30, 40, 50], 0.25)).toBe(20);
  expect(() => median([])).toThrow(RangeError);
});

test('a ratio of times is that of the medians, a ratio of rates the other way round', () => {
  const times = {values: [30, 10, 20], base: [10, 10, 40]};
  expect(ratioFigure({...comparison, ...times})).toMatchObject({value: 2, spread: {low: 0.75, high: 2}});
  expect(ratioFigure({...comparison, ...times, as: 'rate'}).value).toBe(0.5);
});

test('a missed figure is told, and only one that is no noise raises the alarm', () => {
  const target = {limit: 1.5, is: 'at most'} as const;
  const missed = ratioFigure({...comparison, target, values: [2], base: [1]});
  const lost: Figure = {...missed, what: 'lost', against: null, alarm: {limit: 0, is: 'at most'}};
  const section = {id: 'row', title: 'Row', how: 'So.', figures: [missed, lost]};
  expect(verdict(missed)).toBe('missed');
  expect(verdict({...missed, value: 1.5})).toBe('reached');
  expect(alarms(reportOf('quick', [section]))).toEqual([lost]);
  expect(sectionLines(section)).toEqual([
    '',
    'Row',
    '  ours / theirs  2 ×  2 – 2, 1 runs  at most 1.50 ×  missed',
    '  lost           2 ×  2 – 2, 1 runs  at most 1.50 ×  missed',
  ]);
});

test('a plot has a bar for each thing, as long as its share of the longest, and shows no raw text', () => {
  const picture = plot('a < b', [ratioFigure({...comparison, what: 'a & b', values: [50], base: [100]})]);
  expect(picture).toContain('<title>a &lt; b</title>');
  expect(picture).toContain('>a &amp; b</text>');
  expect(picture?.match(/<rect [^>]*width="([\d.]+)"/gu)).toHaveLength(2);
  expect(picture).toContain('width="150.0"');
  expect(picture).toContain('width="300.0"');
  expect(plot('nothing', [])).toBeUndefined();
});
