import {connect} from 'node:net';
import {once} from 'node:events';
import {readdir} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {tempDir} from '../helpers/temp-dir.js';
import {call, sendChunk, startEmulator, startUpload} from './raw-http.js';

test.each([
  ['a page of another site', {origin: 'https://example.com'}],
  ['a page without an origin', {origin: 'null'}],
  ['a page whose name begins like this machine', {origin: 'http://127.0.0.1.example.com'}],
  ['an image or a form of another site', {'sec-fetch-site': 'cross-site'}],
])('%s can neither steer it nor use it', async (_, headers) => {
  const emulator = await startEmulator();
  for (const target of [
    'POST /emulator/reset',
    'GET /emulator/paid',
    'GET /v1beta/models?key=a',
    'POST /upload/v1beta/files',
  ]) {
    expect([target, (await call(emulator, target, {headers})).status]).toEqual([target, 403]);
  }
});

test('a page of this machine may use it', async () => {
  const emulator = await startEmulator();
  const headers = {origin: 'http://localhost:3000', 'sec-fetch-site': 'same-site'};
  expect((await call(emulator, 'GET /v1beta/models', {headers})).status).toBe(200);
});

test('a head that comes byte by byte is cut off', async () => {
  const emulator = await startEmulator({headMs: 200});
  const socket = connect(Number(new URL(emulator.url).port), '127.0.0.1');
  socket.on('error', () => undefined).resume();
  socket.write('GET /v1beta/models HTTP/1.1\r\nhost: 127.0.0.1\r\nx-a: ');
  const timer = setInterval(() => socket.write('a'), 20);
  await once(socket, 'close');
  clearInterval(timer);
  expect((await call(emulator, 'GET /v1beta/models')).status).toBe(200);
});

// Starts 505 uploads.
test('of uploads that nobody finishes only the newest are kept', async () => {
  const parentFolder = await tempDir();
  const emulator = await startEmulator({parentFolder});
  const uploads: string[] = [];
  for (let i = 0; i < 505; i += 1) uploads.push(await startUpload(emulator));
  const [folder = ''] = await readdir(parentFolder);
  expect(await readdir(join(parentFolder, folder))).toHaveLength(500);
  const ends = [uploads[0] ?? '', uploads[504] ?? ''].map((url) =>
    sendChunk(emulator, url, {command: 'upload, finalize', body: '{}\n'}),
  );
  expect((await Promise.all(ends)).map(({status}) => status)).toEqual([404, 200]);
});
