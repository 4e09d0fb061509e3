/**
 * What the client takes for granted on the wire, asked without it: of the emulator or, with GEMBATCH_LIVE=1 and
 * GEMINI_API_KEY, of the real service. Nothing here costs money.
 */
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import {createEmulator, type Emulator} from '../../src/emulator/http/server.js';
import {IS_LIVE} from '../helpers/conformance-target.js';

const LIVE_URL = 'https://generativelanguage.googleapis.com';
const GRANULARITY_BYTES = 256 * 1024;

let emulator: Emulator | undefined;
let url = LIVE_URL;
let apiKey = process.env['GEMINI_API_KEY'] ?? '';

beforeAll(async () => {
  if (IS_LIVE && apiKey === '') throw new Error('GEMBATCH_LIVE=1 needs GEMINI_API_KEY.');
  if (IS_LIVE) return;
  emulator = await createEmulator();
  ({url} = emulator);
  apiKey = 'conformance-key';
});

afterAll(() => emulator?.close());

interface Message {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

function send(target: string, {headers = {}, ...message}: Message = {}): Promise<Response> {
  return fetch(new URL(target, url), {...message, headers: {'x-goog-api-key': apiKey, ...headers}});
}

describe('a resumable upload', () => {
  async function start(sizeBytes: number): Promise<string> {
    const reply = await send('/upload/v1beta/files', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-goog-upload-protocol': 'resumable',
        'x-goog-upload-command': 'start',
        'x-goog-upload-header-content-length': String(sizeBytes),
        'x-goog-upload-header-content-type': 'text/plain',
      },
      body: JSON.stringify({file: {displayName: 'gembatch conformance', mimeType: 'text/plain'}}),
    });
    expect([reply.status, reply.headers.get('x-goog-upload-status')]).toEqual([200, 'active']);
    return reply.headers.get('x-goog-upload-url') ?? '';
  }

  async function command(session: string, name: string, bytes?: {offset: number; body: Uint8Array}) {
    const offset = bytes === undefined ? {} : {'x-goog-upload-offset': String(bytes.offset)};
    const reply = await send(session, {
      method: 'POST',
      headers: {'x-goog-upload-command': name, ...offset},
      ...(bytes === undefined ? {} : {body: bytes.body}),
    });
    const receivedBytes = reply.headers.get('x-goog-upload-size-received');
    return {reply, status: reply.headers.get('x-goog-upload-status'), receivedBytes};
  }

  test('tells how much it has, takes the rest from there, and ends with the file', async () => {
    const content = Buffer.alloc(GRANULARITY_BYTES + 10, '{"key":"k"}\n');
    const session = await start(content.length);
    const head = {offset: 0, body: content.subarray(0, GRANULARITY_BYTES)};
    await expect(command(session, 'upload', head)).resolves.toMatchObject({status: 'active'});
    await expect(command(session, 'query')).resolves.toMatchObject({
      status: 'active',
      receivedBytes: String(GRANULARITY_BYTES),
    });

    const tail = {offset: GRANULARITY_BYTES, body: content.subarray(GRANULARITY_BYTES)};
    const {status, reply} = await command(session, 'upload, finalize', tail);
    expect(status).toBe('final');
    const {file} = (await reply.json()) as {file: {name: string; sizeBytes: string; sha256Hash: string}};
    const deletion = await send(`/v1beta/${file.name}`, {method: 'DELETE'});
    expect(deletion.status).toBe(200);
    expect(file.sizeBytes).toBe(String(content.length));
    expect(Buffer.from(file.sha256Hash, 'base64').toString('latin1')).toMatch(/^[0-9a-f]{64}$/u);
  });

  test('can be cancelled', async () => {
    const {reply} = await command(await start(10), 'cancel');
    expect(reply.status).toBe(200);
  });
});

describe('an error', () => {
  test('of a key that is none is 400 with a reason', async () => {
    const reply = await send('/v1beta/models', {headers: {'x-goog-api-key': 'invalid-key'}});
    expect(reply.status).toBe(400);
    await expect(reply.json()).resolves.toMatchObject({
      error: {
        code: 400,
        status: 'INVALID_ARGUMENT',
        details: expect.arrayContaining([expect.objectContaining({reason: 'API_KEY_INVALID'})]),
      },
    });
  });

  test('of a file that is not there is 403 and names the file', async () => {
    const reply = await send('/v1beta/files/none00000000');
    expect(reply.status).toBe(403);
    expect(await reply.text()).toContain('none00000000');
  });

  test('of a job that is not there is 404', async () => {
    const reply = await send(`/v1beta/batches/${'0'.repeat(36)}`);
    expect(reply.status).toBe(404);
  });

  test('of a model that is not there is 404, also for a create', async () => {
    const model = '/v1beta/models/gemini-0-none';
    expect((await send(model)).status).toBe(404);
    const batch = {displayName: 'gembatch conformance', inputConfig: {fileName: 'files/none00000000'}};
    const reply = await send(`${model}:batchGenerateContent`, {
      method: 'POST',
      headers: {'content-type': 'application/json'},
      body: JSON.stringify({batch}),
    });
    expect(reply.status).toBe(404);
  });

  test('of a result file that is looked up is 400: its name is too long', async () => {
    const reply = await send(`/v1beta/files/batch-${'0'.repeat(36)}`);
    expect(reply.status).toBe(400);
  });

  test('of a field that the service does not know is 400', async () => {
    const reply = await send('/v1beta/models/gemini-2.5-flash-lite:batchGenerateContent', {
      method: 'POST',
      headers: {'content-type': 'application/json'},
      body: JSON.stringify({batch: {noSuchField: 1}}),
    });
    expect(reply.status).toBe(400);
    await expect(reply.json()).resolves.toMatchObject({error: {status: 'INVALID_ARGUMENT'}});
  });
});
