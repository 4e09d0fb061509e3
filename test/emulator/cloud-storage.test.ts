import {describe, expect, test} from '@jest/globals';
import {call, startEmulator, type Json, type Reply} from './raw-http.js';
import type {Emulator} from '../../src/emulator/http/server.js';

const TOKEN = {authorization: 'Bearer a-token'};
const GRANULARITY = 262_144;
const OBJECTS = '/storage/v1/b/bucket/o';

describe('an upload to Cloud Storage', () => {
  test('goes in chunks, and says in between how far it is', async () => {
    const emulator = await startEmulator();
    const session = await startUpload(emulator, 'in/a.jsonl');
    expect((await put(emulator, session, {range: 'bytes */*'})).headers.get('range')).toBeNull();
    const first = await put(emulator, session, {
      range: `bytes 0-${GRANULARITY - 1}/*`,
      body: Buffer.alloc(GRANULARITY, 'x'),
    });
    expect([first.status, first.headers.get('range')]).toEqual([308, `bytes=0-${GRANULARITY - 1}`]);
    const state = await put(emulator, session, {range: `bytes */${GRANULARITY + 3}`});
    expect([state.status, state.headers.get('range')]).toEqual([308, `bytes=0-${GRANULARITY - 1}`]);
    const last = await put(emulator, session, {
      range: `bytes ${GRANULARITY}-${GRANULARITY + 2}/${GRANULARITY + 3}`,
      body: 'end',
    });
    expect([last.status, last.json()]).toMatchObject([
      200,
      {name: 'in/a.jsonl', size: String(GRANULARITY + 3)},
    ]);
    const again = await put(emulator, session, {range: `bytes */${GRANULARITY + 3}`});
    expect([again.status, again.json()]).toEqual([200, last.json()]);
  });

  test('has the checksum that Cloud Storage has, and a generation', async () => {
    const emulator = await startEmulator();
    const {status, text} = await upload(emulator, 'a.txt', '123456789');
    // The check value of CRC-32C.
    const crc32c = Buffer.from('e3069283', 'hex').toString('base64');
    expect([status, JSON.parse(text)]).toMatchObject([
      200,
      {crc32c, size: '9', generation: expect.stringMatching(/^\d+$/u)},
    ]);
    expect(emulator.control.objects()).toEqual(['gs://bucket/a.txt']);
  });

  test('is refused when the object is there and must not be', async () => {
    const emulator = await startEmulator();
    await upload(emulator, 'a.txt', 'one');
    const start = await call(
      emulator,
      `POST /upload${OBJECTS}?uploadType=resumable&name=a.txt&ifGenerationMatch=0`,
      {
        headers: TOKEN,
      },
    );
    expect(start.status).toBe(412);
    // The same when the object came in between.
    const session = await startUpload(emulator, 'b.txt', '&ifGenerationMatch=0');
    await upload(emulator, 'b.txt', 'one');
    expect((await put(emulator, session, {range: 'bytes 0-2/3', body: 'two'})).status).toBe(412);
    expect((await call(emulator, `GET ${OBJECTS}/b.txt?alt=media`, {headers: TOKEN})).text).toBe('one');
  });

  test('is forgotten once it is cancelled', async () => {
    const emulator = await startEmulator();
    const session = await startUpload(emulator, 'a.txt');
    expect((await call(emulator, `DELETE ${session}`)).status).toBe(499);
    expect((await put(emulator, session, {range: 'bytes */*'})).status).toBe(499);
    expect(emulator.control.objects()).toEqual([]);
  });
});

describe('an object', () => {
  test('is read by ranges, in the generation that is asked for', async () => {
    const emulator = await startEmulator();
    const {generation = ''} = (await upload(emulator, 'dir/a b.txt', 'hello')).json() as {
      generation?: string;
    };
    const path = `${OBJECTS}/${encodeURIComponent('dir/a b.txt')}`;
    const part = await call(emulator, `GET ${path}?alt=media&generation=${generation}`, {
      headers: {...TOKEN, range: 'bytes=1-'},
    });
    expect([part.status, part.text, part.headers.get('content-range')]).toEqual([206, 'ello', 'bytes 1-4/5']);
    expect((await call(emulator, `GET ${path}?alt=media&generation=1`, {headers: TOKEN})).status).toBe(404);
  });

  test('is listed by prefix, page by page, until it is deleted', async () => {
    const emulator = await startEmulator();
    for (const name of ['out/2', 'out/1', 'in/1', 'out/3']) await upload(emulator, name, 'x');
    const first = await list(emulator, 'prefix=out/&maxResults=2');
    expect(namesOf(first)).toEqual(['out/1', 'out/2']);
    const second = await list(emulator, `prefix=out/&pageToken=${String(first['nextPageToken'])}`);
    expect([namesOf(second), second['nextPageToken']]).toEqual([['out/3'], undefined]);
    const path = `${OBJECTS}/out%2F1`;
    expect((await call(emulator, `DELETE ${path}`, {headers: TOKEN})).status).toBe(204);
    expect((await call(emulator, `DELETE ${path}`, {headers: TOKEN})).status).toBe(404);
    expect(namesOf(await list(emulator, 'prefix=out/'))).toEqual(['out/2', 'out/3']);
  });

  test('needs an access token, and a bucket', async () => {
    const emulator = await startEmulator({behaviour: {missing_buckets: ['nowhere']}});
    expect((await call(emulator, `GET ${OBJECTS}`)).status).toBe(401);
    expect((await call(emulator, 'GET /storage/v1/b/nowhere/o', {headers: TOKEN})).status).toBe(404);
    expect((await call(emulator, 'GET /storage/v1/b/bucket', {headers: TOKEN})).json()).toMatchObject({
      name: 'bucket',
    });
  });
});

async function startUpload(emulator: Emulator, name: string, query = ''): Promise<string> {
  const target = `POST /upload${OBJECTS}?uploadType=resumable&name=${encodeURIComponent(name)}${query}`;
  const {headers} = await call(emulator, target, {headers: TOKEN});
  return headers.get('location') ?? '';
}

function put(
  emulator: Emulator,
  session: string,
  {range, body = ''}: {range: string; body?: string | Buffer},
): Promise<Reply> {
  return call(emulator, `PUT ${session}`, {headers: {'content-range': range}, body});
}

function upload(emulator: Emulator, name: string, body: string): Promise<Reply> {
  const target = `POST /upload${OBJECTS}?uploadType=media&name=${encodeURIComponent(name)}`;
  return call(emulator, target, {headers: {...TOKEN, 'content-type': 'text/plain'}, body});
}

async function list(emulator: Emulator, query: string): Promise<Json> {
  return (await call(emulator, `GET ${OBJECTS}?${query}`, {headers: TOKEN})).json();
}

function namesOf({items}: Json): readonly unknown[] {
  return (items as readonly Json[]).map(({name}) => name);
}
