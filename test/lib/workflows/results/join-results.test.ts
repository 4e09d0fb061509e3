import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from '@jest/globals';
import {failedRows} from '../../../../src/lib/workflows/results/failed-rows.js';
import {joinedLine} from '../../../../src/lib/output/results/joined-line.js';
import {joinResults} from '../../../../src/lib/workflows/results/join-results.js';
import {retryRequests, type RetryRequestsInput} from '../../../../src/lib/workflows/retry/retry-requests.js';
import {answerRow, blockedRow, embeddingRow, errorRow, requestLine} from '../../../helpers/result-rows.js';
import {seededRandom, shuffled} from '../../../helpers/seeded-random.js';
import {TEMP} from '../../../helpers/temp-dir.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(TEMP, 'join-'));
});
afterEach(async () => {
  await rm(folder, {recursive: true});
});

async function save(name: string, lines: readonly string[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, lines.join('\n'));
  return path;
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

type Line = Readonly<Record<string, unknown>>;

/** The lines of JSON that come out. */
async function joined(
  requests: readonly string[],
  results: readonly (readonly string[])[],
  parsesJson = false,
): Promise<Line[]> {
  const requestPath = await save('requests.jsonl', requests);
  const resultPaths = await Promise.all(results.map((rows, i) => save(`result-${i}.jsonl`, rows)));
  const lines: Line[] = [];
  // A row is valid until the next one.
  for await (const row of joinResults({requestPath, resultPaths, parsesJson})) {
    lines.push(JSON.parse(joinedLine({...row, file: 'requests.jsonl'}, {showsThoughts: false})) as Line);
  }
  return lines;
}

describe('joinResults', () => {
  test('yields every request once, in order, with its own answer', async () => {
    const keys = Array.from({length: 3000}, (_, i) => `k${i}`);
    const rows = keys.map((key) => answerRow({key, text: `answer ${key} \u2028é`}));
    const all = await joined(keys.map(requestLine), [shuffled(rows, seededRandom(3))]);
    expect(all.map(({key, text}) => [key, text])).toEqual(keys.map((key) => [key, `answer ${key} \u2028é`]));
  });

  test('shows request, outcome, finish reason, error and tokens', async () => {
    const [ok, error, blocked, missing, embedding] = await joined(
      ['a', 'b', 'c', 'd', 'e'].map(requestLine),
      [[embeddingRow('e'), blockedRow('c'), errorRow('b'), answerRow({key: 'a'})]],
    );
    expect(ok).toEqual({
      file: 'requests.jsonl',
      key: 'a',
      request: {contents: [{parts: [{text: 'question a'}]}], generationConfig: {maxOutputTokens: 100}},
      outcome: 'ok',
      text: 'an answer',
      data: null,
      finish_reason: 'STOP',
      error: null,
      tokens: {prompt: 8, candidates: 12, thoughts: 20, cached: null, total: 40},
      model: 'gemini-3.5-flash-lite',
    });
    expect(error).toMatchObject({
      outcome: 'error',
      text: null,
      error: {code: 3, message: 'invalid argument'},
    });
    expect(blocked).toMatchObject({outcome: 'blocked', error: {code: null}});
    expect(missing).toMatchObject({key: 'd', outcome: 'missing', tokens: null});
    expect(embedding).toMatchObject({outcome: 'ok', text: null, data: [0.1, -0.002]});
  });

  test('parses answers as JSON on demand and leaves out what is none', async () => {
    const rows = [answerRow({key: 'a', text: '{"n":1}'}), answerRow({key: 'b', text: '{"n":'})];
    const [good, bad] = await joined(['a', 'b'].map(requestLine), [rows], true);
    expect(good).toMatchObject({json: {n: 1}});
    expect(bad).toMatchObject({text: '{"n":'});
    expect(bad).not.toHaveProperty('json');
  });

  test('lets retry results replace bad rows and never good ones', async () => {
    const all = await joined(['a', 'b', 'c', 'd'].map(requestLine), [
      [answerRow({key: 'a', text: 'first'}), errorRow('b'), errorRow('c')],
      [answerRow({key: 'a', text: 'second'}), answerRow({key: 'b', text: 'second'}), blockedRow('c')],
      [answerRow({key: 'd', text: 'third'})],
    ]);
    expect(all.map(({outcome, text}) => [outcome, text])).toEqual([
      ['ok', 'first'],
      ['ok', 'second'],
      ['blocked', null],
      ['ok', 'third'],
    ]);
  });

  test('gives an answer to one request only, and keeps lines that are no requests', async () => {
    const all = await joined([requestLine('a'), '', requestLine('a'), 'no JSON'], [[answerRow({key: 'a'})]]);
    expect(all.map(({key, outcome, request}) => [key, outcome, request === null])).toEqual([
      ['a', 'ok', false],
      ['a', 'missing', false],
      [null, 'missing', true],
    ]);
  });
});

const KEYS = ['a', 'b', 'c', 'd', 'a'];

async function mixedInput(): Promise<{requestPath: string; resultPaths: string[]}> {
  const rows = [
    answerRow({key: 'c', finishReason: 'MAX_TOKENS'}),
    errorRow('b'),
    answerRow({key: 'a'}),
    answerRow({key: 'a'}),
    answerRow({key: 'stranger'}),
    '{"torn',
  ];
  return {
    requestPath: await save('requests.jsonl', KEYS.map(requestLine)),
    resultPaths: [await save('result.jsonl', rows)],
  };
}

describe('failedRows', () => {
  test('lists bad requests in order, then rows without a request', async () => {
    const input = await mixedInput();
    const rows = await collect(failedRows(input));
    expect(rows.map(({key, outcome, line, path}) => [key, outcome, line, path])).toEqual([
      ['b', 'error', 2, input.requestPath],
      ['c', 'truncated', 3, input.requestPath],
      ['d', 'missing', 4, input.requestPath],
      ['a', 'missing', 5, input.requestPath],
      ['stranger', 'unknown_key', 5, input.resultPaths[0]],
      [null, 'malformed', 6, input.resultPaths[0]],
    ]);
  });
});

describe('retryRequests', () => {
  const linesOf = async (input: RetryRequestsInput): Promise<string[]> =>
    (await collect(retryRequests(input))).flatMap((request) =>
      'bytes' in request ? [Buffer.from(request.bytes).toString()] : [],
    );
  const leftOutOf = async (input: RetryRequestsInput): Promise<string[]> =>
    (await collect(retryRequests(input))).flatMap((request) =>
      'leftOut' in request ? [request.leftOut] : [],
    );

  test('repeats the bytes of bad requests that another try can help and an answer can be matched to', async () => {
    const input = await mixedInput();
    expect(await linesOf(input)).toEqual(['b', 'd'].map(requestLine));
    expect(await leftOutOf(input)).toEqual(['truncated', 'unanswerable']);
  });

  test('asks once for a key that several requests have, answered or not', async () => {
    const requestPath = await save('requests.jsonl', ['a', 'b', 'a', 'b', 'a'].map(requestLine));
    const resultPaths = [await save('result.jsonl', [errorRow('b')])];
    expect(await linesOf({requestPath, resultPaths})).toEqual(['a', 'b'].map(requestLine));
    expect(await collect(failedRows({requestPath, resultPaths}))).toHaveLength(5);
  });

  test('asks once for each of many keys without an answer', async () => {
    const lines = Array.from({length: 3000}, (_, i) => requestLine(`k${i}`));
    const requestPath = await save('requests.jsonl', [...lines, ...lines]);
    const resultPaths = [await save('result.jsonl', [])];
    expect(await linesOf({requestPath, resultPaths})).toHaveLength(3000);
  });

  test('finds nothing to do when all is well', async () => {
    const requestPath = await save('requests.jsonl', [requestLine('a')]);
    const resultPaths = [await save('result.jsonl', [answerRow({key: 'a'})])];
    expect(await collect(retryRequests({requestPath, resultPaths}))).toEqual([]);
    expect(await collect(failedRows({requestPath, resultPaths}))).toEqual([]);
  });

  test('raises the output limit of truncated requests only', async () => {
    expect(await linesOf({...(await mixedInput()), maxOutputTokens: {factor: 2}})).toEqual([
      requestLine('b'),
      requestLine('c').replace('"maxOutputTokens":100', '"maxOutputTokens":200'),
      requestLine('d'),
    ]);
  });

  test('takes only the outcomes that are asked for', async () => {
    const input = await mixedInput();
    expect(await linesOf({...input, only: new Set(['error'])})).toEqual([requestLine('b')]);
    expect(await linesOf({...input, only: new Set(['truncated'])})).toEqual([requestLine('c')]);
  });
});
