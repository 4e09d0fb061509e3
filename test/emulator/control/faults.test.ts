import {request as httpRequest, type IncomingMessage} from 'node:http';
import {once} from 'node:events';
import {describe, expect, test} from '@jest/globals';
import type {Emulator} from '../../../src/emulator/http/server.js';
import {
  call,
  create,
  createJob,
  getJob,
  requestLines,
  sendChunk,
  startEmulator,
  startUpload,
  upload,
  type Json,
} from '../raw-http.js';

/** What a call comes to: its status, or `broken` when there is no answer. */
async function outcomeOf(promise: Promise<{status: number}>): Promise<number | 'broken'> {
  try {
    return (await promise).status;
  } catch {
    return 'broken';
  }
}

const list = (emulator: Emulator): Promise<{status: number; text: string}> =>
  call(emulator, 'GET /v1beta/files');

describe('a fault before a call', () => {
  test('answers with any status and body in its place', async () => {
    const emulator = await startEmulator();
    emulator.control.fault({on: 'files.list', fault: {kind: 'status', status: 503, body: ''}});
    emulator.control.fault({on: 'files.list', fault: {kind: 'status', status: 504}});
    emulator.control.fault({
      on: 'files.list',
      fault: {kind: 'status', status: 502, body: '<html></html>', headers: {'retry-after': '3'}},
    });
    expect(await list(emulator)).toMatchObject({status: 503, text: ''});
    expect((await call(emulator, 'GET /v1beta/files')).json()).toEqual({
      error: {code: 504, message: 'An injected fault.', status: 'DEADLINE_EXCEEDED'},
    });
    const html = await call(emulator, 'GET /v1beta/files');
    expect([html.status, html.text, html.headers.get('retry-after')]).toEqual([502, '<html></html>', '3']);
    expect(html.headers.get('content-type')).toBe('text/html');
    expect((await list(emulator)).status).toBe(200);
  });

  test('refuses for lack of quota, with and without a time to wait', async () => {
    const emulator = await startEmulator();
    emulator.control.fault({on: 'batches.create', fault: {kind: 'quota'}});
    emulator.control.fault({on: 'batches.create', fault: {kind: 'quota', retry_delay_seconds: 34}});
    const fileName = await upload(emulator, requestLines(['one']));
    const without = await create(emulator, {inputConfig: {fileName}});
    expect(without.status).toBe(429);
    expect(without.text).not.toContain('RetryInfo');
    const {error} = (await create(emulator, {inputConfig: {fileName}})).json();
    expect(error).toMatchObject({
      message: expect.stringContaining('Please retry in 34.0s.'),
      details: expect.arrayContaining([
        {'@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34s'},
      ]),
    });
    expect(emulator.control.paid()).toEqual([]);
  });

  test('cuts the connection or never answers, without any effect', async () => {
    const emulator = await startEmulator();
    const fileName = await upload(emulator, requestLines(['one']));
    emulator.control.fault({on: 'batches.create', fault: {kind: 'reset_before'}});
    expect(await outcomeOf(create(emulator, {inputConfig: {fileName}}))).toBe('broken');
    emulator.control.fault({on: 'batches.create', fault: {kind: 'hang_before'}});
    const hanging = outcomeOf(create(emulator, {inputConfig: {fileName}}));
    while (emulator.control.counts()['batches.create'] !== 2) await new Promise(setImmediate);
    await emulator.close();
    expect(await hanging).toBe('broken');
    expect(emulator.control.requests().filter(({operation}) => operation === 'batches.create')).toMatchObject(
      [{status: null}, {status: null}],
    );
  });
});

describe('a fault after a call', () => {
  test('loses the answer of a create that is paid', async () => {
    const emulator = await startEmulator();
    const fileName = await upload(emulator, requestLines(['one']));
    emulator.control.fault({on: 'batches.create', fault: {kind: 'reset_after'}});
    emulator.control.fault({on: 'batches.create', fault: {kind: 'error_after', status: 500}});
    expect(await outcomeOf(create(emulator, {inputConfig: {fileName}}))).toBe('broken');
    expect(await outcomeOf(create(emulator, {inputConfig: {fileName}}))).toBe(500);
    expect(emulator.control.paid()).toHaveLength(2);
    expect(emulator.control.jobs()).toHaveLength(2);
  });

  test('spoils the body: an error in a 200, HTML, nothing at all', async () => {
    const emulator = await startEmulator();
    const url = await startUpload(emulator);
    emulator.control.fault({on: 'upload.chunk', fault: {kind: 'body_after', text: '{"error":{"code":400}}'}});
    const {status, json} = await sendChunk(emulator, url, {command: 'upload, finalize', body: 'a'});
    expect([status, json()]).toEqual([200, {error: {code: 400}}]);
    expect(emulator.control.files()).toHaveLength(1);
    emulator.control.fault({on: 'files.list', fault: {kind: 'body_after', text: '{}'}});
    expect((await list(emulator)).text).toBe('{}');
  });

  test('sends a body without end, until the other side has enough', async () => {
    const emulator = await startEmulator();
    emulator.control.fault({on: 'files.list', fault: {kind: 'endless_body'}});
    const response = await rawGet(emulator, '/v1beta/files');
    let bytes = 0;
    for await (const chunk of response) {
      bytes += (chunk as Buffer).length;
      if (bytes > 1024 * 1024) break;
    }
    expect(bytes).toBeGreaterThan(1024 * 1024);
  });

  test('sends a header that is too large', async () => {
    const emulator = await startEmulator();
    emulator.control.fault({on: 'files.list', fault: {kind: 'huge_header', bytes: 100_000}});
    await expect(rawGet(emulator, '/v1beta/files')).rejects.toThrow('Header overflow');
  });

  test('lies about how far an upload got', async () => {
    const emulator = await startEmulator();
    const url = await startUpload(emulator);
    emulator.control.fault({on: 'upload.query', fault: {kind: 'offset_lie', bytes: 7}});
    const {headers} = await sendChunk(emulator, url, {command: 'query'});
    expect(headers.get('x-goog-upload-size-received')).toBe('7');
  });
});

describe('a fault of a transfer', () => {
  test('breaks an upload off; what arrived stays', async () => {
    const emulator = await startEmulator();
    const url = await startUpload(emulator);
    emulator.control.fault({on: 'upload.chunk', fault: {kind: 'drop_after_bytes', bytes: 3}});
    expect(await outcomeOf(sendChunk(emulator, url, {command: 'upload, finalize', body: 'hello'}))).toBe(
      'broken',
    );
    const {headers} = await sendChunk(emulator, url, {command: 'query'});
    expect(headers.get('x-goog-upload-size-received')).toBe('3');
    const {status} = await sendChunk(emulator, url, {command: 'upload, finalize', offset: 3, body: 'lo'});
    expect(status).toBe(200);
  });

  test('breaks a download off after what was sent has arrived', async () => {
    const emulator = await startEmulator();
    const path = await resultPath(emulator);
    emulator.control.fault({on: 'files.download', fault: {kind: 'drop_after_bytes', bytes: 20}});
    const response = await rawGet(emulator, path);
    let received = '';
    const reading = (async () => {
      for await (const chunk of response) received += String(chunk);
    })();
    await expect(reading).rejects.toThrow('aborted');
    expect(received).toHaveLength(20);
  });

  test('slows it down, together with any other fault', async () => {
    const emulator = await startEmulator();
    emulator.control.fault({on: 'files.list', fault: {kind: 'delay', ms: 60}});
    emulator.control.fault({on: 'files.list', fault: {kind: 'status', status: 500}});
    const start = performance.now();
    expect((await list(emulator)).status).toBe(500);
    expect(performance.now() - start).toBeGreaterThan(50);

    emulator.control.fault({on: 'files.list', fault: {kind: 'latency', ms: 60}, times: 2});
    emulator.control.fault({on: 'files.list', fault: {kind: 'status', status: 500}});
    for (const status of [500, 200]) {
      const startMs = performance.now();
      expect((await list(emulator)).status).toBe(status);
      expect(performance.now() - startMs).toBeGreaterThan(50);
    }

    const path = await resultPath(emulator);
    emulator.control.fault({on: 'files.download', fault: {kind: 'bandwidth', bytes_per_second: 5_000}});
    const startDownload = performance.now();
    const {text} = await call(emulator, `GET ${path}`);
    expect(performance.now() - startDownload).toBeGreaterThan((text.length / 5_000) * 900);
  });
});

describe('a rule', () => {
  test('meets so many calls, after so many', async () => {
    const emulator = await startEmulator();
    emulator.control.fault({on: 'files.list', fault: {kind: 'status', status: 500}, skip: 1, times: 2});
    const statuses = [];
    for (let i = 0; i < 4; i += 1) statuses.push((await list(emulator)).status);
    expect(statuses).toEqual([200, 500, 500, 200]);
  });

  test('holds until it is cleared, without a number of times', async () => {
    const emulator = await startEmulator();
    emulator.control.fault({on: 'files.list', fault: {kind: 'status', status: 500}, times: null});
    for (let i = 0; i < 3; i += 1) expect((await list(emulator)).status).toBe(500);
    emulator.control.clearFaults();
    expect((await list(emulator)).status).toBe(200);
  });

  test('meets only what matches: a display name, a path, the job behind a path', async () => {
    const emulator = await startEmulator();
    const job = await createJob(emulator, {displayName: 'unlucky #7'});
    const other = await createJob(emulator, {displayName: 'lucky'});
    const fault = {kind: 'status', status: 500} as const;
    emulator.control.fault({on: 'batches.get', match: 'unlucky #7', fault});
    expect((await call(emulator, `GET /v1beta/${other}`)).status).toBe(200);
    expect((await call(emulator, `GET /v1beta/${job}`)).status).toBe(500);
    emulator.control.fault({on: 'upload.start', match: 'b.jsonl', fault});
    await expect(startUpload(emulator, {displayName: 'a.jsonl'})).resolves.toContain('upload_id');
    await expect(startUpload(emulator, {displayName: 'b.jsonl'})).rejects.toThrow('An injected fault');
  });

  test('meets with a probability, the same calls for the same seed', async () => {
    const runs = await Promise.all(
      [1, 2].map(async () => {
        const emulator = await startEmulator({seed: 7});
        emulator.control.fault({
          on: 'files.list',
          fault: {kind: 'status', status: 500},
          times: null,
          probability: 0.5,
        });
        const statuses = [];
        for (let i = 0; i < 20; i += 1) statuses.push((await list(emulator)).status);
        return statuses;
      }),
    );
    expect(runs[0]).toEqual(runs[1]);
    expect(new Set(runs[0])).toEqual(new Set([200, 500]));
  });
});

async function rawGet(emulator: Emulator, path: string): Promise<IncomingMessage> {
  const request = httpRequest(new URL(path, emulator.url), {headers: {'x-goog-api-key': 'k'}}).end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response;
}

async function resultPath(emulator: Emulator): Promise<string> {
  const {response} = await getJob(emulator, await createJob(emulator));
  return `/v1beta/${String((response as Json)['responsesFile'])}:download?alt=media`;
}
