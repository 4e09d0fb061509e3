import {describe, expect, test} from '@jest/globals';
import type {FaultRule} from '../../../../src/emulator/control/faults.js';
import {
  API_KEY,
  bodyOf,
  clientOf,
  code,
  everythingIn,
  MODEL,
  requestFile,
  useClient,
  useServer,
} from './client-fixture.js';

type Fault = FaultRule['fault'];

async function readyToCreate(clientOptions: {timeoutMs?: number} = {}) {
  const used = await useClient({}, clientOptions);
  const {name} = await used.client.uploadFile(await requestFile());
  const request = {model: MODEL, fileName: name, displayName: '001.jsonl #gb-0123-abc'};
  return {...used, request};
}

interface Seen {
  readonly url: string | undefined;
  readonly key: unknown;
  readonly body: unknown;
}

/** A server that takes each create, and what it was sent. */
async function useTakingServer(): Promise<{url: string; seen: readonly Seen[]}> {
  const seen: Seen[] = [];
  const url = await useServer((request, response) => {
    void bodyOf(request).then((body) => {
      seen.push({url: request.url, key: request.headers['x-goog-api-key'], body: JSON.parse(body)});
      response.writeHead(200, {'content-type': 'application/json'});
      response.end('{"name":"batches/1","metadata":{"state":"BATCH_STATE_PENDING"}}');
    });
  });
  return {url, seen};
}

describe('a create that works', () => {
  test('of embeddings is sent to the method that makes them, as a file', async () => {
    const {url, seen} = await useTakingServer();
    const model = 'models/gemini-embedding-2';
    await clientOf(url).client.createBatch({model, fileName: 'files/1', displayName: 'd'});
    expect(seen).toMatchObject([
      {
        url: '/v1beta/models/gemini-embedding-2:asyncBatchEmbedContent',
        body: {batch: {inputConfig: {file_name: 'files/1'}, displayName: 'd'}},
      },
    ]);
  });

  test('returns the job as the service describes it', async () => {
    const {client, emulator, request} = await readyToCreate();
    const job = await client.createBatch(request);
    expect(job).toMatchObject({
      name: emulator.control.paid()[0]?.name,
      display_name: request.displayName,
      model: MODEL,
      state: 'JOB_STATE_PENDING',
      src: {file_name: request.fileName},
      stats: {
        request_count: 3,
        pending_request_count: 3,
        successful_request_count: 0,
        failed_request_count: 0,
      },
    });
  });

  test('sends one request with the key in a header, and a webhook when there is one', async () => {
    const {url, seen} = await useTakingServer();
    await clientOf(url).client.createBatch({
      model: MODEL,
      fileName: 'files/1',
      displayName: 'd',
      webhookUri: 'https://example.com/h',
    });
    expect(seen).toEqual([
      {
        url: '/v1beta/models/gemini-3.5-flash-lite:batchGenerateContent',
        key: API_KEY,
        body: {
          batch: {
            inputConfig: {fileName: 'files/1'},
            displayName: 'd',
            webhookConfig: {uris: ['https://example.com/h']},
          },
        },
      },
    ]);
  });
});

describe('a create whose fate is not known is UNCLEAR, sent once', () => {
  const faults: readonly (readonly [string, Fault, paid: number])[] = [
    ['a lost answer', {kind: 'reset_after'}, 1],
    ['a broken connection', {kind: 'reset_before'}, 0],
    ['a time-out', {kind: 'hang_after'}, 1],
    ['500 after the job was made', {kind: 'error_after', status: 500}, 1],
    ['an answer that is not JSON', {kind: 'body_after', text: '<html>', content_type: 'text/html'}, 1],
    ['an answer cut short', {kind: 'body_after', text: '{"name":"bat'}, 1],
    ['an empty answer', {kind: 'body_after', text: ''}, 1],
    ['an answer that names no job', {kind: 'body_after', text: '{"name":"operations/1"}'}, 1],
    ['401 of a proxy', {kind: 'status', status: 401, body: '<html>Sign in'}, 0],
    ['407 of a proxy', {kind: 'status', status: 407, body: 'login'}, 0],
    [
      'the job of another create',
      {kind: 'body_after', text: '{"name":"batches/1","metadata":{"displayName":"other"}}'},
      1,
    ],
    [
      'the job of another file',
      {
        kind: 'body_after',
        text: '{"name":"batches/1","metadata":{"inputConfig":{"fileName":"files/other"}}}',
      },
      1,
    ],
    ['an answer that is a list', {kind: 'body_after', text: '[]'}, 1],
    ...[301, 307, 402, 408, 409, 412, 418, 421, 422, 423, 425, 444, 499, 500, 502, 503, 504, 529].map(
      (status) =>
        [`${status}`, {kind: 'status', status, body: '', headers: {location: '/elsewhere'}}, 0] as const,
    ),
  ];

  test.each(faults)('%s', async (_, fault, paid) => {
    const {client, emulator, request, clock} = await readyToCreate({timeoutMs: 500});
    emulator.control.fault({on: 'batches.create', fault, times: null});
    await expect(client.createBatch(request)).rejects.toMatchObject(code('UNCLEAR'));
    expect(emulator.control.counts()['batches.create']).toBe(1);
    expect(emulator.control.paid()).toHaveLength(paid);
    expect(clock.sleeps).toEqual([]);
  });

  test('an answer without end', async () => {
    const {client, emulator, request} = await readyToCreate({timeoutMs: 10_000});
    emulator.control.fault({on: 'batches.create', fault: {kind: 'endless_body'}});
    await expect(client.createBatch(request)).rejects.toMatchObject({
      ...code('UNCLEAR'),
      message: expect.stringContaining('larger than'),
    });
  });
});

describe('a refused create made nothing', () => {
  const faults: readonly (readonly [string, Fault, string])[] = [
    ['400', {kind: 'status', status: 400}, 'REFUSED'],
    ['401', {kind: 'status', status: 401}, 'KEY_REFUSED'],
    ['403', {kind: 'status', status: 403}, 'REFUSED'],
    ['404', {kind: 'status', status: 404}, 'MODEL_UNAVAILABLE'],
    ['405', {kind: 'status', status: 405}, 'REFUSED'],
    ['413', {kind: 'status', status: 413}, 'REFUSED'],
    ['429', {kind: 'quota'}, 'QUOTA'],
  ];

  test.each(faults)('%s', async (_, fault, expected) => {
    const {client, emulator, request} = await readyToCreate();
    emulator.control.fault({on: 'batches.create', fault, times: null});
    await expect(client.createBatch(request)).rejects.toMatchObject({code: expected});
    expect(emulator.control.counts()['batches.create']).toBe(1);
    expect(emulator.control.paid()).toEqual([]);
  });

  test('a quota says how long to wait when the service does', async () => {
    const {client, emulator, request} = await readyToCreate();
    emulator.control.fault({on: 'batches.create', fault: {kind: 'quota', retry_delay_seconds: 34}});
    await expect(client.createBatch(request)).rejects.toMatchObject({
      code: 'QUOTA',
      details: {status: 429, retryDelayMs: 34_000},
    });
  });

  test('an uploaded file that is gone is refused, and is not the fault of the key', async () => {
    const {client, request} = await readyToCreate();
    await client.deleteFile(request.fileName);
    await expect(client.createBatch(request)).rejects.toMatchObject(code('REFUSED'));
  });

  test('a connection that was never made sent nothing', async () => {
    const url = await useServer(() => undefined);
    const {client} = clientOf(url.replace(/\d+$/u, '1'));
    await expect(
      client.createBatch({model: MODEL, fileName: 'files/1', displayName: 'd'}),
    ).rejects.toMatchObject({code: 'SERVICE', details: {sent: false}});
  });

  test('a secure connection that was never agreed upon sent nothing', async () => {
    const url = await useServer(() => undefined);
    const {client} = clientOf(url.replace('http:', 'https:'));
    await expect(
      client.createBatch({model: MODEL, fileName: 'files/1', displayName: 'd'}),
    ).rejects.toMatchObject({code: 'SERVICE', details: {sent: false}});
  });

  test('a name that does not resolve sent nothing', async () => {
    const {client} = clientOf('http://gembatch-test.invalid');
    await expect(
      client.createBatch({model: MODEL, fileName: 'files/1', displayName: 'd'}),
    ).rejects.toMatchObject({code: 'SERVICE', details: {sent: false}});
  });
});

test.each([421, 307, 401])('a create that is answered with %i is one request', async (status) => {
  let requests = 0;
  const url = await useServer((request, response) => {
    requests += 1;
    void bodyOf(request).then(() => response.writeHead(status, {location: '/elsewhere'}).end());
  });
  const create = clientOf(url).client.createBatch({model: MODEL, fileName: 'files/1', displayName: 'd'});
  await expect(create).rejects.toMatchObject({name: 'GembatchError'});
  expect(requests).toBe(1);
});

test('a key that the service refuses, and repeats, is not repeated', async () => {
  const body = {error: {code: 400, message: `Bad key ${API_KEY}`, details: [{reason: 'API_KEY_INVALID'}]}};
  const url = await useServer((_, response) => {
    response.writeHead(400, {'content-type': 'application/json'}).end(JSON.stringify(body));
  });
  const error: unknown = await clientOf(url)
    .client.createBatch({model: MODEL, fileName: 'files/1', displayName: 'd'})
    .catch((cause: unknown) => cause);
  expect(error).toMatchObject(code('KEY_REFUSED'));
  expect(everythingIn(error)).not.toContain(API_KEY);
});
