import {createHash} from 'node:crypto';
import {createConnection} from 'node:net';
import {once} from 'node:events';
import {describe, expect, test} from '@jest/globals';
import {call, sendChunk, startEmulator, startUpload, type Json} from './raw-http.js';

const GRANULARITY = 262_144;

describe('an upload', () => {
  test('begins with a URL of its own', async () => {
    const emulator = await startEmulator();
    const {status, headers, text} = await call(emulator, 'POST /upload/v1beta/files', {
      headers: {'x-goog-upload-protocol': 'resumable', 'x-goog-upload-command': 'start'},
      json: {file: {mimeType: 'text/plain'}},
    });
    expect([status, text]).toEqual([200, '{}']);
    expect(headers.get('x-goog-upload-status')).toBe('active');
    expect(headers.get('x-goog-upload-chunk-granularity')).toBe('262144');
    const url = new URL(headers.get('x-goog-upload-url') ?? '');
    expect(url.origin).toBe(emulator.url);
    expect(url.searchParams.get('upload_id')).toMatch(/^[a-z0-9]{64}$/u);
    expect(url.searchParams.get('upload_protocol')).toBe('resumable');
  });

  test('in one go makes a file with its fingerprint as base64 of the hex digits', async () => {
    const emulator = await startEmulator();
    const url = await startUpload(emulator, {displayName: 'd', size: 5});
    const {status, headers, json} = await sendChunk(emulator, url, {
      command: 'upload, finalize',
      body: 'hello',
    });
    expect(status).toBe(200);
    expect(headers.get('x-goog-upload-status')).toBe('final');
    const hex = createHash('sha256').update('hello').digest('hex');
    const name: unknown = expect.stringMatching(/^files\/[a-z0-9]{12}$/u);
    expect(json()).toEqual({
      file: {
        name,
        displayName: 'd',
        mimeType: 'application/jsonl',
        sizeBytes: '5',
        createTime: expect.any(String),
        updateTime: expect.any(String),
        expirationTime: expect.any(String),
        sha256Hash: Buffer.from(hex).toString('base64'),
        uri: expect.stringContaining('/v1beta/files/'),
        state: 'ACTIVE',
        source: 'UPLOADED',
      },
    });
  });

  test('goes in chunks, asked in between how far it is', async () => {
    const emulator = await startEmulator();
    const url = await startUpload(emulator);
    const first = await sendChunk(emulator, url, {command: 'upload', body: Buffer.alloc(GRANULARITY)});
    expect([first.status, first.headers.get('x-goog-upload-status')]).toEqual([200, 'active']);
    const query = await sendChunk(emulator, url, {command: 'query'});
    expect(query.headers.get('x-goog-upload-status')).toBe('active');
    expect(query.headers.get('x-goog-upload-size-received')).toBe('262144');
    const rest = await sendChunk(emulator, url, {
      command: 'upload',
      offset: GRANULARITY,
      body: Buffer.alloc(GRANULARITY),
    });
    expect(rest.status).toBe(200);
    const last = await sendChunk(emulator, url, {command: 'finalize'});
    expect(last.json()['file']).toMatchObject({sizeBytes: '524288'});
    const again = await sendChunk(emulator, url, {command: 'query'});
    expect(again.headers.get('x-goog-upload-status')).toBe('final');
    expect(again.json()).toEqual(last.json());
  });

  test('needs no key but in its URL', async () => {
    const emulator = await startEmulator();
    const url = await startUpload(emulator);
    const {status} = await call(emulator, `POST ${url}`, {
      headers: {
        'x-goog-api-key': '',
        'x-goog-upload-command': 'upload, finalize',
        'x-goog-upload-offset': '0',
      },
      body: 'a',
    });
    expect(status).toBe(200);
  });

  test.each([
    ['at a wrong offset', {command: 'upload, finalize', offset: 7, body: 'hello'}],
    ['of a size that the protocol does not allow in the middle', {command: 'upload', body: 'hello'}],
    ['that ends a file of another size than was announced', {command: 'upload, finalize', body: 'hell'}],
  ])('refuses a chunk %s', async (_, chunk) => {
    const emulator = await startEmulator();
    const url = await startUpload(emulator, {size: 5});
    expect((await sendChunk(emulator, url, chunk)).status).toBe(400);
  });

  test('takes nothing after it was cancelled or has ended', async () => {
    const emulator = await startEmulator();
    const cancelled = await startUpload(emulator);
    const {headers} = await sendChunk(emulator, cancelled, {command: 'cancel'});
    expect(headers.get('x-goog-upload-status')).toBe('cancelled');
    const ended = await startUpload(emulator);
    await sendChunk(emulator, ended, {command: 'upload, finalize', body: 'a'});
    for (const url of [cancelled, ended])
      expect((await sendChunk(emulator, url, {command: 'upload, finalize', body: 'a'})).status).toBe(400);
    const unknown = `${emulator.url}/upload/v1beta/files?upload_id=none`;
    expect((await sendChunk(emulator, unknown, {command: 'query'})).status).toBe(404);
  });

  test('goes on where a connection was lost, even one that still seems to be there', async () => {
    const emulator = await startEmulator();
    const url = new URL(await startUpload(emulator));
    const stalled = createConnection(Number(url.port), '127.0.0.1');
    const closed = once(stalled, 'close');
    stalled.write(
      `POST ${url.pathname}${url.search} HTTP/1.1\r\nHost: 127.0.0.1\r\nx-goog-upload-command: upload, finalize\r\n` +
        'x-goog-upload-offset: 0\r\ncontent-length: 10\r\n\r\nhell',
    );
    while (emulator.control.requests().at(-1)?.request_bytes !== 4) await new Promise(setImmediate);
    const {headers} = await sendChunk(emulator, url.href, {command: 'query'});
    expect(headers.get('x-goog-upload-size-received')).toBe('4');
    await closed;
    const end = await sendChunk(emulator, url.href, {command: 'upload, finalize', offset: 4, body: 'o worl'});
    const sha256Hash = Buffer.from(createHash('sha256').update('hello worl').digest('hex')).toString(
      'base64',
    );
    expect(end.json()['file']).toMatchObject({sizeBytes: '10', sha256Hash});
  });
});

describe('upload.start', () => {
  test.each([
    ['an unknown MIME type', {mimeType: 'image/png'}, 400, 'Unsupported MIME type: image/png'],
    ['a bad name', {mimeType: 'text/plain', name: 'files/A'}, 400, 'CreateFileRequest.file.name'],
    [
      'a long name',
      {mimeType: 'text/plain', name: `files/${'a'.repeat(41)}`},
      400,
      'cannot be more than 40 characters',
    ],
    ['a long display name', {mimeType: 'text/plain', displayName: 'x'.repeat(513)}, 400, '512 characters'],
  ])('refuses %s', async (_, file, status, message) => {
    const emulator = await startEmulator();
    const reply = await start(emulator, file);
    expect([reply.status, reply.text]).toEqual([status, expect.stringContaining(message)]);
  });

  test.each(['application/jsonl', 'jsonl', 'application/json', 'text/plain'])(
    'takes %s unless told otherwise',
    async (mimeType) => {
      const emulator = await startEmulator();
      expect((await start(emulator, {mimeType})).status).toBe(200);
      emulator.control.behave({refused_mime_types: [mimeType]});
      expect((await start(emulator, {mimeType})).text).toContain(`Unsupported MIME type: ${mimeType}`);
    },
  );

  test('takes a name once', async () => {
    const emulator = await startEmulator();
    const {headers} = await start(emulator, {mimeType: 'text/plain', name: 'files/mine'});
    const {json} = await sendChunk(emulator, headers.get('x-goog-upload-url') ?? '', {
      command: 'upload, finalize',
      body: 'a',
    });
    expect(json()['file']).toMatchObject({name: 'files/mine'});
    expect((await start(emulator, {mimeType: 'text/plain', name: 'files/mine'})).status).toBe(409);
  });

  test('refuses a file that is too large, or too large for what is left of the storage', async () => {
    const emulator = await startEmulator({behaviour: {max_file_bytes: 10, max_storage_bytes: 15}});
    const url = await startUpload(emulator, {size: 10});
    await sendChunk(emulator, url, {command: 'upload, finalize', body: 'x'.repeat(10)});
    await expect(startUpload(emulator, {size: 11})).rejects.toThrow('larger than 10 bytes');
    await expect(startUpload(emulator, {size: 6})).rejects.toThrow('RESOURCE_EXHAUSTED');
    await expect(startUpload(emulator, {size: 5})).resolves.toContain('upload_id');
  });
});

function start(emulator: {url: string}, file: Json): ReturnType<typeof call> {
  return call(emulator, 'POST /upload/v1beta/files', {
    headers: {'x-goog-upload-protocol': 'resumable', 'x-goog-upload-command': 'start'},
    json: {file},
  });
}
