import {describe, expect, it} from '@jest/globals';
import {PRICES} from '../../../../src/lib/domain/price/prices.js';
import {UsageSum} from '../../../../src/lib/domain/price/usage-sum.js';
import {ResultChecker} from '../../../../src/lib/domain/result/result-file.js';

const USAGE = {promptTokenCount: 20, candidatesTokenCount: 7, totalTokenCount: 27};
const ANSWER = {content: {parts: [{text: 'Paris, "modelVersion": "x"'}]}, finishReason: 'STOP'};
const SEARCHED = {...ANSWER, groundingMetadata: {webSearchQueries: ['capital of France', 'Paris']}};

const ROWS: Record<string, unknown> = {
  'an answer': {candidates: [ANSWER], usageMetadata: USAGE, modelVersion: 'gemini-2.5-pro'},
  'an answer after its usage': {modelVersion: 'gemini-2.5-flash', usageMetadata: USAGE, candidates: [ANSWER]},
  'an answer that searched': {candidates: [SEARCHED], usageMetadata: USAGE, modelVersion: 'gemini-2.5-pro'},
  'a second candidate that searched': {candidates: [ANSWER, SEARCHED], usageMetadata: USAGE},
  'an embedding': {embedding: {values: [0.5, -1e-3]}, tokenCount: '12'},
  'an answer that was cut': {candidates: [{...ANSWER, finishReason: 'MAX_TOKENS'}], usageMetadata: USAGE},
  'an answer without usage': {candidates: [ANSWER]},
  'a blocked prompt': {promptFeedback: {blockReason: 'SAFETY'}, usageMetadata: USAGE},
};

const newSum = (): UsageSum =>
  new UsageSum({prices: PRICES, service: 'gemini', day: '2026-11-28', model: 'models/gemini-2.5-flash'});

describe('UsageSum', () => {
  it.each(Object.entries(ROWS))(
    'counts the same for %s when the check leaves its answer out',
    (_, response) => {
      const line = Buffer.from(`${JSON.stringify({key: 'a', response})}\n`);
      const whole = newSum();
      whole.push(line);
      const around = newSum();
      const checker = new ResultChecker(
        {keys: null, count: 1},
        {onRow: (bytes, row, answer) => around.addRow(bytes, row, answer)},
      );
      checker.push(line);
      checker.finish();
      expect(around.finish()).toEqual(whole.finish());
    },
  );

  it('does not parse an answer that the check has read', () => {
    const row = Buffer.from(
      '{"key": "a", "response": {"candidates": [no JSON], "usageMetadata": {"promptTokenCount": 3}}}',
    );
    const start = row.indexOf('[');
    const sum = newSum();
    sum.addRow(row, {start: 0, end: row.length}, {start, end: row.indexOf(']') + 1});
    expect(sum.finish()).toMatchObject({rows: 1, prompt_tokens: 3});
  });

  it('counts no row for an error, for a line that is not JSON, and for a blank one', () => {
    const sum = newSum();
    sum.push(Buffer.from('{"key":"a","error":{"code":3,"message":"no"}}\n{\n \n'));
    expect(sum.finish()).toMatchObject({rows: 0, prompt_tokens: 0, cost_usd: 0});
  });
});
