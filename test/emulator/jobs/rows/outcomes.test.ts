import {describe, expect, test} from '@jest/globals';
import {
  call,
  create,
  createJob,
  getJob,
  metadataOf,
  requestLines,
  resultRows,
  startEmulator,
  upload,
  type Json,
} from '../../raw-http.js';

describe('the outcome of a job', () => {
  test.each([
    ['FAILED', {code: 13, message: 'System error.'}],
    ['CANCELLED', {code: 13, message: expect.stringContaining('failed without error')}],
    ['EXPIRED', undefined],
  ] as const)('is %s without results when a rule says so', async (state, error) => {
    const emulator = await startEmulator();
    emulator.control.outcome({state, match: 'unlucky'});
    const job = await getJob(emulator, await createJob(emulator, {displayName: 'unlucky'}));
    expect(job).toMatchObject({done: true, metadata: {state: `BATCH_STATE_${state}`}});
    expect(job['error']).toEqual(error);
    expect(job).not.toHaveProperty('response');
    expect(job['metadata']).not.toHaveProperty('output');
    expect(await metadataOf(emulator, await createJob(emulator))).toMatchObject({
      state: 'BATCH_STATE_SUCCEEDED',
    });
  });

  test('can have results all the same', async () => {
    const emulator = await startEmulator();
    const error = {code: 8, message: 'Quota.'};
    emulator.control.outcome({state: 'PARTIALLY_SUCCEEDED', rows: [{fault: 'missing', keys: ['r2']}]});
    emulator.control.outcome({match: 'failed', state: 'FAILED', error, has_output: true});
    const content = requestLines(['one', 'two']);
    const partial = await createJob(emulator, {content});
    expect(await metadataOf(emulator, partial)).toMatchObject({state: 'BATCH_STATE_PARTIALLY_SUCCEEDED'});
    expect(await resultRows(emulator, partial)).toHaveLength(1);
    const failed = await createJob(emulator, {content, displayName: 'failed'});
    expect(await getJob(emulator, failed)).toMatchObject({error, metadata: {output: {}}});
    expect(await resultRows(emulator, failed)).toHaveLength(2);
  });

  test('is code 9 for rows of jobs that are too large', async () => {
    const emulator = await startEmulator();
    emulator.control.outcome({rows: [{fault: 'precondition', share: 1, above_requests: 1}]});
    const rowsOf = async (...prompts: string[]): Promise<readonly string[]> => {
      const job = await createJob(emulator, {content: requestLines(prompts)});
      await getJob(emulator, job);
      return resultRows(emulator, job);
    };
    const error = '"error":{"code":9,"message":"Precondition check failed"}';
    expect(await rowsOf('one', 'two')).toEqual([
      expect.stringContaining(error),
      expect.stringContaining(error),
    ]);
    expect(await rowsOf('one')).toEqual([expect.stringContaining('"response"')]);
  });

  test.each([
    '"system_instruction":{"parts":[{"text":"s"}]}',
    '"tools":[{"googleSearch":{}}]',
    '"toolConfig":{}',
  ])('is an error of the row that has a cached prompt and %s', async (member) => {
    const emulator = await startEmulator();
    const request = (more: string): string =>
      `"request":{"contents":[{"parts":[{"text":"a"}]}],"cachedContent":"cachedContents/c",${more}}`;
    const content = `{"key":"a",${request(member)}}\n{"key":"b",${request('"tools":[]')}}\n`;
    const job = await createJob(emulator, {content});
    await getJob(emulator, job);
    const rows = await resultRows(emulator, job);
    expect(rows.toSorted()).toEqual([
      expect.stringContaining('CachedContent can not be used with GenerateContent request setting'),
      expect.stringContaining('"response"'),
    ]);
  });

  test('is FAILED with code 3 for a line that is not JSON', async () => {
    const emulator = await startEmulator();
    const job = await createJob(emulator, {content: `${requestLines(['one'])}not JSON\n`});
    expect(await getJob(emulator, job)).toMatchObject({
      metadata: {state: 'BATCH_STATE_FAILED'},
      error: {code: 3, message: 'Line 2 of the request file is not a JSON object.'},
    });
  });

  test('comes when a rule says, for the jobs that it fits', async () => {
    const emulator = await startEmulator();
    emulator.control.outcome({match: 'slow', running_ms: 1_000, output_delay_ms: 500});
    const slow = await createJob(emulator, {displayName: 'slow'});
    expect(await metadataOf(emulator, slow)).toMatchObject({state: 'BATCH_STATE_RUNNING'});
    emulator.control.advance(1_000);
    const metadata = await metadataOf(emulator, slow);
    expect(metadata).toMatchObject({state: 'BATCH_STATE_SUCCEEDED'});
    expect(metadata).not.toHaveProperty('output');
    expect((await resultRows(emulator, slow)).join('')).toContain('PERMISSION_DENIED');
    emulator.control.advance(500);
    expect(await metadataOf(emulator, slow)).toHaveProperty('output');
    expect(await resultRows(emulator, slow)).toHaveLength(1);
  });
});

describe('result rows', () => {
  test('answer each request with its key, in another order', async () => {
    const emulator = await startEmulator();
    const prompts = Array.from({length: 20}, (_, i) => `What is ${i}?`);
    const rows = await parsedRows(emulator, requestLines(prompts));
    const keys = rows.map(({key}) => String(key));
    expect(keys).not.toEqual([...keys].sort(byNumber));
    expect([...keys].sort(byNumber)).toEqual(prompts.map((_, i) => `r${i + 1}`));
    expect(rows.find(({key}) => key === 'r5')).toEqual({
      key: 'r5',
      response: {
        candidates: [
          {
            content: {parts: [{text: 'Emulated answer to: What is 4?'}], role: 'model'},
            finishReason: 'STOP',
            index: 0,
          },
        ],
        usageMetadata: {
          promptTokenCount: 3,
          candidatesTokenCount: 8,
          totalTokenCount: 11,
          promptTokensDetails: [{modality: 'TEXT', tokenCount: 3}],
        },
        modelVersion: 'gemini-3.5-flash-lite',
        responseId: expect.any(String),
      },
    });
  });

  test('have their key first or last', async () => {
    const emulator = await startEmulator();
    const rows = await rowsOf(emulator, requestLines(Array.from({length: 10}, () => 'one')));
    expect(new Set(rows.map((row) => row.startsWith('{"key"')))).toEqual(new Set([true, false]));
  });

  test('are JSON where that is asked for, shaped by the schema', async () => {
    const emulator = await startEmulator();
    const responseSchema = {
      type: 'OBJECT',
      properties: {n: {type: 'INTEGER'}, tags: {type: 'ARRAY', items: {enum: ['a']}}},
    };
    const [row] = await parsedRows(
      emulator,
      requestLines(['one'], {generation_config: {response_mime_type: 'application/json', responseSchema}}),
    );
    expect(JSON.parse(textOf(row))).toEqual({n: expect.any(Number), tags: ['a']});
  });

  test('have as many candidates and thoughts as were asked for', async () => {
    const emulator = await startEmulator();
    const generationConfig = {candidateCount: 2, thinkingConfig: {thinkingBudget: 5}};
    const [row] = await parsedRows(emulator, requestLines(['one'], {generationConfig}));
    expect(row).toMatchObject({
      response: {candidates: [{index: 0}, {index: 1}], usageMetadata: {thoughtsTokenCount: 5}},
    });
  });

  test('are cut off at maxOutputTokens', async () => {
    const emulator = await startEmulator();
    const [row] = await parsedRows(emulator, requestLines(['one'], {generationConfig: {maxOutputTokens: 2}}));
    expect(textOf(row)).toBe('Emulated');
    expect(row).toMatchObject({response: {candidates: [{finishReason: 'MAX_TOKENS'}]}});
  });

  test.each([
    ['no request', '{"key":"k"}'],
    ['no contents', '{"key":"k","request":{"contents":[]}}'],
  ])('are errors with code 3 for a line with %s', async (_, line) => {
    const emulator = await startEmulator();
    const job = await createJob(emulator, {content: line});
    expect(await metadataOf(emulator, job)).toMatchObject({
      state: 'BATCH_STATE_SUCCEEDED',
      batchStats: {requestCount: '1', failedRequestCount: '1'},
    });
    const [row = ''] = await resultRows(emulator, job);
    expect(JSON.parse(row)).toEqual({key: 'k', error: {code: 3, message: expect.any(String)}});
  });

  test.each([
    ['error', [{key: 'r1', error: {code: 13}}]],
    ['error_as_status', [{key: 'r1', status: {code: 13}}]],
    ['blocked', [{key: 'r1', response: {promptFeedback: {blockReason: 'PROHIBITED_CONTENT'}}}]],
    ['safety', [{response: {candidates: [{finishReason: 'SAFETY', index: 0}]}}]],
    ['truncated', [{response: {candidates: [{finishReason: 'MAX_TOKENS', content: {parts: [{}]}}]}}]],
    ['empty', [{response: {candidates: [{finishReason: 'STOP', content: {role: 'model'}}]}}]],
    ['repeated', [{key: 'r1'}, {key: 'r1'}]],
    ['unknown_key', [{key: 'r1'}, {key: 'r1-unknown'}]],
    ['missing', []],
  ] as const)('have the fault %s on demand', async (fault, expected) => {
    const emulator = await startEmulator({behaviour: {is_shuffled: false}});
    emulator.control.outcome({rows: [{fault, keys: ['r1']}]});
    const rows = await parsedRows(emulator, requestLines(['one', 'two']));
    expect(rows).toMatchObject([...expected, {key: 'r2', response: {}}]);
  });

  test('lack their key or their usage, or are no JSON, on demand', async () => {
    const emulator = await startEmulator({behaviour: {is_shuffled: false}});
    emulator.control.outcome({
      rows: [
        {fault: 'no_key', keys: ['r1']},
        {fault: 'no_usage', keys: ['r2']},
        {fault: 'malformed', keys: ['r3']},
      ],
    });
    const [noKey = '', noUsage = '', malformed = ''] = await rowsOf(
      emulator,
      requestLines(['one', 'two', 'three']),
    );
    expect(JSON.parse(noKey)).not.toHaveProperty('key');
    expect(noUsage).not.toContain('usageMetadata');
    expect(() => JSON.parse(malformed) as unknown).toThrow(SyntaxError);
  });

  test('have a fault in a share of all', async () => {
    const emulator = await startEmulator();
    emulator.control.outcome({rows: [{fault: 'error', share: 0.3}]});
    const job = await createJob(emulator, {content: requestLines(Array.from({length: 1_000}, () => 'one'))});
    const {batchStats} = await metadataOf(emulator, job);
    const failed = Number((batchStats as Json)['failedRequestCount']);
    expect(failed).toBeGreaterThan(250);
    expect(failed).toBeLessThan(350);
  });
});

test('requests inside a create are answered inside the job, in order, with their metadata', async () => {
  const emulator = await startEmulator();
  const requests = ['k1', 'k2'].map((key) => ({
    request: {contents: [{parts: [{text: key}]}]},
    metadata: {key, tag: 'a'},
  }));
  emulator.control.outcome({rows: [{fault: 'error', keys: ['k2']}]});
  const {json} = await create(emulator, {inputConfig: {requests: {requests}}});
  const {response, metadata} = await getJob(emulator, String(json()['name']));
  const inlinedResponses = [
    {response: {candidates: [{}]}, metadata: {key: 'k1', tag: 'a'}},
    {error: {code: 13}, metadata: {key: 'k2', tag: 'a'}},
  ];
  expect(response).toMatchObject({inlinedResponses: {inlinedResponses}});
  expect(metadata).toMatchObject({output: {inlinedResponses: {inlinedResponses}}});
  expect(metadata).not.toHaveProperty('inputConfig');
  expect((await call(emulator, 'GET /v1beta/batches?pageSize=1')).text).not.toContain('inlinedResponses');
});

test('embeddings depend on the text, and are as long as was asked for', async () => {
  const emulator = await startEmulator();
  const asked = [{}, {outputDimensionality: 4}, {outputDimensionality: 4}, {outputDimensionality: 9_000}];
  const lines = asked.map((extra, i) => {
    const request = {content: {parts: [{text: i === 2 ? 'two' : 'one'}]}, ...extra};
    return JSON.stringify({key: `r${i}`, request});
  });
  const fileName = await upload(emulator, lines.join('\n'));
  const {json} = await call(emulator, 'POST /v1beta/models/gemini-embedding-001:asyncBatchEmbedContent', {
    json: {batch: {inputConfig: {file_name: fileName}, displayName: 'dn'}},
  });
  const job = String(json()['name']);
  expect(await metadataOf(emulator, job)).toMatchObject({
    '@type': 'type.googleapis.com/google.ai.generativelanguage.v1main.EmbedContentBatch',
  });
  const rows = (await resultRows(emulator, job))
    .map(
      (row) =>
        JSON.parse(row) as {key: string; response?: {tokenCount: string; embedding: {values: number[]}}},
    )
    .sort((a, b) => a.key.localeCompare(b.key));
  const vectors = rows.map(({response}) => response?.embedding.values);
  expect(vectors.map((values) => values?.length)).toEqual([3_072, 4, 4, undefined]);
  expect(vectors[1]).not.toEqual(vectors[2]);
  expect(vectors[1]).toEqual(vectors[0]?.slice(0, 4));
  expect(rows[0]?.response?.tokenCount).toBe('1');
  expect(rows[3]).toMatchObject({error: {code: 3}});
});

async function rowsOf(
  emulator: Parameters<typeof createJob>[0],
  content: string,
): Promise<readonly string[]> {
  const job = await createJob(emulator, {content});
  await getJob(emulator, job);
  return resultRows(emulator, job);
}

async function parsedRows(
  emulator: Parameters<typeof createJob>[0],
  content: string,
): Promise<readonly Json[]> {
  return (await rowsOf(emulator, content)).map((row) => JSON.parse(row) as Json);
}

function textOf(row: Json | undefined): string {
  const {response} = row as {response: {candidates: {content: {parts: {text: string}[]}}[]}};
  return response.candidates[0]?.content.parts[0]?.text ?? '';
}

function byNumber(a: string, b: string): number {
  return Number(a.slice(1)) - Number(b.slice(1));
}
