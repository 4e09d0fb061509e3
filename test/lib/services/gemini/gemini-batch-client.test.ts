import {describe, expect, test} from '@jest/globals';
import type {FaultRule} from '../../../../src/emulator/control/faults.js';
import {
  all,
  API_KEY,
  clientOf,
  code,
  everythingIn,
  MODEL,
  requestFile,
  useClient,
  useServer,
} from './client-fixture.js';

/** A client of a service that answers every call with one body after another, the last one for ever. */
async function clientAnsweredWith(...bodies: readonly unknown[]) {
  const seen: string[] = [];
  const url = await useServer((request, response) => {
    const body = bodies[Math.min(seen.length, bodies.length - 1)];
    seen.push(`${request.method} ${request.url}`);
    response.writeHead(200, {'content-type': 'application/json'});
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  return {...clientOf(url), seen};
}

async function createdJob() {
  const used = await useClient();
  const {name} = await used.client.uploadFile(await requestFile());
  const job = await used.client.createBatch({model: MODEL, fileName: name, displayName: 'd'});
  return {...used, fileName: name, job};
}

test.each(['', 'a b', 'key\n', 'kéy', undefined])(
  'a key that cannot be one, %j, is refused before anything is sent',
  (apiKey) => {
    // JavaScript gives what the environment does not hold.
    expect(() => clientOf('http://127.0.0.1:9', {apiKey: apiKey as string})).toThrow(
      expect.objectContaining({
        ...code('KEY_REFUSED'),
        message: expect.stringContaining('that no API key has'),
      }),
    );
  },
);

test('a request that cannot be sent at all leaves nothing open', async () => {
  const {client} = clientOf('ftp://127.0.0.1:9/');
  await expect(
    client.createBatch({model: MODEL, fileName: 'files/1', displayName: 'd'}),
  ).rejects.toMatchObject({...code('SERVICE'), details: {sent: false}});
});

describe('models', () => {
  test('say whether they take batch jobs', async () => {
    const {client} = await useClient();
    await expect(client.getModel(MODEL)).resolves.toMatchObject({name: MODEL, isBatchable: true});
    await expect(client.getModel('models/imagen-4.0-generate-001')).resolves.toMatchObject({
      isBatchable: false,
    });
  });

  test('that the service does not have are MODEL_UNAVAILABLE', async () => {
    const {client} = await useClient();
    await expect(client.getModel('models/gemini-0')).rejects.toMatchObject(code('MODEL_UNAVAILABLE'));
  });

  test('are listed, all of them', async () => {
    const {client, emulator} = await useClient({
      behaviour: {models: Array.from({length: 250}, (_, i) => ({id: `m${i}`, batch: 'generate'}) as const)},
    });
    await expect(client.listModels()).resolves.toHaveLength(250);
    expect(emulator.control.counts()['models.list']).toBe(3);
  });
});

describe('jobs', () => {
  test('tell of their progress, their end and their results', async () => {
    const {client, emulator, job} = await createdJob();
    emulator.control.advance(3_000);
    await expect(client.getBatch(job.name)).resolves.toMatchObject({state: 'JOB_STATE_RUNNING'});
    emulator.control.advance(60_000);
    const ended = await client.getBatch(job.name);
    expect(ended).toMatchObject({
      state: 'JOB_STATE_SUCCEEDED',
      dest: {file_name: job.name.replace('batches/', 'files/batch-')},
      stats: {request_count: 3, successful_request_count: 3},
    });
    expect(ended.end_time).toMatch(/^2\d{3}-/u);
  });

  test('tell why they failed', async () => {
    const {client, emulator, job} = await createdJob();
    await client.cancelBatch(job.name);
    emulator.control.advance(60_000);
    await expect(client.getBatch(job.name)).resolves.toMatchObject({
      state: 'JOB_STATE_CANCELLED',
      error: {message: expect.stringMatching(/./u)},
    });
  });

  test('are deleted once, and absent the second time', async () => {
    const {client, job} = await createdJob();
    await expect(client.deleteBatch(job.name)).resolves.toBe('deleted');
    await expect(client.deleteBatch(job.name)).resolves.toBe('absent');
    await expect(client.getBatch(job.name)).rejects.toMatchObject(code('NOT_FOUND'));
    await expect(client.cancelBatch(job.name)).rejects.toMatchObject(code('NOT_FOUND'));
  });

  test('are listed page by page', async () => {
    const {client, emulator} = await useClient({behaviour: {max_concurrent_jobs: 1_000}});
    const {name: fileName} = await client.uploadFile(await requestFile());
    for (let i = 0; i < 101; i += 1) await client.createBatch({model: MODEL, fileName, displayName: `d${i}`});
    const jobs = await all(client.listBatches());
    expect(new Set(jobs.map(({display_name: displayName}) => displayName)).size).toBe(101);
    expect(emulator.control.counts()['batches.list']).toBe(2);
  });
});

describe('files', () => {
  test('are deleted once, and absent the second time', async () => {
    const {client, fileName} = await createdJob();
    await expect(all(client.listFiles())).resolves.toMatchObject([{name: fileName}]);
    await expect(client.deleteFile(fileName)).resolves.toBe('deleted');
    await expect(client.deleteFile(fileName)).resolves.toBe('absent');
    await expect(client.getFile(fileName)).rejects.toMatchObject(code('NOT_FOUND'));
  });

  test('are not taken for absent when the key may not delete them', async () => {
    const {client, emulator, fileName} = await createdJob();
    emulator.control.fault({on: 'files.delete', fault: {kind: 'status', status: 403}});
    await expect(client.deleteFile(fileName)).rejects.toMatchObject(code('REFUSED'));
    expect(emulator.control.files()).toEqual([fileName]);
  });
});

describe('a list', () => {
  const ends: readonly (readonly [string, unknown])[] = [
    ['{}', {}],
    ['no jobs', {operations: []}],
    ['an empty page token', {operations: [], nextPageToken: ''}],
  ];

  test.each(ends)('is empty when it is %s', async (_, body) => {
    const {client, seen} = await clientAnsweredWith(body);
    await expect(all(client.listBatches())).resolves.toEqual([]);
    expect(seen).toEqual(['GET /v1beta/batches?pageSize=100']);
  });

  const nonsense: readonly (readonly [string, unknown])[] = [
    ['an error', {error: {code: 503}}],
    ['text in place of jobs', {operations: 'none'}],
    ['null in place of jobs', {operations: null}],
    ['null among the jobs', {operations: [null]}],
    ['a job without a name', {operations: [{}]}],
    ['a page token that is no text', {operations: [], nextPageToken: 5}],
    ['a web page', '<html>'],
    ['nothing', ''],
  ];

  test.each(nonsense)('is never empty because of %s', async (_, body) => {
    const {client} = await clientAnsweredWith(body);
    await expect(all(client.listBatches())).rejects.toMatchObject(code('SERVICE'));
  });

  test('goes on through empty pages', async () => {
    const {client} = await clientAnsweredWith(
      {nextPageToken: 'a'},
      {operations: [{name: 'batches/1', metadata: {}}], nextPageToken: 'b'},
      {},
    );
    await expect(all(client.listBatches())).resolves.toHaveLength(1);
  });

  test('that goes round in a circle is an error', async () => {
    const {client, seen} = await clientAnsweredWith(
      {nextPageToken: 'a'},
      {nextPageToken: 'b'},
      {nextPageToken: 'a'},
    );
    await expect(all(client.listBatches())).rejects.toMatchObject(code('SERVICE'));
    expect(seen).toHaveLength(3);
  });
});

describe('a call in trouble', () => {
  const faults: readonly (readonly [string, FaultRule['fault']])[] = [
    ['a broken connection', {kind: 'reset_before'}],
    ['408', {kind: 'status', status: 408}],
    ['429', {kind: 'quota'}],
    ['500', {kind: 'status', status: 500}],
    ['502', {kind: 'status', status: 502, body: '<html>'}],
    ['503 without a body', {kind: 'status', status: 503, body: ''}],
    ['504', {kind: 'status', status: 504}],
    ['a time-out', {kind: 'hang_before'}],
  ];

  test.each(faults)('is made again after %s', async (_, fault) => {
    const {client, emulator, waits, onWait} = await useClient({}, {timeoutMs: 500});
    emulator.control.fault({on: 'models.get', fault, times: 2});
    await expect(client.getModel(MODEL, {onWait})).resolves.toMatchObject({name: MODEL});
    expect(waits).toHaveLength(2);
    expect(waits[0]?.reason).toMatch(/^models\/gemini-3\.5-flash-lite: /u);
  });

  test('waits at least as long as the service asks for', async () => {
    const {client, emulator, clock} = await useClient();
    emulator.control.fault({on: 'models.get', fault: {kind: 'quota', retry_delay_seconds: 34}});
    emulator.control.fault({
      on: 'models.get',
      fault: {kind: 'status', status: 503, body: '', headers: {'retry-after': '20'}},
    });
    await client.getModel(MODEL);
    expect(clock.sleeps).toEqual([34_000, 20_000]);
  });

  test.each([400, 401, 403, 404, 409])('is not made again after %d', async (status) => {
    const {client, emulator} = await useClient();
    emulator.control.fault({on: 'models.get', fault: {kind: 'status', status}, times: null});
    await expect(client.getModel(MODEL)).rejects.toMatchObject({details: {status}});
    expect(emulator.control.counts()['models.get']).toBe(1);
  });

  test('ends when it is stopped, while it waits and while it is answered', async () => {
    const {client, emulator} = await useClient();
    emulator.control.fault({on: 'models.get', fault: {kind: 'status', status: 503}});
    const waiting = new AbortController();
    await expect(
      client.getModel(MODEL, {signal: waiting.signal, onWait: () => waiting.abort()}),
    ).rejects.toMatchObject(code('INTERRUPTED'));

    emulator.control.fault({on: 'models.get', fault: {kind: 'hang_before'}});
    const running = new AbortController();
    setTimeout(() => running.abort(), 50);
    await expect(client.getModel(MODEL, {signal: running.signal})).rejects.toMatchObject(code('INTERRUPTED'));
  });

  test('follows no redirect', async () => {
    let calls = 0;
    const url = await useServer((_, response) => {
      calls += 1;
      response.writeHead(302, {location: '/elsewhere'}).end();
    });
    await expect(clientOf(url).client.getModel(MODEL)).rejects.toMatchObject(code('SERVICE'));
    expect(calls).toBe(1);
  });

  test('never repeats the key', async () => {
    const url = await useServer((_, response) => {
      response.writeHead(500).end(`{"error":{"message":"${API_KEY}"}}`);
    });
    const error: unknown = await clientOf(url, {retryMs: 0})
      .client.getModel(MODEL)
      .catch((cause: unknown) => cause);
    expect(error).toMatchObject(code('SERVICE'));
    expect(everythingIn(error)).not.toContain(API_KEY);
  });
});

test('a bad key is KEY_REFUSED for every call', async () => {
  const {client} = await useClient({}, {apiKey: 'invalid-key'});
  const file = await requestFile();
  const calls = [
    () => client.getModel(MODEL),
    () => client.listModels(),
    () => client.uploadFile(file),
    () => client.createBatch({model: MODEL, fileName: 'files/1', displayName: 'd'}),
    () => client.getBatch('batches/1'),
    () => all(client.listBatches()),
    () => client.cancelBatch('batches/1'),
    () => client.deleteBatch('batches/1'),
    () => client.getFile('files/1'),
    () => all(client.listFiles()),
    () => client.deleteFile('files/1'),
  ];
  for (const call of calls) await expect(call()).rejects.toMatchObject(code('KEY_REFUSED'));
});

test('calls at the same time get their own answers', async () => {
  const {client, emulator} = await useClient();
  const {name: fileName} = await client.uploadFile(await requestFile());
  emulator.control.fault({on: 'batches.create', fault: {kind: 'delay', ms: 20}, times: null});
  const names = Array.from({length: 20}, (_, i) => `d${i}`);
  const jobs = await Promise.all(
    names.map((displayName) => client.createBatch({model: MODEL, fileName, displayName})),
  );
  expect(jobs.map(({display_name: displayName}) => displayName)).toEqual(names);
  const again = await Promise.all(jobs.map(({name}) => client.getBatch(name)));
  expect(again.map(({display_name: displayName}) => displayName)).toEqual(names);
  expect(emulator.control.peak('batches.create')).toBeGreaterThan(1);
});

test('a job that is answered with another is an error, and asked for once', async () => {
  const {client, seen} = await clientAnsweredWith({
    name: 'batches/other',
    metadata: {state: 'BATCH_STATE_RUNNING'},
  });
  await expect(client.getBatch('batches/one')).rejects.toMatchObject({
    ...code('SERVICE'),
    message: expect.stringContaining('about batches/other'),
  });
  expect(seen).toHaveLength(1);
});
