import {describe, expect, test} from '@jest/globals';
import type {Emulator} from '../../../../src/emulator/http/server.js';
import type {GeminiBatchClient} from '../../../../src/lib/services/gemini/gemini-batch-client.js';
import {clientOf, code, MODEL, requestFile, requestsOf, useClient, useServer} from './client-fixture.js';
import {parseLines} from '../../../helpers/json-lines.js';

const REQUESTS = 300;

async function text(chunks: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString('utf8');
}

/** Runs a job to its end; returns the name of its result file and what is in it. */
async function finishedJob(client: GeminiBatchClient, emulator: Emulator) {
  const {name} = await client.uploadFile(await requestFile(requestsOf(REQUESTS)));
  const job = await client.createBatch({model: MODEL, fileName: name, displayName: 'd'});
  emulator.control.advance(3_600_000);
  const {dest} = await client.getBatch(job.name);
  if (dest === undefined) throw new Error('The job has no results.');
  return {fileName: dest.file_name, whole: await text(client.download(dest.file_name))};
}

describe('a download', () => {
  test('yields the file as it is', async () => {
    const {client, emulator} = await useClient();
    const {whole} = await finishedJob(client, emulator);
    const keys = parseLines(whole).map((line) => (line as {key: unknown}).key);
    expect(new Set(keys).size).toBe(REQUESTS);
  });

  test('starts where it is told to', async () => {
    const {client, emulator} = await useClient();
    const {fileName, whole} = await finishedJob(client, emulator);
    await expect(text(client.download(fileName, {fromByte: 1_000}))).resolves.toBe(whole.slice(1_000));
  });

  test('of what is there already is empty', async () => {
    const {client, emulator} = await useClient();
    const {fileName, whole} = await finishedJob(client, emulator);
    await expect(text(client.download(fileName, {fromByte: Buffer.byteLength(whole)}))).resolves.toBe('');
  });

  test('from behind the end is an error', async () => {
    const {client, emulator} = await useClient();
    const {fileName, whole} = await finishedJob(client, emulator);
    await expect(
      text(client.download(fileName, {fromByte: Buffer.byteLength(whole) + 1})),
    ).rejects.toMatchObject(code('SERVICE'));
  });

  test.each([true, false])('survives broken connections (ranges: %s)', async (hasRanges) => {
    const {client, emulator} = await useClient({behaviour: {has_ranges: hasRanges}});
    const {fileName, whole} = await finishedJob(client, emulator);
    for (const bytes of [0, 1, 5_000, 20_000])
      emulator.control.fault({on: 'files.download', fault: {kind: 'drop_after_bytes', bytes}});
    emulator.control.fault({on: 'files.download', fault: {kind: 'status', status: 503, body: ''}});
    emulator.control.fault({on: 'files.download', fault: {kind: 'reset_before'}});
    await expect(text(client.download(fileName))).resolves.toBe(whole);
    expect(emulator.control.counts()['files.download']).toBe(8);
  });

  test('goes on where nothing moves any more', async () => {
    const {client, emulator, waits, onWait} = await useClient({}, {silenceMs: 200});
    const {fileName, whole} = await finishedJob(client, emulator);
    emulator.control.fault({on: 'files.download', fault: {kind: 'hang_before'}});
    await expect(text(client.download(fileName, {onWait}))).resolves.toBe(whole);
    expect(waits[0]?.reason).toContain('nothing moved');
  });

  test('goes on as long as bytes come in between', async () => {
    const {client, emulator, clock} = await useClient({}, {retryMs: 3_000});
    const {fileName, whole} = await finishedJob(client, emulator);
    emulator.control.fault({
      on: 'files.download',
      fault: {kind: 'drop_after_bytes', bytes: 4_000},
      times: null,
    });
    await expect(text(client.download(fileName))).resolves.toBe(whole);
    expect(clock.sleeps.length).toBeGreaterThan(5);
  });

  test('gives up when no byte comes any more', async () => {
    const {client, emulator} = await useClient({}, {retryMs: 10_000});
    const {fileName} = await finishedJob(client, emulator);
    emulator.control.fault({on: 'files.download', fault: {kind: 'reset_before'}, times: null});
    await expect(text(client.download(fileName))).rejects.toMatchObject(code('SERVICE'));
  });

  test('of a file that is not there is NOT_FOUND', async () => {
    const {client} = await useClient();
    await expect(text(client.download('files/batch-none'))).rejects.toMatchObject(code('NOT_FOUND'));
  });

  test('with a bad key is KEY_REFUSED', async () => {
    const {client} = await useClient({}, {apiKey: 'invalid-key'});
    await expect(text(client.download('files/batch-none'))).rejects.toMatchObject(code('KEY_REFUSED'));
  });

  test('ends when it is stopped', async () => {
    const {client, emulator} = await useClient();
    const {fileName} = await finishedJob(client, emulator);
    const stop = new AbortController();
    const chunks = client.download(fileName, {signal: stop.signal});
    emulator.control.fault({on: 'files.download', fault: {kind: 'hang_before'}});
    setImmediate(() => stop.abort());
    await expect(text(chunks)).rejects.toMatchObject(code('INTERRUPTED'));
  });

  test('whose reader leaves closes its connection', async () => {
    let isClosed = false;
    const url = await useServer((_, response) => {
      response.on('close', () => (isClosed = true));
      response.writeHead(200, {'content-length': 1_000_000}).write('x'.repeat(100_000));
    });
    for await (const chunk of clientOf(url).client.download('files/batch-1')) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    while (!isClosed) await new Promise(setImmediate);
  });
});

describe('a download notices', () => {
  test('a body that is shorter than it says', async () => {
    let calls = 0;
    const url = await useServer((request, response) => {
      calls += 1;
      if (calls === 1) {
        response.writeHead(200, {'content-length': 6}).write('abc', () => response.destroy());
        return;
      }
      expect(request.headers.range).toBe('bytes=3-');
      response.writeHead(206, {'content-range': 'bytes 3-5/6'}).end('def');
    });
    await expect(text(clientOf(url).client.download('files/batch-1'))).resolves.toBe('abcdef');
  });

  test('a part that ends before the file does', async () => {
    let calls = 0;
    const url = await useServer((_, response) => {
      calls += 1;
      if (calls === 1) response.writeHead(206, {'content-range': 'bytes 2-3/6'}).end('cd');
      else response.writeHead(206, {'content-range': 'bytes 4-5/6'}).end('ef');
    });
    const {client} = clientOf(url);
    await expect(text(client.download('files/batch-1', {fromByte: 2}))).resolves.toBe('cdef');
  });

  const lies: readonly (readonly [string, number, Record<string, string>])[] = [
    ['another range than it asked for', 206, {'content-range': 'bytes 0-5/6'}],
    ['a range that is not said', 206, {}],
    ['a file that has become shorter than what was read', 416, {'content-range': 'bytes */1'}],
  ];

  test.each(lies)('%s', async (_, status, headers) => {
    const url = await useServer((__, response) => response.writeHead(status, headers).end('cdef'));
    const {client} = clientOf(url, {retryMs: 0});
    await expect(text(client.download('files/batch-1', {fromByte: 2}))).rejects.toMatchObject({
      ...code('SERVICE'),
      details: {malformed: true},
    });
  });

  test.each([
    [206, {'content-range': 'bytes 3-8/9'}],
    [200, {'content-length': '9'}],
  ])('a file that has changed its size (%d)', async (status, headers) => {
    let calls = 0;
    const url = await useServer((_, response) => {
      calls += 1;
      if (calls === 1) response.writeHead(200, {'content-length': 6}).write('abc', () => response.destroy());
      else response.writeHead(status, headers).end('012345678'.slice(9 - (status === 200 ? 9 : 6)));
    });
    await expect(text(clientOf(url).client.download('files/batch-1'))).rejects.toMatchObject({
      ...code('SERVICE'),
      message: expect.stringContaining('had 6 bytes and now has 9'),
    });
  });

  test('a whole file without a length that ends before what was read', async () => {
    const url = await useServer((_, response) => response.writeHead(200).end('a'));
    const {client} = clientOf(url, {retryMs: 2_000});
    await expect(text(client.download('files/batch-1', {fromByte: 2}))).rejects.toMatchObject(
      code('SERVICE'),
    );
  });
});

test('a name that is no plain name stays inside its path', async () => {
  const seen: (string | undefined)[] = [];
  const url = await useServer((request, response) => {
    seen.push(request.url);
    response.end('x');
  });
  await text(clientOf(url).client.download('files/../models?x='));
  expect(seen).toEqual(['/v1beta/files/..%2Fmodels%3Fx%3D:download?alt=media']);
});
