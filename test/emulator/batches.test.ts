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
} from './raw-http.js';

const TYPE = 'type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch';

describe('batches.create', () => {
  test('answers with the operation of a pending job', async () => {
    const emulator = await startEmulator({behaviour: {pending_ms: 1_000}});
    const fileName = await upload(emulator, requestLines(['one', 'two']));
    const {status, json} = await create(emulator, {displayName: 'dn', inputConfig: {fileName}});

    expect(status).toBe(200);
    const {name} = json();
    expect(name).toMatch(/^batches\/[a-z0-9]{36}$/u);
    const createTime: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/u);
    expect(json()).toEqual({
      name,
      metadata: {
        '@type': TYPE,
        model: 'models/gemini-3.5-flash-lite',
        displayName: 'dn',
        inputConfig: {fileName},
        createTime,
        updateTime: createTime,
        batchStats: {requestCount: '2', pendingRequestCount: '2'},
        state: 'BATCH_STATE_PENDING',
        name,
      },
    });
  });

  test('takes names in snake_case', async () => {
    const emulator = await startEmulator();
    const fileName = await upload(emulator, requestLines(['one']));
    const {json} = await create(emulator, {display_name: 'dn', input_config: {file_name: fileName}});
    expect(json()['metadata']).toMatchObject({displayName: 'dn', inputConfig: {fileName}});
  });

  test.each(['v1', 'v1beta', 'v1alpha'])('is there in version %s', async (version) => {
    const emulator = await startEmulator();
    const fileName = await upload(emulator, requestLines(['one']));
    const {status} = await call(
      emulator,
      `POST /${version}/models/gemini-3.5-flash-lite:batchGenerateContent`,
      {
        json: {batch: {inputConfig: {fileName}}},
      },
    );
    expect(status).toBe(200);
  });

  test('refuses fields that it does not know, in the words of the service', async () => {
    const emulator = await startEmulator();
    const onTop = await call(emulator, 'POST /v1beta/models/gemini-3.5-flash-lite:batchGenerateContent', {
      json: {batch: {}, x: 1},
    });
    expect(onTop.status).toBe(400);
    expect(onTop.json()).toEqual({
      error: {
        code: 400,
        message: 'Invalid JSON payload received. Unknown name "x": Cannot find field.',
        status: 'INVALID_ARGUMENT',
        details: [
          {
            '@type': 'type.googleapis.com/google.rpc.BadRequest',
            fieldViolations: [
              {description: 'Invalid JSON payload received. Unknown name "x": Cannot find field.'},
            ],
          },
        ],
      },
    });
    const inside = await create(emulator, {inputConfig: {file: 'files/a'}});
    expect(inside.text).toContain('Unknown name \\"file\\" at \'batch.input_config\': Cannot find field.');
  });

  test('refuses a file for names and shapes that a request does not have, line by line', async () => {
    const emulator = await startEmulator();
    const contents = '"contents":[{"parts":[{"text":"a"}]}]';
    const lines = [
      `{"key":"a","request":{${contents},"thinking_config":{"thinking_budget":0}}}`,
      `{"key":"b","request":{${contents},"systemInstruction":["s"]}}`,
      `{"key":"c","request":{${contents},"continuationToken":"t"}}`,
      `{"key":"d","request":{${contents},"generationConfig":{"nope":1},"tools":{"google_search":{}}}}`,
    ];
    const fileName = await upload(emulator, lines.join('\n'));
    const {status, json} = await create(emulator, {inputConfig: {fileName}});
    expect(status).toBe(400);
    expect(json()['error']).toEqual({
      code: 400,
      status: 'INVALID_ARGUMENT',
      message: [
        "Error on line 1: invalid JSON, near column 61: no such field: 'thinking_config'",
        "Error on line 2: invalid JSON, near column 61: unexpected character: '['; expected '{'",
        "Error on line 4: invalid JSON, near column 81: no such field: 'nope'",
      ].join('\n'),
    });
    expect(emulator.control.paid()).toEqual([]);
    const inline = await create(emulator, {
      inputConfig: {requests: {requests: [{request: {contents: [], generation_config: {nope: 1}}}]}},
    });
    expect(inline.text).toContain("requests[0].request.generation_config': Cannot find field.");
  });

  test.each([
    [
      'two kinds of data in a part',
      '"contents":[{"parts":[{"text":"a","inline_data":{"mime_type":"image/png","data":"iVBO"}}]}]',
      "'inline_data' has already been set (either directly or as part of a oneof)",
    ],
    [
      'text for a number',
      '"generationConfig":{"temperature":"hot"}',
      'non-number characters in quoted number',
    ],
    [
      'a fraction for a whole number',
      '"generationConfig":{"maxOutputTokens":1.5}',
      'expected integer, but JSON number had fractional part',
    ],
    ['half of a character', '"contents":[{"parts":[{"text":"a\\ud83d\\u0041"}]}]', 'invalid low surrogate'],
    [
      'the other half alone',
      '"contents":[{"parts":[{"text":"\\\\ud83d\\uDE00"}]}]',
      'unpaired low surrogate',
    ],
    [
      'the end of a text in a character',
      '"contents":[{"parts":[{"text":"\\ud83d"}]}]',
      "unexpected character: '\"'; expected '\\u'",
    ],
    ['a list for a flag', '"generationConfig":{"responseLogprobs":[]}', "expected 'true' or 'false'"],
  ])('refuses a file with %s', async (_, member, words) => {
    const emulator = await startEmulator();
    const fileName = await upload(emulator, `{"key":"a","request":{${member}}}`);
    const {status, json} = await create(emulator, {inputConfig: {fileName}});
    expect(status).toBe(400);
    const message = expect.stringMatching(/^Error on line 1: invalid JSON, near column \d+: /u);
    expect(json()['error']).toMatchObject({message});
    expect(json()['error']).toMatchObject({message: expect.stringContaining(words)});
    expect(emulator.control.paid()).toEqual([]);
  });

  test.each([
    ['"generationConfig":{"responseSchema":{"type":"objekt"}}', 'objekt'],
    ['"safety_settings":[{"category":"HARM","threshold":"OFF"}]', 'HARM'],
    ['"generationConfig":{"responseModalities":["TEXT","SMELL"]}', 'SMELL'],
  ])('refuses a file with a name that its list of values does not have: %s', async (member, name) => {
    const emulator = await startEmulator();
    const good = '"generationConfig":{"responseSchema":{"type":"object"},"mediaResolution":2}';
    const lines = [good, member].map((each, index) => `{"key":"${index}","request":{${each}}}`);
    const fileName = await upload(emulator, lines.join('\n'));
    const {status, json} = await create(emulator, {inputConfig: {fileName}});
    expect([status, json()['error']]).toEqual([
      400,
      expect.objectContaining({message: `Error on line 2: unknown enum value: '${name}'`}),
    ]);
  });

  test('takes both halves of a character', async () => {
    const emulator = await startEmulator();
    const text = '\\ud83d\\ude00\\u00e9\\ud83d\\ude00\\\\ud83d';
    const line = `{"key":"a","request":{"contents":[{"parts":[{"text":"${text}"}]}]}}`;
    const fileName = await upload(emulator, line);
    expect((await create(emulator, {inputConfig: {fileName}})).status).toBe(200);
  });

  test.each([
    ['another model than the address', {model: 'models/gemini-3.5-flash'}],
    ['no requests', {inputConfig: {requests: {requests: []}}}],
  ])('refuses %s', async (_, parts) => {
    const emulator = await startEmulator();
    const fileName = await upload(emulator, requestLines(['one']));
    expect((await create(emulator, {inputConfig: {fileName}, ...parts})).status).toBe(400);
  });

  test('a filter of a list is an error, and not passed over', async () => {
    const emulator = await startEmulator();
    for (const list of ['batches', 'files'])
      expect((await call(emulator, `GET /v1beta/${list}?pageSize=1&filter=x`)).status).toBe(501);
  });

  test('answers 403 for a file that is not there', async () => {
    const emulator = await startEmulator();
    const {status, json} = await create(emulator, {inputConfig: {fileName: 'files/nothing'}});
    expect(status).toBe(403);
    expect(json()).toEqual({
      error: {
        code: 403,
        message: 'You do not have permission to access the File nothing or it may not exist.',
        status: 'PERMISSION_DENIED',
      },
    });
  });

  test.each(['gemini-2.5-flash-lite-preview-06-17', 'gemini-embedding-001', 'veo-3.1-generate-preview'])(
    'answers 404 for %s',
    async (model) => {
      const emulator = await startEmulator();
      const fileName = await upload(emulator, requestLines(['one']));
      const {status, json} = await create(emulator, {inputConfig: {fileName}}, model);
      expect(status).toBe(404);
      expect(json()).toEqual({
        error: {
          code: 404,
          message: `models/${model} is not found for API version v1beta, or is not supported for batchGenerateContent. Call ListModels to see the list of available models and their supported methods.`,
          status: 'NOT_FOUND',
        },
      });
    },
  );

  test('refuses a job too many, and takes it when another has ended', async () => {
    const emulator = await startEmulator({behaviour: {pending_ms: 1_000, max_concurrent_jobs: 1}});
    const first = await createJob(emulator);
    const fileName = await upload(emulator, requestLines(['one']));
    const refused = await create(emulator, {inputConfig: {fileName}});
    expect(refused.status).toBe(429);
    expect(refused.json()['error']).toMatchObject({code: 429, status: 'RESOURCE_EXHAUSTED'});
    expect(refused.text).not.toContain('RetryInfo');

    await call(emulator, `POST /v1beta/${first}:cancel`, {json: {}});
    expect((await create(emulator, {inputConfig: {fileName}})).status).toBe(200);
  });

  test('refuses more tokens than may be enqueued for a model', async () => {
    const emulator = await startEmulator({behaviour: {pending_ms: 1_000, max_enqueued_tokens: 100}});
    const fileName = await upload(emulator, requestLines(['x'.repeat(200)]));
    expect((await create(emulator, {inputConfig: {fileName}})).status).toBe(200);
    expect((await create(emulator, {inputConfig: {fileName}})).status).toBe(429);
    expect((await create(emulator, {inputConfig: {fileName}}, 'gemini-3.5-flash')).status).toBe(200);
  });

  test('refuses to spend more than may be spent in ten minutes', async () => {
    const emulator = await startEmulator({
      behaviour: {max_spend_usd: 100, usd_per_million_tokens: 1_000_000},
    });
    const fileName = await upload(emulator, requestLines(['x'.repeat(200)]));
    const statuses = [];
    for (const advance of [0, 0, 600_000]) {
      emulator.control.advance(advance);
      statuses.push((await create(emulator, {inputConfig: {fileName}})).status);
    }
    expect(statuses).toEqual([200, 429, 200]);
  });

  test('remembers how many jobs and tokens were open at once', async () => {
    const emulator = await startEmulator({behaviour: {pending_ms: 1_000, running_ms: 0}});
    for (const advance of [0, 0, 1_000]) {
      emulator.control.advance(advance);
      await createJob(emulator);
    }
    const {jobs, tokens} = emulator.control.openPeaks();
    expect(jobs).toBe(2);
    expect(tokens['models/gemini-3.5-flash-lite']).toBe(
      2 * Math.ceil(Buffer.byteLength(requestLines(['one'])) / 4),
    );
  });

  test('remembers what was paid', async () => {
    const emulator = await startEmulator();
    const fileName = await upload(emulator, requestLines(['one']));
    const webhookConfig = {uris: ['https://example.com/h']};
    const {json} = await create(emulator, {
      displayName: 'dn',
      inputConfig: {fileName},
      webhookConfig,
      priority: 5,
    });
    expect(json()['metadata']).toMatchObject({priority: '5'});
    expect(emulator.control.paid()).toEqual([
      {
        name: json()['name'],
        display_name: 'dn',
        model: 'models/gemini-3.5-flash-lite',
        input_file_name: fileName,
        request_count: 1,
        tokens: expect.any(Number),
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/u),
        create_time: expect.any(String),
        webhook_config: webhookConfig,
        priority: '5',
        used: null,
      },
    ]);
    emulator.control.advance(60_000);
    await getJob(emulator, String(json()['name']));
    expect(emulator.control.paid()[0]?.used).toMatchObject({
      'gemini-3.5-flash-lite': {rows: 1, prompt: {TEXT: 1}, thoughts: 0, search_queries: 0},
    });
  });
});

describe('a job', () => {
  test('goes from pending over running, with counters that move, to succeeded', async () => {
    const emulator = await startEmulator({behaviour: {pending_ms: 60_000, running_ms: 100_000}});
    const job = await createJob(emulator, {content: requestLines(['one', 'two', 'three', 'four'])});
    emulator.control.advance(60_000);
    expect(await metadataOf(emulator, job)).toMatchObject({
      state: 'BATCH_STATE_RUNNING',
      batchStats: {requestCount: '4', pendingRequestCount: '4'},
    });
    emulator.control.advance(50_000);
    const running = await getJob(emulator, job);
    expect(running).not.toHaveProperty('done');
    expect(running['metadata']).toMatchObject({
      batchStats: {requestCount: '4', pendingRequestCount: '2', successfulRequestCount: '2'},
    });
    emulator.control.advance(50_000);
    const responsesFile = `files/batch-${job.replace('batches/', '')}`;
    expect(await getJob(emulator, job)).toMatchObject({
      done: true,
      metadata: {
        state: 'BATCH_STATE_SUCCEEDED',
        output: {responsesFile},
        batchStats: {requestCount: '4', successfulRequestCount: '4'},
        endTime: expect.any(String),
      },
      response: {'@type': `${TYPE}Output`, responsesFile},
    });
  });

  test('does not need its request file any more once it runs', async () => {
    const emulator = await startEmulator({behaviour: {pending_ms: 10, running_ms: 10}});
    const fileName = await upload(emulator, requestLines(['one']));
    const job = String((await create(emulator, {inputConfig: {fileName}})).json()['name']);
    emulator.control.advance(10);
    await call(emulator, `DELETE /v1beta/${fileName}`);
    emulator.control.advance(10);
    expect(await metadataOf(emulator, job)).toMatchObject({state: 'BATCH_STATE_SUCCEEDED'});
  });

  test('fails when its request file is gone before it runs', async () => {
    const emulator = await startEmulator({behaviour: {pending_ms: 10}});
    const fileName = await upload(emulator, requestLines(['one']));
    const job = String((await create(emulator, {inputConfig: {fileName}})).json()['name']);
    await call(emulator, `DELETE /v1beta/${fileName}`);
    emulator.control.advance(10);
    expect(await getJob(emulator, job)).toMatchObject({done: true, error: {code: 5}});
  });

  test('expires after 48 hours', async () => {
    const emulator = await startEmulator({behaviour: {running_ms: 100 * 3_600_000}});
    const job = await createJob(emulator);
    emulator.control.advance(48 * 3_600_000 - 1);
    expect(await metadataOf(emulator, job)).toMatchObject({state: 'BATCH_STATE_RUNNING'});
    emulator.control.advance(1);
    const expired = await getJob(emulator, job);
    expect(expired).toMatchObject({done: true, metadata: {state: 'BATCH_STATE_EXPIRED'}});
    expect(expired).not.toHaveProperty('response');
  });

  test('ends at once when it is cancelled, and stays as it is when it has ended', async () => {
    const emulator = await startEmulator({behaviour: {running_ms: 1_000}});
    const job = await createJob(emulator);
    expect((await call(emulator, `POST /v1beta/${job}:cancel`, {json: {}})).text).toBe('{}');
    expect(await getJob(emulator, job)).toMatchObject({
      done: true,
      metadata: {state: 'BATCH_STATE_CANCELLED'},
      error: {code: 13},
    });
    emulator.control.behave({running_ms: 0});
    const done = await createJob(emulator);
    await call(emulator, `POST /v1beta/${done}:cancel`, {json: {}});
    expect(await metadataOf(emulator, done)).toMatchObject({state: 'BATCH_STATE_SUCCEEDED'});
  });

  test('is gone with its result when it is deleted', async () => {
    const emulator = await startEmulator();
    const job = await createJob(emulator);
    await getJob(emulator, job);
    expect((await call(emulator, `DELETE /v1beta/${job}`)).text).toBe('{}');
    expect((await call(emulator, `GET /v1beta/${job}`)).status).toBe(404);
    expect((await call(emulator, `DELETE /v1beta/${job}`)).status).toBe(404);
    expect(await resultRows(emulator, job)).toEqual([expect.stringContaining('PERMISSION_DENIED')]);
    expect(emulator.control.paid()).toHaveLength(1);
  });
});

describe('batches.list', () => {
  test('shows the newest first, in pages that hold while jobs go', async () => {
    const emulator = await startEmulator();
    const jobs = [];
    for (let i = 0; i < 5; i += 1) jobs.push(await createJob(emulator));
    const first = (await call(emulator, 'GET /v1beta/batches?pageSize=2')).json();
    expect(namesOf(first)).toEqual([jobs[4], jobs[3]]);
    await call(emulator, `DELETE /v1beta/${jobs[3]}`);
    const second = (
      await call(emulator, `GET /v1beta/batches?pageSize=2&pageToken=${String(first['nextPageToken'])}`)
    ).json();
    expect(namesOf(second)).toEqual([jobs[2], jobs[1]]);
    const last = (
      await call(emulator, `GET /v1beta/batches?pageSize=2&pageToken=${String(second['nextPageToken'])}`)
    ).json();
    expect(namesOf(last)).toEqual([jobs[0]]);
    expect(last).not.toHaveProperty('nextPageToken');
  });

  test('leaves out what is empty', async () => {
    const emulator = await startEmulator();
    expect((await call(emulator, 'GET /v1beta/batches?pageSize=10')).text).toBe('{}');
  });

  test('is empty without a page size, as has been reported, when it is told to', async () => {
    const emulator = await startEmulator();
    const job = await createJob(emulator);
    expect(namesOf((await call(emulator, 'GET /v1beta/batches')).json())).toEqual([job]);
    emulator.control.behave({is_list_empty_without_page_size: true});
    expect((await call(emulator, 'GET /v1beta/batches')).text).toBe('{}');
  });

  test('refuses a page token that it did not make', async () => {
    const emulator = await startEmulator();
    expect((await call(emulator, 'GET /v1beta/batches?pageSize=1&pageToken=abc')).status).toBe(400);
  });

  test('does not show a new job for as long as it is told', async () => {
    const emulator = await startEmulator({behaviour: {list_delay_calls: 1}});
    const job = await createJob(emulator);
    expect((await call(emulator, 'GET /v1beta/batches?pageSize=1')).text).toBe('{}');
    expect((await call(emulator, `GET /v1beta/${job}`)).status).toBe(200);
    expect(namesOf((await call(emulator, 'GET /v1beta/batches?pageSize=1')).json())).toEqual([job]);

    emulator.control.behave({list_delay_calls: 0, list_delay_ms: 30_000});
    const later = await createJob(emulator);
    expect(namesOf((await call(emulator, 'GET /v1beta/batches?pageSize=9')).json())).toEqual([job]);
    emulator.control.advance(30_000);
    expect(namesOf((await call(emulator, 'GET /v1beta/batches?pageSize=9')).json())).toEqual([later, job]);
  });
});

function namesOf({operations}: Json): readonly unknown[] {
  return Array.isArray(operations) ? operations.map((operation: Json) => operation['name']) : [];
}
