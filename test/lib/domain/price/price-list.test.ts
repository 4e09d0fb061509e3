import {describe, expect, test} from '@jest/globals';
import {
  nextPrice,
  parsePriceList,
  pricedModelId,
  priceOn,
  pricesBetween,
  ratesFor,
  withPrices,
} from '../../../../src/lib/domain/price/price-list.js';
import {PRICES} from '../../../../src/lib/domain/price/prices.js';

const onGemini = (day: string) => ({service: 'gemini', day}) as const;
const inputOf = (model: string, day: string) => priceOn(PRICES, model, onGemini(day))?.rates[0]?.input.text;

describe('the price list of the package', () => {
  test('is in the form that --prices reads', () => {
    expect(parsePriceList(JSON.parse(JSON.stringify(PRICES)), 'prices.json')).toEqual(PRICES);
  });

  test('knows where and when each price was read, and in which order prices follow', () => {
    for (const {prices} of Object.values(PRICES.models)) {
      for (const {source, read_on} of prices) {
        expect(source).toMatch(/^https:\/\//);
        expect(read_on <= PRICES.read_on).toBe(true);
      }
      for (const service of ['gemini', 'vertex'] as const) {
        const days = prices
          .filter(({services}) => services.includes(service))
          .map((p) => p.effective_from ?? '');
        expect(days).toEqual([...new Set(days)].toSorted());
      }
    }
  });

  test('changes on the days that Google has announced', () => {
    expect([inputOf('gemini-4-argon', '2026-11-30'), inputOf('gemini-4-argon', '2026-12-01')]).toEqual([
      1, 2,
    ]);
    expect([inputOf('gemini-3.8-flash', '2026-12-31'), inputOf('gemini-3.8-flash', '2027-01-01')]).toEqual([
      0.375, 0.75,
    ]);
    expect(nextPrice(PRICES, 'gemini-4-carbon', onGemini('2026-11-28'))?.effective_from).toBe('2026-12-01');
    expect(nextPrice(PRICES, 'gemini-4-carbon', onGemini('2026-12-01'))).toBeUndefined();
  });

  test('has prices of one service only where the other has its own, or none', () => {
    const at = (service: 'gemini' | 'vertex') =>
      priceOn(PRICES, 'gemini-embedding-001', {service, day: '2026-11-28'})?.rates[0]?.input.text;
    expect([at('gemini'), at('vertex')]).toEqual([0.075, 0.12]);
    expect(priceOn(PRICES, 'gemini-3.8-flash-tts', {service: 'vertex', day: '2026-11-28'})).toBeUndefined();
  });
});

describe('a price', () => {
  test('is found by any name of the model, and by no part of one', () => {
    for (const name of [
      'models/gemini-3.8-flash',
      'publishers/google/models/gemini-3.8-flash',
      'gemini-flash-latest',
    ]) {
      expect(pricedModelId(PRICES, name)).toBe('gemini-3.8-flash');
    }
    for (const name of ['gemini-3.8', 'models/gemini-3.8-flash-001', 'constructor', '__proto__', '']) {
      expect(priceOn(PRICES, name, onGemini('2026-11-28'))).toBeUndefined();
    }
  });

  test('of a span is each that is in force at some moment of it', () => {
    const between = (from: string, to: string) =>
      pricesBetween(PRICES, 'gemini-4-argon', {service: 'gemini', from, to}).map(
        (p) => p.rates[0]?.input.text,
      );
    expect(between('2026-11-28', '2026-11-30')).toEqual([1]);
    expect(between('2026-11-28', '2026-12-01')).toEqual([1, 2]);
    expect(between('2026-12-01', '2026-12-04')).toEqual([2]);
  });

  test('of a model that another one takes the place of is that of the other from that day on', () => {
    const between = (from: string, to: string) =>
      pricesBetween(PRICES, 'gemini-2.5-flash', {service: 'gemini', from, to}).map(
        (p) => p.rates[0]?.output?.text,
      );
    expect(between('2026-11-27', '2026-11-30')).toEqual([1.25]);
    expect(
      pricesBetween(PRICES, 'gemini-2.5-pro', {service: 'gemini', from: '2026-11-29', to: '2026-12-02'}),
    ).toContainEqual(priceOn(PRICES, 'gemini-3.8-flash', onGemini('2026-12-01')));
  });

  test('of a long prompt is that of its tier', () => {
    const price = priceOn(PRICES, 'gemini-3.1-pro-preview', onGemini('2026-11-28'));
    const input = (tokens: number) => price && ratesFor(price, tokens)?.input.text;
    expect([input(0), input(200_000), input(200_001)]).toEqual([1, 1, 2]);
  });

  test('of the user goes before that of the package, model by model', () => {
    const own = parsePriceList(
      {
        read_on: '2026-12-24',
        models: {
          'gemini-4-argon': {
            max_input_tokens: 1,
            max_output_tokens: 1,
            prices: [
              {
                services: ['gemini'],
                rates: [{input: {text: 7}, cached_input: null, output: {text: 8}}],
                source: 'contract',
                read_on: '2026-12-24',
              },
            ],
          },
        },
      },
      'own.json',
    );
    const both = withPrices(PRICES, own);
    expect(priceOn(both, 'gemini-4-argon', onGemini('2027-01-01'))?.rates[0]?.input.text).toBe(7);
    expect(priceOn(both, 'gemini-3.8-flash', onGemini('2026-11-28'))?.rates[0]?.input.text).toBe(0.375);
  });
});

test.each([
  [[], 'a price list is a JSON object'],
  [{models: {}}, 'read_on is not a day'],
  [{read_on: '2026-11-27'}, 'models is missing'],
  [{read_on: '2026-11-27', models: {a: {max_input_tokens: 1, max_output_tokens: 1}}}, 'models["a"].prices'],
  [
    {
      read_on: '2026-11-27',
      models: {
        a: {
          max_input_tokens: 1,
          max_output_tokens: 1,
          prices: [{services: ['gemini'], rates: [{input: {text: -1}, cached_input: null, output: null}]}],
        },
      },
    },
    'models["a"].prices[0].rates[0]',
  ],
  ...[
    [{search: {usd_per_1000: '14', unit: 'query'}}, 'models["a"].search lacks usd_per_1000'],
    [{maps_usd_per_1000: null}, 'models["a"].maps_usd_per_1000 is not a number'],
    [{retirement: {on: 'soon'}}, 'models["a"].retirement lacks on'],
  ].map(
    ([more, fault]) =>
      [
        {
          read_on: '2026-11-27',
          models: {a: {max_input_tokens: 1, max_output_tokens: 1, prices: [], ...(more as object)}},
        },
        fault as string,
      ] as const,
  ),
])('a price list that is none is refused with the place of its fault: %j', (value, fault) => {
  expect(() => parsePriceList(value, 'own.json')).toThrow(
    expect.objectContaining({code: 'USAGE', message: expect.stringContaining(fault)}),
  );
});
