import {describe, expect, test} from '@jest/globals';
import {readResultRow, type ResultRow} from '../../../../src/lib/domain/result/result-row.js';
import {ResultScan} from '../../../../src/lib/domain/result/result-scan.js';
import {answerRow, blockedRow, embeddingRow, errorRow} from '../../../helpers/result-rows.js';

type Expected = Partial<ResultRow>;

function responseRow(response: unknown): string {
  return JSON.stringify({key: 'k', response});
}

function candidateRow(candidate: unknown): string {
  return responseRow({candidates: [candidate]});
}

function candidate(text: string, finishReason = 'STOP'): unknown {
  return {content: {parts: [{text}]}, finishReason};
}

/** The finish reasons of `@google/genai` 3.3 that are filters. */
const FILTERS = [
  'SAFETY',
  'RECITATION',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'LANGUAGE',
  'IMAGE_SAFETY',
  'IMAGE_PROHIBITED_CONTENT',
  'IMAGE_RECITATION',
  'MODEL_ARMOR',
  'ESCALATION',
  'PUP_LIMITED_DISABLED',
];

const CASES: readonly [string, string, Expected][] = [
  ['an answer', answerRow(), {outcome: 'ok', key: 'request_1', text: 'an answer', finishReason: 'STOP'}],
  [
    'text beyond ASCII',
    answerRow({key: 'ü', text: '日本\u2028é'}),
    {outcome: 'ok', key: 'ü', text: '日本\u2028é'},
  ],
  ['a CR at the end', `${answerRow()}\r`, {outcome: 'ok', key: 'request_1'}],
  [
    'several parts with a thought among them',
    candidateRow({
      content: {parts: [{text: 'hm', thought: true}, {text: 'a'}, {text: 'b'}]},
      finishReason: 'STOP',
    }),
    {outcome: 'ok', text: 'ab'},
  ],
  [
    'a function call without text',
    candidateRow({content: {parts: [{functionCall: {name: 'f', args: {}}}]}, finishReason: 'STOP'}),
    {outcome: 'ok', text: null},
  ],
  [
    'an answer without a finish reason',
    candidateRow({content: {parts: [{text: 'a'}]}}),
    {outcome: 'error', text: 'a', message: 'the answer has no finish reason, so it may not be whole'},
  ],
  [
    'an answer whose finish reason says nothing',
    answerRow({finishReason: 'FINISH_REASON_UNSPECIFIED'}),
    {outcome: 'error'},
  ],
  [
    'two good candidates',
    responseRow({candidates: [candidate('a'), candidate('b')]}),
    {outcome: 'ok', text: 'a', texts: ['a', 'b']},
  ],
  [
    'a second candidate that is cut',
    responseRow({candidates: [candidate('a'), candidate('b', 'MAX_TOKENS')]}),
    {
      outcome: 'truncated',
      text: 'a',
      finishReason: 'MAX_TOKENS',
      message: 'candidate 2 of 2: answer cut at the output limit: MAX_TOKENS',
    },
  ],
  [
    'an error inside of the response',
    responseRow({error: {code: 13, message: 'broke down'}}),
    {outcome: 'error', code: 13, message: 'broke down'},
  ],
  [
    'an error inside of a response with an answer',
    responseRow({candidates: [candidate('a')], error: {code: 13, message: 'broke down'}}),
    {outcome: 'error', code: 13, message: 'broke down'},
  ],
  [
    'a text status without an answer',
    '{"key":"k","status":"Bad Request: no such field","response":{}}',
    {outcome: 'error', message: 'Bad Request: no such field'},
  ],
  [
    'a status of success beside an answer',
    `{"key":"k","status":{"code":0},"response":{"candidates":[${JSON.stringify(candidate('a'))}]}}`,
    {outcome: 'ok'},
  ],
  [
    'a status that fails beside an answer',
    `{"key":"k","status":{"code":4,"message":"late"},"response":{"candidates":[${JSON.stringify(candidate('a'))}]}}`,
    {outcome: 'error', code: 4, message: 'late'},
  ],
  [
    'a message without a code',
    '{"key":"k","message":"over quota"}',
    {outcome: 'error', message: 'over quota'},
  ],
  [
    'an error with a status name alone',
    '{"key":"k","error":{"status":"UNAVAILABLE"}}',
    {outcome: 'error', message: 'UNAVAILABLE'},
  ],
  [
    'an answer that goes on',
    answerRow({finishReason: 'CONTINUATION'}),
    {
      outcome: 'truncated',
      message:
        'answer not finished: CONTINUATION. A higher output limit does not help; ask for less in one request, or send the request again with the continuationToken of its row',
    },
  ],
  ['an embedding', embeddingRow('e'), {outcome: 'ok', key: 'e', text: null}],
  ['an embedding without values', responseRow({embedding: {values: []}}), {outcome: 'empty'}],
  ['an error', errorRow('k'), {outcome: 'error', code: 3, message: 'invalid argument'}],
  [
    'an error called status',
    '{"key":"k","status":{"code":8,"message":"quota"}}',
    {outcome: 'error', code: 8, message: 'quota'},
  ],
  [
    'a status text beside an answer',
    '{"key":"k","status":"","response":{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]}}',
    {outcome: 'ok'},
  ],
  [
    'an error beside a response',
    '{"key":"k","response":{},"error":{"code":13}}',
    {outcome: 'error', code: 13, message: 'the service gives no reason'},
  ],
  ['an error that is text', '{"key":"k","error":"broken"}', {outcome: 'error', message: 'broken'}],
  [
    'an error that is nested more deeply than anything can be written',
    `{"key":"k","error":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
    {outcome: 'error', message: 'the service gives no reason'},
  ],
  ['a blocked prompt', blockedRow('k'), {outcome: 'blocked', message: 'prompt blocked: PROHIBITED_CONTENT'}],
  ...FILTERS.map((finishReason): [string, string, Expected] => [
    `an answer stopped by ${finishReason}`,
    candidateRow({finishReason}),
    {outcome: 'blocked', finishReason, message: `answer blocked: ${finishReason}`},
  ]),
  [
    'an answer stopped half way by SAFETY',
    answerRow({finishReason: 'SAFETY', text: 'half'}),
    {outcome: 'blocked', text: 'half'},
  ],
  [
    'an answer at the output limit',
    answerRow({finishReason: 'MAX_TOKENS', text: 'hal'}),
    {outcome: 'truncated', text: 'hal'},
  ],
  [
    'thoughts that used up the limit',
    candidateRow({content: {role: 'model'}, finishReason: 'MAX_TOKENS'}),
    {outcome: 'truncated', text: null},
  ],
  [
    'a broken function call',
    candidateRow({finishReason: 'MALFORMED_FUNCTION_CALL', finishMessage: 'bad call'}),
    {outcome: 'error', code: null, message: 'answer given up: MALFORMED_FUNCTION_CALL (bad call)'},
  ],
  [
    'an unknown finish reason',
    answerRow({finishReason: 'NEW_ONE'}),
    {outcome: 'error', finishReason: 'NEW_ONE'},
  ],
  ['STOP without content', candidateRow({finishReason: 'STOP'}), {outcome: 'empty'}],
  ['an empty text', answerRow({text: ''}), {outcome: 'empty', text: null}],
  [
    'nothing but a thought',
    candidateRow({content: {parts: [{text: 'hm', thought: true}]}, finishReason: 'STOP'}),
    {outcome: 'empty'},
  ],
  ['a response without candidates', responseRow({usageMetadata: {}}), {outcome: 'empty'}],
  ['no JSON', '{"key":"k","resp', {outcome: 'malformed', key: null}],
  ['no object', '[1]', {outcome: 'malformed', key: null}],
  ['the word null', 'null', {outcome: 'malformed', key: null}],
  ['no key', '{"response":{}}', {outcome: 'malformed', key: null}],
  ['a number as key', '{"key":7,"response":{}}', {outcome: 'malformed', key: null}],
  ['neither response nor error', '{"key":"k"}', {outcome: 'malformed', key: 'k'}],
];

describe('readResultRow', () => {
  test.each(CASES)('classifies %s', (_, line, expected) => {
    expect(readResultRow(Buffer.from(line))).toMatchObject(expected);
  });

  test.each(CASES)('agrees with the scan on %s', (_, line, expected) => {
    const bytes = Buffer.from(line);
    const scan = new ResultScan();
    const isGood = scan.isGood(bytes, 0, bytes.length);
    expect(isGood && expected.outcome !== 'ok').toBe(false);
    if (isGood) expect(Buffer.from(scan.key).toString()).toBe(readResultRow(bytes).key);
  });

  test('calls a row that is not UTF-8 malformed', () => {
    const line = Buffer.concat([
      Buffer.from('{"key":"'),
      Buffer.from([0xff]),
      Buffer.from('","response":{}}'),
    ]);
    expect(readResultRow(line).outcome).toBe('malformed');
  });

  test('reads token counts and leaves unknown ones null', () => {
    expect(readResultRow(Buffer.from(answerRow())).tokens).toEqual({
      prompt: 8,
      candidates: 12,
      thoughts: 20,
      cached: null,
      total: 40,
    });
    expect(readResultRow(Buffer.from(embeddingRow('e'))).tokens).toMatchObject({prompt: 1, total: null});
    expect(readResultRow(Buffer.from(errorRow('e'))).tokens).toMatchObject({prompt: null, total: null});
  });
});
