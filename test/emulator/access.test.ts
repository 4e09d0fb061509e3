import {request as httpRequest} from 'node:http';
import {once} from 'node:events';
import {networkInterfaces} from 'node:os';
import {expect, test} from '@jest/globals';
import {call, startEmulator} from './raw-http.js';

test('a key in the header or in the query is taken', async () => {
  const emulator = await startEmulator();
  expect((await call(emulator, 'GET /v1beta/models')).status).toBe(200);
  const inQuery = await call(emulator, 'GET /v1beta/models?key=some-key', {headers: {'x-goog-api-key': ''}});
  expect(inQuery.status).toBe(200);
});

test('a missing key is answered with 403', async () => {
  const emulator = await startEmulator();
  const {status, json} = await call(emulator, 'GET /v1beta/models', {headers: {'x-goog-api-key': ''}});
  expect(status).toBe(403);
  expect(json()).toEqual({
    error: {
      code: 403,
      message:
        "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
      status: 'PERMISSION_DENIED',
    },
  });
});

test('a key that is not valid is answered with 400, as the service does', async () => {
  const emulator = await startEmulator();
  const {status, json} = await call(emulator, 'GET /v1beta/models', {
    headers: {'x-goog-api-key': 'invalid-key'},
  });
  const message = 'API key not valid. Please pass a valid API key.';
  expect(status).toBe(400);
  expect(json()).toEqual({
    error: {
      code: 400,
      message,
      status: 'INVALID_ARGUMENT',
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
          reason: 'API_KEY_INVALID',
          domain: 'googleapis.com',
          metadata: {service: 'generativelanguage.googleapis.com'},
        },
        {'@type': 'type.googleapis.com/google.rpc.LocalizedMessage', locale: 'en-US', message},
      ],
    },
  });
});

test('what the service does not have is answered with 404', async () => {
  const emulator = await startEmulator();
  for (const target of [
    'GET /',
    'GET /v2/models',
    'PUT /v1beta/files',
    'POST /v1beta/models/a:generateContent',
    'GET /v1beta/files/%zz:x',
  ]) {
    const {status, json} = await call(emulator, target);
    expect([target, status, json()['error']]).toEqual([
      target,
      404,
      expect.objectContaining({status: 'NOT_FOUND'}),
    ]);
  }
});

test('a body that is no JSON object, or too large, is answered with 400', async () => {
  const emulator = await startEmulator();
  const target = 'POST /v1beta/models/gemini-3.5-flash-lite:batchGenerateContent';
  for (const body of ['{', '[]', 'x', `{"a":"${'x'.repeat(21 * 1024 * 1024)}"}`]) {
    expect((await call(emulator, target, {body})).text).toContain('INVALID_ARGUMENT');
  }
});

test('only this machine is served, and only under its own name', async () => {
  const emulator = await startEmulator();
  const {port} = new URL(emulator.url);
  const request = httpRequest({
    port,
    host: '127.0.0.1',
    path: '/emulator/paid',
    headers: {host: 'example.com'},
  }).end();
  const [response] = (await once(request, 'response')) as {statusCode: number}[];
  expect(response?.statusCode).toBe(403);

  const others = Object.values(networkInterfaces())
    .flatMap((addresses = []) => addresses)
    .filter(({internal, family}) => !internal && family === 'IPv4');
  for (const {address} of others) {
    await expect(fetch(`http://${address}:${port}/v1beta/models`)).rejects.toThrow('fetch failed');
  }
});

test('headers beyond reason are refused', async () => {
  const emulator = await startEmulator();
  const {status} = await call(emulator, 'GET /v1beta/models', {headers: {'x-long': 'x'.repeat(20_000)}});
  expect(status).toBe(431);
});
