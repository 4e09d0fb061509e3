import {appendFileSync, copyFileSync, renameSync, rmSync, utimesSync} from 'node:fs';
import {appendFile, readFile, rm, writeFile} from 'node:fs/promises';
import {describe, expect, test} from '@jest/globals';
import type {FaultRule, OperationName} from '../../../../src/emulator/control/faults.js';
import {bodyOf, clientOf, code, requestFile, requestsOf, useClient, useServer} from './client-fixture.js';

const MIB = 1024 * 1024;

/** What one request of an upload takes, and with shorter requests more than one takes. */
const SMALL = requestsOf(10, 6 * MIB);
const LARGE = requestsOf(10, 9 * MIB);
const SHORT_REQUESTS = {chunkBytes: 8 * MIB};

describe('an upload', () => {
  test('brings the file to the service and says so', async () => {
    const {client, emulator} = await useClient();
    const file = await requestFile();
    const progress: number[] = [];
    const uploaded = await client.uploadFile(file, {onProgress: (bytes) => progress.push(bytes)});
    expect(uploaded).toMatchObject({
      name: emulator.control.files()[0],
      displayName: '001.jsonl',
      sizeBytes: file.sizeBytes,
      sha256: file.sha256,
      state: 'ACTIVE',
      expirationTime: expect.stringMatching(/Z$/u),
    });
    expect(progress).toEqual([file.sizeBytes]);
    expect(emulator.control.counts()).toEqual({'upload.start': 1, 'upload.chunk': 1});
  });

  test('of a large file takes several requests and shows its progress', async () => {
    const {client, emulator} = await useClient();
    const file = await requestFile(requestsOf(10, 65 * MIB));
    const progress: number[] = [];
    const {sha256} = await client.uploadFile(file, {onProgress: (bytes) => progress.push(bytes)});
    expect(sha256).toBe(file.sha256);
    expect(emulator.control.counts()['upload.chunk']).toBe(2);
    expect(progress.length).toBeGreaterThan(64);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(progress.at(-1)).toBe(file.sizeBytes);
  });

  test('sends the key to the host of the base URL only, under its path, whatever the service calls itself', async () => {
    const seen: string[] = [];
    const url = await useServer((request, response) => {
      void bodyOf(request).then(() => {
        const command = String(request.headers['x-goog-upload-command']);
        seen.push(`${command} ${request.url}`);
        const isStart = command === 'start';
        response.writeHead(200, {
          'x-goog-upload-url': 'https://upload.example.com/session?upload_id=1',
          'x-goog-upload-status': isStart ? 'active' : 'final',
        });
        response.end('{"file":{"name":"files/1"}}');
      });
    });
    await clientOf(`${url}/proxy`).client.uploadFile(await requestFile());
    expect(seen).toEqual(['start /proxy/upload/v1beta/files', 'upload, finalize /session?upload_id=1']);
  });
});

describe('an upload in trouble', () => {
  const faults: readonly (readonly [string, FaultRule, string?])[] = [
    ['a start that is not answered', {on: 'upload.start', fault: {kind: 'reset_before'}}, SMALL],
    ['a start whose answer is lost', {on: 'upload.start', fault: {kind: 'reset_after'}}, SMALL],
    ['503 at the start', {on: 'upload.start', fault: {kind: 'status', status: 503, body: ''}}, SMALL],
    ['a quota at the start', {on: 'upload.start', fault: {kind: 'quota'}}, SMALL],
    [
      'a connection that breaks in the middle',
      {on: 'upload.chunk', fault: {kind: 'drop_after_bytes', bytes: 5 * MIB}},
      SMALL,
    ],
    ['500 for a part', {on: 'upload.chunk', fault: {kind: 'status', status: 500}}],
    ['a lost answer to a part', {on: 'upload.chunk', fault: {kind: 'reset_after'}}],
    ['a lost answer to the end', {on: 'upload.chunk', skip: 1, fault: {kind: 'reset_after'}}],
    ['an answer without a status', {on: 'upload.chunk', fault: {kind: 'body_after', text: '{}'}}],
    ['a forgotten upload', {on: 'upload.chunk', skip: 1, fault: {kind: 'status', status: 404}}],
    ['a refused offset', {on: 'upload.chunk', skip: 1, fault: {kind: 'status', status: 400}}],
  ];

  test.each(faults)('goes on after %s', async (_, rule, content = LARGE) => {
    const {client, emulator} = await useClient({}, SHORT_REQUESTS);
    emulator.control.fault(rule);
    const file = await requestFile(content);
    await expect(client.uploadFile(file)).resolves.toMatchObject({sha256: file.sha256});
    expect(emulator.control.files()).toHaveLength(1);
  });

  test('sends only what is missing after a break', async () => {
    const {client, emulator, waits, onWait} = await useClient();
    emulator.control.fault({on: 'upload.chunk', fault: {kind: 'drop_after_bytes', bytes: 5 * MIB}});
    const file = await requestFile(requestsOf(10, 8 * MIB));
    await client.uploadFile(file, {onWait});
    const chunks = emulator.control.requests().filter(({operation}) => operation === 'upload.chunk');
    expect(chunks.map(({status}) => status)).toEqual([null, 200]);
    expect(chunks[1]?.request_bytes).toBe(file.sizeBytes - 5 * MIB);
    expect(waits).toEqual([
      {reason: expect.stringContaining('upload: no answer'), delayMs: expect.any(Number)},
    ]);
  });

  test('starts again where the service cannot be asked how far it is', async () => {
    const {client, emulator} = await useClient({behaviour: {has_upload_query: false}});
    emulator.control.fault({on: 'upload.chunk', fault: {kind: 'drop_after_bytes', bytes: MIB}});
    await client.uploadFile(await requestFile(requestsOf(10, 3 * MIB)));
    expect(emulator.control.counts()).toMatchObject({'upload.start': 2, 'upload.chunk': 2});
  });

  test.each([MIB, -MIB])('is not led astray by an offset that is off by %d', async (bytes) => {
    const {client, emulator} = await useClient();
    emulator.control.fault({on: 'upload.chunk', fault: {kind: 'drop_after_bytes', bytes: 2 * MIB}});
    emulator.control.fault({on: 'upload.query', fault: {kind: 'offset_lie', bytes}, times: null});
    const file = await requestFile(requestsOf(10, 4 * MIB));
    await expect(client.uploadFile(file)).resolves.toMatchObject({sha256: file.sha256});
  });

  test('resumes when nothing moves on the connection any more', async () => {
    const {client, emulator, waits, onWait} = await useClient({}, {silenceMs: 300});
    emulator.control.fault({on: 'upload.chunk', fault: {kind: 'hang_before'}});
    const file = await requestFile(requestsOf(10, 16 * MIB));
    await expect(client.uploadFile(file, {onWait})).resolves.toMatchObject({sha256: file.sha256});
    expect(waits[0]?.reason).toContain('nothing moved for 0.3 s');
  });

  test('gives up after its retry budget, and counts it from the first failure', async () => {
    const {client, emulator, clock} = await useClient({}, {retryMs: 60_000});
    emulator.control.fault({on: 'upload.start', fault: {kind: 'status', status: 503}, times: null});
    await expect(client.uploadFile(await requestFile())).rejects.toMatchObject({
      ...code('SERVICE'),
      message: expect.stringContaining('503'),
    });
    expect(clock.sleeps.reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(60_000, 0);
  });

  test('gives up when the same part breaks for ever and nothing is kept', async () => {
    const {client, emulator} = await useClient({behaviour: {has_upload_query: false}}, {retryMs: 20_000});
    emulator.control.fault({
      on: 'upload.chunk',
      skip: 0,
      fault: {kind: 'drop_after_bytes', bytes: 1},
      times: null,
    });
    await expect(client.uploadFile(await requestFile())).rejects.toMatchObject(code('SERVICE'));
    expect(emulator.control.files()).toEqual([]);
  });

  test('gives up when the service forgets every upload', async () => {
    const {client, emulator} = await useClient();
    emulator.control.fault({on: 'upload.chunk', fault: {kind: 'status', status: 404}, times: null});
    await expect(client.uploadFile(await requestFile())).rejects.toMatchObject(code('REFUSED'));
    expect(emulator.control.counts()['upload.start']).toBe(4);
  });

  test('uploads again what arrived as something else, and leaves nothing of it', async () => {
    const {client, emulator, onWait, waits} = await useClient();
    emulator.control.behave({has_wrong_hash: true});
    await expect(client.uploadFile(await requestFile(), {onWait})).rejects.toMatchObject({
      ...code('SERVICE'),
      message: 'upload: the service received something else than was sent.',
    });
    expect(emulator.control.counts()['upload.start']).toBe(3);
    expect(waits).toHaveLength(2);
    expect(emulator.control.files()).toEqual([]);
  });

  test('says so when a useless upload cannot be deleted', async () => {
    const {client, emulator} = await useClient({behaviour: {has_wrong_hash: true}});
    emulator.control.fault({on: 'files.delete', fault: {kind: 'status', status: 500}, times: null});
    const left: string[] = [];
    const upload = client.uploadFile(await requestFile(), {onNotDeleted: (name) => left.push(name)});
    await expect(upload).rejects.toMatchObject(code('SERVICE'));
    expect(left).toHaveLength(3);
    expect(left.toSorted()).toEqual(emulator.control.files().toSorted());
  });
});

describe('what the service says about an upload', () => {
  /** A service that answers the end of uploads, and all other calls, in its own way. */
  async function service(
    finals: readonly string[],
    others: Readonly<Record<string, readonly string[]>> = {},
  ) {
    const left = new Map(Object.entries({final: finals, ...others}).map(([key, value]) => [key, [...value]]));
    const seen: string[] = [];
    const url = await useServer((request, response) => {
      void bodyOf(request).then(() => {
        const command = request.headers['x-goog-upload-command'];
        const call = command === undefined ? `${request.method} ${request.url}` : String(command);
        seen.push(call);
        const isEnd = call.includes('finalize');
        const answers = left.get(isEnd ? 'final' : call) ?? ['{}'];
        const body = answers.length > 1 ? answers.shift() : answers[0];
        response.writeHead(200, {
          'content-type': 'application/json',
          'x-goog-upload-url': 'http://example.com/upload?upload_id=1',
          'x-goog-upload-status': isEnd ? 'final' : 'active',
        });
        response.end(body);
      });
    });
    return {...clientOf(url), seen};
  }

  test('is taken when it has neither size nor hash', async () => {
    const {client} = await service(['{"file":{"name":"files/1"}}']);
    await expect(client.uploadFile(await requestFile())).resolves.toEqual({name: 'files/1'});
  });

  test('is not taken when the size differs', async () => {
    const {client, seen} = await service(['{"file":{"name":"files/1","sizeBytes":"5"}}']);
    await expect(client.uploadFile(await requestFile())).rejects.toMatchObject(code('SERVICE'));
    expect(seen.filter((call) => call === 'DELETE /v1beta/files/1')).toHaveLength(3);
  });

  test('is waited for while the file is being processed', async () => {
    const look = 'GET /v1beta/files/1';
    const processing = '{"name":"files/1","state":"PROCESSING"}';
    const {client, clock} = await service([`{"file":${processing}}`], {
      [look]: [processing, '{"name":"files/1","state":"ACTIVE"}'],
    });
    await expect(client.uploadFile(await requestFile())).resolves.toMatchObject({state: 'ACTIVE'});
    expect(clock.sleeps).toEqual([2_000, 2_000]);
  });

  test('is an error when the file is processed for ever', async () => {
    const processing = '{"name":"files/1","state":"PROCESSING"}';
    const {client, seen} = await service([`{"file":${processing}}`], {'GET /v1beta/files/1': [processing]});
    await expect(client.uploadFile(await requestFile())).rejects.toMatchObject(code('SERVICE'));
    expect(seen.at(-1)).toBe('DELETE /v1beta/files/1');
  });

  test('is an error when the file could not be processed, and the file is deleted', async () => {
    const {client, seen} = await service(['{"file":{"name":"files/1","state":"FAILED"}}']);
    await expect(client.uploadFile(await requestFile())).rejects.toMatchObject(code('REFUSED'));
    expect(seen.at(-1)).toBe('DELETE /v1beta/files/1');
  });

  test('may be an error in a success, which is waited out', async () => {
    const {client, seen} = await service([
      '{"error":{"code":503,"message":"busy"}}',
      '{"file":{"name":"files/1"}}',
    ]);
    await expect(client.uploadFile(await requestFile())).resolves.toEqual({name: 'files/1'});
    expect(seen).toEqual(['start', 'upload, finalize', 'query', 'start', 'upload, finalize']);
  });

  test('may be a refused MIME type in a success, and the next type is tried and remembered', async () => {
    const {client, seen} = await service([
      '{"error":{"code":400,"message":"Unsupported MIME type: application/jsonl","status":"INVALID_ARGUMENT"}}',
      '{"file":{"name":"files/1"}}',
    ]);
    await client.uploadFile(await requestFile());
    await client.uploadFile(await requestFile());
    expect(seen.filter((call) => call === 'start')).toHaveLength(3);
  });
});

describe('MIME types', () => {
  test('fall back on the next one when the first is refused', async () => {
    const {client, emulator} = await useClient({behaviour: {refused_mime_types: ['application/jsonl']}});
    await client.uploadFile(await requestFile());
    expect(emulator.control.counts()['upload.start']).toBe(2);
    await client.uploadFile(await requestFile());
    expect(emulator.control.counts()['upload.start']).toBe(3);
  });

  test('are not tried for another refusal', async () => {
    const {client, emulator} = await useClient({behaviour: {max_file_bytes: 10}});
    await expect(client.uploadFile(await requestFile())).rejects.toMatchObject(code('REFUSED'));
    expect(emulator.control.counts()).toEqual({'upload.start': 1});
  });

  test('that are all refused end with what the service said of the first', async () => {
    const {client} = await useClient({
      behaviour: {refused_mime_types: ['application/jsonl', 'text/plain', 'application/json']},
    });
    await expect(client.uploadFile(await requestFile())).rejects.toMatchObject({
      ...code('REFUSED'),
      message: expect.stringContaining('application/jsonl'),
    });
  });
});

describe('a file that is not what was inspected', () => {
  test('is refused at once when it has another size', async () => {
    const {client, emulator} = await useClient();
    const file = await requestFile();
    await appendFile(file.path, '{}\n');
    await expect(client.uploadFile(file)).rejects.toMatchObject(code('FILE_CHANGED'));
    expect(emulator.control.requests()).toEqual([]);
  });

  test('is refused when it is gone', async () => {
    const {client} = await useClient();
    const file = await requestFile();
    await rm(file.path);
    await expect(client.uploadFile(file)).rejects.toMatchObject(code('FILE_UNREADABLE'));
  });

  test('is refused when it has another content of the same size, and deleted', async () => {
    const {client, emulator} = await useClient();
    const file = await requestFile();
    await writeFile(file.path, (await readFile(file.path, 'utf8')).replace('r0', 'q0'));
    await expect(client.uploadFile(file)).rejects.toMatchObject(code('FILE_CHANGED'));
    expect(emulator.control.files()).toEqual([]);
    expect(emulator.control.counts()).toMatchObject({'upload.start': 1, 'files.delete': 1});
  });

  test('is refused when the service tells no hash either', async () => {
    const url = await useServer((request, response) => {
      void bodyOf(request).then(() => {
        response.writeHead(200, {'x-goog-upload-url': 'http://x/u', 'x-goog-upload-status': 'final'});
        response.end('{"file":{"name":"files/1"}}');
      });
    });
    const file = await requestFile();
    await writeFile(file.path, (await readFile(file.path, 'utf8')).replace('r0', 'q0'));
    await expect(clientOf(url).client.uploadFile(file)).rejects.toMatchObject(code('FILE_CHANGED'));
  });

  const changes: readonly (readonly [string, (path: string) => void])[] = [
    ['grows', (path) => appendFileSync(path, '{}\n')],
    ['is touched', (path) => utimesSync(path, 1, 1)],
    [
      'is replaced',
      (path) => {
        copyFileSync(path, `${path}.new`);
        renameSync(`${path}.new`, path);
      },
    ],
    ['is deleted', (path) => rmSync(path)],
  ];

  test.each(changes)('is refused before its end is sent when it %s on the way', async (_, change) => {
    const {client, emulator} = await useClient({}, SHORT_REQUESTS);
    const file = await requestFile(LARGE);
    let isChanged = false;
    const onProgress = (): void => {
      if (!isChanged) change(file.path);
      isChanged = true;
    };
    const upload = client.uploadFile(file, {onProgress});
    await expect(upload).rejects.toMatchObject(code('FILE_CHANGED'));
    expect(emulator.control.files()).toEqual([]);
    expect(emulator.control.counts()['upload.cancel']).toBe(1);
  });
});

describe('an interrupted upload', () => {
  const moments: readonly (readonly [string, OperationName])[] = [
    ['at the start', 'upload.start'],
    ['while bytes are under way', 'upload.chunk'],
  ];

  test.each(moments)('ends at once %s', async (_, operation) => {
    const {client, emulator} = await useClient();
    emulator.control.fault({on: operation, fault: {kind: 'hang_before'}});
    const stop = new AbortController();
    const upload = client.uploadFile(await requestFile(), {signal: stop.signal});
    const isThere = async (): Promise<void> => {
      while (emulator.control.counts()[operation] === undefined) await new Promise(setImmediate);
    };
    await isThere();
    stop.abort();
    await expect(upload).rejects.toMatchObject(code('INTERRUPTED'));
    expect(emulator.control.files()).toEqual([]);
  });

  test('leaves no file when the answer to its end is what it waited for', async () => {
    const {client, emulator} = await useClient();
    emulator.control.fault({on: 'upload.chunk', fault: {kind: 'hang_after'}});
    const stop = new AbortController();
    const upload = client.uploadFile(await requestFile(), {signal: stop.signal});
    while (emulator.control.files().length === 0) await new Promise(setImmediate);
    stop.abort();
    await expect(upload).rejects.toMatchObject(code('INTERRUPTED'));
    expect(emulator.control.files()).toEqual([]);
    expect(emulator.control.counts()).toEqual({
      'upload.start': 1,
      'upload.chunk': 1,
      'upload.query': 1,
      'files.delete': 1,
    });
  });

  test('says which file is left when it cannot be deleted', async () => {
    const {client, emulator} = await useClient();
    emulator.control.fault({on: 'upload.chunk', fault: {kind: 'hang_after'}});
    emulator.control.fault({on: 'files.delete', fault: {kind: 'status', status: 500}});
    const stop = new AbortController();
    const left: string[] = [];
    const onNotDeleted = (name: string) => left.push(name);
    const upload = client.uploadFile(await requestFile(), {signal: stop.signal, onNotDeleted});
    while (emulator.control.files().length === 0) await new Promise(setImmediate);
    stop.abort();
    await expect(upload).rejects.toMatchObject(code('INTERRUPTED'));
    expect(left).toEqual(emulator.control.files());
  });

  test('ends while it waits, and cancels what it began', async () => {
    const {client, emulator} = await useClient();
    emulator.control.fault({on: 'upload.chunk', fault: {kind: 'status', status: 503}, times: null});
    const stop = new AbortController();
    const upload = client.uploadFile(await requestFile(), {signal: stop.signal, onWait: () => stop.abort()});
    await expect(upload).rejects.toMatchObject(code('INTERRUPTED'));
    expect(emulator.control.counts()['upload.cancel']).toBe(1);
  });

  test('that is stopped before it begins sends nothing', async () => {
    const {client, emulator} = await useClient();
    await expect(client.uploadFile(await requestFile(), {signal: AbortSignal.abort()})).rejects.toMatchObject(
      code('INTERRUPTED'),
    );
    expect(emulator.control.requests()).toEqual([]);
  });
});

test('a key that may not upload is the key\u2019s fault', async () => {
  const {client, emulator} = await useClient();
  emulator.control.fault({on: 'upload.start', fault: {kind: 'status', status: 403}, times: null});
  await expect(client.uploadFile(await requestFile())).rejects.toMatchObject(code('KEY_REFUSED'));
});
