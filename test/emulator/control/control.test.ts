import {readdir} from 'node:fs/promises';
import {expect, test} from '@jest/globals';
import {createEmulator} from '../../../src/emulator/http/server.js';
import {tempDir} from '../../helpers/temp-dir.js';
import {call, createJob, getJob, metadataOf, resultRows, startEmulator, upload} from '../raw-http.js';

test('what can be steered in process can be steered over HTTP', async () => {
  const emulator = await startEmulator();
  const post = (path: string, json: unknown) => call(emulator, `POST /emulator/${path}`, {json});
  await post('behaviour', {running_ms: 60_000});
  await post('outcomes', {state: 'FAILED', error: {code: 8, message: 'no'}});
  await post('faults', {on: 'batches.create', fault: {kind: 'error_after', status: 503}});
  await expect(createJob(emulator)).rejects.toThrow('An injected fault');
  const {json} = await call(emulator, 'GET /emulator/paid');
  expect(json()).toEqual({paid: emulator.control.paid(), open_peaks: emulator.control.openPeaks()});
  const [job = ''] = emulator.control.jobs();
  expect(await metadataOf(emulator, job)).toMatchObject({state: 'BATCH_STATE_RUNNING'});
  const before = Date.parse(String((await call(emulator, 'GET /emulator/clock')).json()['now']));
  const after = (await post('clock', {advance_ms: 60_000, speed: 0})).json();
  expect(Date.parse(String(after['now'])) - before).toBe(60_000);
  expect(await getJob(emulator, job)).toMatchObject({error: {code: 8}});

  await call(emulator, 'DELETE /emulator/outcomes');
  await call(emulator, 'DELETE /emulator/faults');
  expect((await call(emulator, 'GET /emulator/behaviour')).json()).toMatchObject({running_ms: 60_000});
  expect((await call(emulator, 'GET /emulator/jobs')).json()).toEqual({jobs: [job]});
  expect((await call(emulator, 'GET /emulator/files')).json()).toEqual({files: emulator.control.files()});
});

test.each([
  ['faults', {on: 'batches.made', fault: {kind: 'quota'}}, '"on" must be one of upload.start'],
  ['faults', {on: 'batches.get'}, '"fault" is missing'],
  ['faults', {on: 'batches.get', fault: {kind: 'odd'}}, '"kind" must be one of status'],
  ['faults', {on: 'batches.get', fault: {kind: 'delay'}}, '"ms" is missing'],
  ['faults', {on: 'batches.get', fault: {kind: 'delay', ms: 'x'}}, '"ms" must be a number from 0'],
  ['faults', {on: 'batches.get', fault: {kind: 'quota', wait: 1}}, 'it has no field "wait"'],
  ['outcomes', {rows: [{fault: 'odd'}]}, '"rows" is wrong: "fault" must be one of error'],
  ['behaviour', {max_jobs: 3}, 'it has no field "max_jobs"'],
  ['behaviour', {is_shuffled: 1}, '"is_shuffled" must be true or false'],
  ['clock', {speed: -1}, '"speed" must be a number from 0'],
])('a mistake in %s is named: %j', async (path, json, message) => {
  const emulator = await startEmulator();
  const reply = await call(emulator, `POST /emulator/${path}`, {json});
  expect(reply.status).toBe(400);
  const {error} = reply.json() as {error: {message: string}};
  expect(error.message).toContain(message);
});

test('an unknown control is answered with those that there are', async () => {
  const emulator = await startEmulator();
  const {status, text} = await call(emulator, 'GET /emulator');
  expect([status, text]).toEqual([404, expect.stringContaining('GET paid, GET requests')]);
});

test('requests are logged with their bytes, counts and peaks', async () => {
  const emulator = await startEmulator();
  emulator.control.fault({on: 'upload.start', fault: {kind: 'delay', ms: 20}, times: 3});
  await Promise.all([1, 2, 3].map(() => upload(emulator, 'hello')));
  const {requests, counts, peaks} = (await call(emulator, 'GET /emulator/requests')).json() as {
    requests: {operation: string; request_bytes: number; response_bytes: number; status: number}[];
    counts: Record<string, number>;
    peaks: Record<string, number>;
  };
  expect(counts).toEqual({'upload.start': 3, 'upload.chunk': 3});
  expect(requests.filter(({operation}) => operation === 'upload.chunk')[0]).toMatchObject({
    method: 'POST',
    path: '/upload/v1beta/files',
    status: 200,
    request_bytes: 5,
    response_bytes: expect.any(Number),
  });
  expect(peaks['upload.start']).toBe(emulator.control.peak('upload.start'));
  expect(emulator.control.peak('upload.start')).toBe(3);
});

test('a running clock moves jobs by itself, as fast as it is told', async () => {
  const emulator = await startEmulator({
    // A file is kept for 48 hours, which are minutes then, however slow this machine is.
    speed: 1_000,
    behaviour: {pending_ms: 60_000, running_ms: 60_000},
  });
  const job = await createJob(emulator);
  while ((await metadataOf(emulator, job))['state'] !== 'BATCH_STATE_SUCCEEDED')
    await new Promise(setImmediate);
  emulator.control.setSpeed(0);
  const {now} = emulator.control.time();
  await new Promise(setImmediate);
  expect(emulator.control.time()).toEqual({now, speed: 0});
});

test('a reset forgets everything, also on the disk, but not how to behave', async () => {
  const emulator = await startEmulator({behaviour: {max_concurrent_jobs: 7}});
  const job = await createJob(emulator);
  await getJob(emulator, job);
  await call(emulator, 'POST /emulator/reset');
  expect([emulator.control.files(), emulator.control.jobs(), emulator.control.paid()]).toEqual([[], [], []]);
  expect(emulator.control.behaviour().max_concurrent_jobs).toBe(7);
  expect((await resultRows(emulator, job)).join('')).toContain('PERMISSION_DENIED');
});

test('closing ends open connections and removes all files', async () => {
  const parentFolder = await tempDir();
  const emulator = await createEmulator({speed: 0, parentFolder});
  await upload(emulator, 'hello');
  expect(await readdir(parentFolder)).toHaveLength(1);
  emulator.control.fault({on: 'files.list', fault: {kind: 'hang_before'}});
  const hanging = call(emulator, 'GET /v1beta/files').catch(() => 'broken');
  while (emulator.control.counts()['files.list'] === undefined) await new Promise(setImmediate);
  await emulator.close();
  expect(await hanging).toBe('broken');
  expect(await readdir(parentFolder)).toEqual([]);
  expect(emulator.control.counts()['upload.chunk']).toBe(1);
});

test('a port that is taken is an error', async () => {
  const emulator = await startEmulator();
  const port = Number(new URL(emulator.url).port);
  await expect(createEmulator({port})).rejects.toThrow('EADDRINUSE');
});
