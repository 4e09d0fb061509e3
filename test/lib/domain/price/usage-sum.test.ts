import {describe, expect, it} from '@jest/globals';
import {PRICES} from '../../../../src/lib/domain/price/prices.js';
import {NO_USAGE} from '../../../../src/lib/domain/price/usage.js';
import type {JobUsage} from '../../../../src/lib/domain/job/job-record.js';
import {UsageSum} from '../../../../src/lib/domain/price/usage-sum.js';
import {ResultChecker} from '../../../../src/lib/domain/result/result-file.js';

const USAGE = {promptTokenCount: 20, candidatesTokenCount: 7, totalTokenCount: 27};
const ANSWER = {content: {parts: [{text: 'Paris, "modelVersion": "x"'}]}, finishReason: 'STOP'};
const SEARCHED = {...ANSWER, groundingMetadata: {webSearchQueries: ['capital of France', 'Paris']}};

const DETAILED = {
  ...USAGE,
  thoughtsTokenCount: 4,
  cachedContentTokenCount: '9',
  trafficType: 'ON_DEMAND',
  promptTokensDetails: [
    {modality: 'TEXT', tokenCount: 3},
    {modality: 'DOCUMENT', tokenCount: 9},
    {tokenCount: 1},
  ],
  cacheTokensDetails: [{modality: 'DOCUMENT', tokenCount: '9'}],
  candidatesTokensDetails: [{modality: 'AUDIO'}, {tokenCount: 7, modality: 'TEXT'}],
};
const used = (usageMetadata: unknown): unknown => ({
  candidates: [ANSWER],
  usageMetadata,
  modelVersion: 'gemini-2.5-pro',
});

const ROWS: Record<string, unknown> = {
  'an answer': {candidates: [ANSWER], usageMetadata: USAGE, modelVersion: 'gemini-2.5-pro'},
  'an answer after its usage': {modelVersion: 'gemini-2.5-flash', usageMetadata: USAGE, candidates: [ANSWER]},
  'an answer that searched': {candidates: [SEARCHED], usageMetadata: USAGE, modelVersion: 'gemini-2.5-pro'},
  'a second candidate that searched': {candidates: [ANSWER, SEARCHED], usageMetadata: USAGE},
  'an embedding': {embedding: {values: [0.5, -1e-3]}, tokenCount: '12'},
  'an answer that was cut': {candidates: [{...ANSWER, finishReason: 'MAX_TOKENS'}], usageMetadata: USAGE},
  'an answer without usage': {candidates: [ANSWER]},
  'usage that is null': used(null),
  'tokens by modality': used(DETAILED),
  'tokens of tools by modality': used({
    ...USAGE,
    toolUsePromptTokenCount: 5,
    toolUsePromptTokensDetails: [{modality: 'IMAGE', tokenCount: 5}],
  }),
  'an answer without tokens': used({promptTokenCount: 20, thoughtsTokenCount: 4, totalTokenCount: 24}),
  'counts that are none': used({promptTokenCount: 2.5, candidatesTokenCount: '', totalTokenCount: -1}),
  'counts of a great many digits': used({...USAGE, promptTokenCount: '00000000000000000020'}),
  'a modality of another kind': used({...USAGE, promptTokensDetails: [{modality: 7, tokenCount: 20}]}),
  'details that are none': used({...USAGE, promptTokensDetails: [null, 20], cacheTokensDetails: {}}),
  'a model that ends': {
    ...(used(USAGE) as object),
    modelStatus: {modelStage: 'LEGACY', retirementTime: '2026-12-01T00:00:00Z'},
  },
  'a version that is none': {candidates: [ANSWER], usageMetadata: USAGE, modelVersion: 3},
  'a blocked prompt': {promptFeedback: {blockReason: 'SAFETY'}, usageMetadata: USAGE},
};

const newSum = (): UsageSum =>
  new UsageSum({prices: PRICES, service: 'gemini', day: '2026-11-28', model: 'models/gemini-2.5-flash'});

/** The sum of a file that is checked, too. */
function checkedSum(file: Uint8Array): JobUsage {
  const sum = newSum();
  const checker = new ResultChecker(
    {keys: null, count: 1},
    {onRow: (bytes, row, used) => sum.addRow(bytes, row, used)},
  );
  checker.push(file);
  checker.finish();
  return sum.finish();
}

describe('UsageSum', () => {
  it.each(Object.entries(ROWS))('counts the same for %s when the check has read the row', (_, response) => {
    const line = Buffer.from(`${JSON.stringify({key: 'a', response})}\n`);
    const whole = newSum();
    whole.push(line);
    expect(checkedSum(line)).toEqual(whole.finish());
  });

  it('takes the last of what a response says twice, as JSON.parse does', () => {
    const line = Buffer.from(
      `{"key":"a","response":{"usageMetadata":${JSON.stringify(DETAILED)},"candidates":[${JSON.stringify(ANSWER)}],` +
        '"usageMetadata":{"promptTokenCount":1,"promptTokenCount":8,"candidatesTokenCount":2},"modelVersion":"a","modelVersion":"gemini-2.5-pro"}}\n',
    );
    const whole = newSum();
    whole.push(line);
    expect(checkedSum(line)).toEqual(whole.finish());
    expect(checkedSum(line)).toMatchObject({prompt_tokens: 8, thoughts_tokens: 0});
  });

  it('does not parse a row whose usage the check has read', () => {
    const used = {usage: {...NO_USAGE, prompt_tokens: 3}, modelVersion: 'gemini-2.5-pro'};
    const row = Buffer.from('no JSON');
    const sum = newSum();
    sum.addRow(row, {start: 0, end: row.length}, used);
    expect(sum.finish()).toMatchObject({rows: 1, prompt_tokens: 3});
  });

  it('counts no row for an error, for a line that is not JSON, and for a blank one', () => {
    const sum = newSum();
    sum.push(Buffer.from('{"key":"a","error":{"code":3,"message":"no"}}\n{\n \n'));
    expect(sum.finish()).toMatchObject({rows: 0, prompt_tokens: 0, cost_usd: 0});
  });
});
