import {describe, expect, test} from '@jest/globals';
import {costOf} from '../../../../src/lib/domain/price/cost.js';
import {priceOn} from '../../../../src/lib/domain/price/price-list.js';
import {PRICES} from '../../../../src/lib/domain/price/prices.js';
import {addUsage, emptyTotal, usageOf} from '../../../../src/lib/domain/price/usage.js';

function cost(model: string, response: Record<string, unknown>): number | null {
  const price = priceOn(PRICES, model, {service: 'gemini', day: '2026-11-28'});
  if (price === undefined) throw new Error(`${model} has no price`);
  const {search, maps_usd_per_1000: maps} = PRICES.models[model] ?? {};
  return costOf(usageOf(response), {price, search, maps});
}

const million = 1_000_000;

describe('an answered request', () => {
  test('pays for prompt, answer and thoughts', () => {
    const usageMetadata = {
      promptTokenCount: million,
      candidatesTokenCount: million,
      thoughtsTokenCount: 2 * million,
      totalTokenCount: 4 * million,
    };
    expect(cost('gemini-3.8-flash', {usageMetadata})).toBeCloseTo(0.375 + 3 * 1.875, 9);
  });

  test('pays less for what came from a cache', () => {
    const usageMetadata = {
      promptTokenCount: million,
      cachedContentTokenCount: 600_000,
      candidatesTokenCount: 0,
    };
    expect(cost('gemini-4-argon', {usageMetadata})).toBeCloseTo(0.4 * 1 + 0.6 * 0.05, 9);
  });

  test('takes cached tokens off the modality that has them, whatever the details leave out', () => {
    const usageMetadata = {
      promptTokenCount: 1000,
      promptTokensDetails: [{modality: 'AUDIO', tokenCount: 1000}],
      cachedContentTokenCount: 1000,
      candidatesTokenCount: 0,
    };
    expect(cost('gemini-2.5-flash', {usageMetadata})).toBeCloseTo((1000 * 0.03) / million, 12);
  });

  test('pays by modality: audio that it hears, images that it draws', () => {
    const heard = {
      promptTokenCount: 2 * million,
      promptTokensDetails: [
        {modality: 'TEXT', tokenCount: million},
        {modality: 'AUDIO', tokenCount: String(million)},
      ],
      candidatesTokenCount: 0,
    };
    expect(cost('gemini-2.5-flash', {usageMetadata: heard})).toBeCloseTo(0.15 + 0.5, 9);
    const drawn = {
      promptTokenCount: 0,
      candidatesTokenCount: 1130,
      candidatesTokensDetails: [{modality: 'IMAGE', tokenCount: 1120}],
    };
    expect(cost('gemini-nano-banana-2.1', {usageMetadata: drawn})).toBeCloseTo(
      (1120 * 15 + 10 * 3.75) / million,
      12,
    );
  });

  test('pays for its searches, by query or by prompt as the model has it', () => {
    const response = {
      usageMetadata: {promptTokenCount: 0, candidatesTokenCount: 0},
      candidates: [{groundingMetadata: {webSearchQueries: ['a', 'b', 'c']}}],
    };
    expect(cost('gemini-3.8-flash', response)).toBeCloseTo(0.042, 9);
    expect(cost('gemini-2.5-flash', response)).toBeCloseTo(0.035, 9);
  });

  test('pays for places of Google Maps, and has an unknown cost where nobody has published their price', () => {
    const response = {
      usageMetadata: {promptTokenCount: 0, candidatesTokenCount: 0},
      candidates: [{groundingMetadata: {groundingChunks: [{maps: {title: 'a'}}, {maps: {title: 'b'}}]}}],
    };
    expect(cost('gemini-3.8-flash', response)).toBeCloseTo(0.014, 9);
    expect(cost('gemini-2.5-flash', response)).toBeCloseTo(0.025, 9);
    expect(cost('gemini-3-pro-image', response)).toBeNull();
  });

  test('with a prompt above the limit of a tier pays its rates for all of it', () => {
    const usageMetadata = {promptTokenCount: 300_000, candidatesTokenCount: 1000};
    expect(cost('gemini-3.1-pro-preview', {usageMetadata})).toBeCloseTo(0.3 * 2 + 0.001 * 9, 9);
  });

  test('of which the service tells no counts has an unknown cost, never none', () => {
    expect(cost('gemini-3.8-flash', {})).toBeNull();
    expect(cost('gemini-3.8-flash', {usageMetadata: {promptTokenCount: 5}})).toBeNull();
  });

  test('whose total is that of its prompt has no answer to pay for', () => {
    const usageMetadata = {promptTokenCount: million, totalTokenCount: million};
    expect(cost('gemini-3.8-flash', {usageMetadata})).toBeCloseTo(0.375, 9);
  });

  test('with cached tokens has an unknown cost where nobody has published the price of the cache', () => {
    const usageMetadata = {promptTokenCount: 10, cachedContentTokenCount: 5, candidatesTokenCount: 0};
    expect(cost('gemini-nano-banana-2.1', {usageMetadata})).toBeNull();
  });

  test('for an embedding pays for its text alone', () => {
    expect(cost('gemini-embedding-001', {embedding: {values: []}, tokenCount: String(million)})).toBeCloseTo(
      0.075,
      9,
    );
  });
});

test('usage adds up, and what one row does not tell is unknown for all', () => {
  const one = usageOf({
    usageMetadata: {
      promptTokenCount: 7,
      candidatesTokenCount: 2,
      promptTokensDetails: [{modality: 'DOCUMENT', tokenCount: 4}],
    },
  });
  const total = emptyTotal();
  addUsage(total, one);
  addUsage(total, one);
  expect(total).toMatchObject({prompt_tokens: 14, output_tokens: 4, by_modality: {input: {image: 8}}});
  addUsage(total, one, -1);
  expect(total).toMatchObject({prompt_tokens: 7, output_tokens: 2, by_modality: {input: {image: 4}}});
  addUsage(total, usageOf({}));
  expect(total).toMatchObject({prompt_tokens: null, output_tokens: null});
});
