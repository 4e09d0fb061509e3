import {describe, expect, test} from '@jest/globals';
import {withOutputLimit, type OutputLimit} from '../../../../src/lib/domain/request/output-limit.js';

function raised(line: string, limit: OutputLimit): string {
  return Buffer.from(withOutputLimit(Buffer.from(line), limit)).toString();
}

describe('withOutputLimit', () => {
  test('multiplies up to what the model takes', () => {
    const line = (limit: number) => `{"request":{"generationConfig":{"maxOutputTokens":${limit}}}}`;
    expect(raised(line(40), {factor: 2, most: 64})).toBe(line(64));
    expect(raised(line(64), {factor: 2, most: 64})).toBe(line(64));
  });

  test.each<[string, OutputLimit, string]>([
    [
      '{"key":"k","request":{"generationConfig":{"maxOutputTokens":10,"topK":1}}}',
      50,
      '{"key":"k","request":{"generationConfig":{"maxOutputTokens":50,"topK":1}}}',
    ],
    [
      '{"key":"k","request":{"generation_config":{"max_output_tokens":10}}}',
      {factor: 2.5},
      '{"key":"k","request":{"generation_config":{"max_output_tokens":25}}}',
    ],
    [
      '{"key":"k","request":{"generationConfig":{"max_output_tokens":10}}}',
      50,
      '{"key":"k","request":{"generationConfig":{"max_output_tokens":50}}}',
    ],
    ['{"key":"k","request":{}}', 50, '{"key":"k","request":{"generationConfig":{"maxOutputTokens":50}}}'],
    [
      '{ "request" : { "generationConfig" : {"topK" : 1.50, "x": "ü\\u00e9" , "maxOutputTokens" : 10 } , "id":2512292042121000001}, "key":"k"}',
      {factor: 2},
      '{ "request" : { "generationConfig" : {"topK" : 1.50, "x": "ü\\u00e9" , "maxOutputTokens" : 20 } , "id":2512292042121000001}, "key":"k"}',
    ],
    [
      '{"request":{"id":2512292042121000001,"generation_config": {"topK":1e0}}}',
      50,
      '{"request":{"id":2512292042121000001,"generation_config": {"max_output_tokens":50,"topK":1e0}}}',
    ],
    [
      '{"request": {"id":2512292042121000001}}',
      50,
      '{"request": {"generationConfig":{"maxOutputTokens":50},"id":2512292042121000001}}',
    ],
    [
      '{"request":{"generationConfig":{"maxOutputTokens": "7" }}}',
      50,
      '{"request":{"generationConfig":{"maxOutputTokens": 50 }}}',
    ],
  ])('raises %s by %j', (line, limit, expected) => {
    expect(raised(line, limit)).toBe(expected);
  });

  test.each<[string, OutputLimit]>([
    ['{"key":"k", "request":{"generationConfig":{"maxOutputTokens":100}}}', 50],
    ['{"key":"k", "request":{"generationConfig":{}}}', {factor: 2}],
    ['{"key":"k", "request":[]}', 50],
    ['not JSON', 50],
  ])('leaves %s as it is for %j', (line, limit) => {
    expect(raised(line, limit)).toBe(line);
  });
});
