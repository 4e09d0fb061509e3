import {describe, expect, test} from '@jest/globals';
import type {Emulator} from '../../src/emulator/http/server.js';
import {call, startEmulator, type Json} from './raw-http.js';

const TOKEN = {authorization: 'Bearer a-token'};
const FORM = {address: 'gs://bucket/in/%06d.jsonl', count: 1_500, size_bytes: 1_000_003, requests: 100};
const JOBS = '/v1/projects/p/locations/global/batchPredictionJobs';

async function withObjects(changes: object = {}): Promise<Emulator> {
  const emulator = await startEmulator({behaviour: {pending_ms: 0, running_ms: 0}});
  const made = await call(emulator, 'POST /emulator/objects', {json: {...FORM, ...changes}});
  expect(made.status).toBe(200);
  return emulator;
}

async function get(emulator: Emulator, path: string, headers: object = {}): Promise<string> {
  return (await call(emulator, `GET /storage/v1/b/bucket/o${path}`, {headers: {...TOKEN, ...headers}})).text;
}

describe('objects whose bytes are made on demand', () => {
  test('are listed by pages, each with its size, generation and checksum', async () => {
    const emulator = await withObjects();
    const first = JSON.parse(await get(emulator, '?prefix=in/')) as Json & {items: Json[]};
    expect(first.items).toHaveLength(1_000);
    expect(first.items[0]).toMatchObject({name: 'in/000001.jsonl', size: '1000003'});
    expect(new Set(first.items.map((item) => item['crc32c'])).size).toBe(1_000);
    const second = JSON.parse(
      await get(emulator, `?prefix=in/&pageToken=${String(first['nextPageToken'])}`),
    ) as Json & {items: Json[]};
    expect(second.items).toHaveLength(500);
    expect(second['nextPageToken']).toBeUndefined();
  });

  test('have the bytes that their checksum says, whole and by ranges', async () => {
    const emulator = await withObjects({count: 3});
    const path = `/${encodeURIComponent('in/000003.jsonl')}`;
    const whole = await get(emulator, `${path}?alt=media`);
    const lines = whole.trimEnd().split('\n');
    expect([whole.length, lines.length, whole.endsWith('\n')]).toEqual([1_000_003, 100, true]);
    expect(JSON.parse(lines[99] ?? '')).toMatchObject({key: 'r0000000100'});
    expect(lines[0]).toContain('gs://bucket/in/000003.jsonl');
    const range = await get(emulator, `${path}?alt=media`, {range: 'bytes=9999-700001'});
    expect(range === whole.slice(9_999, 700_002)).toBe(true);
    const {crc32c} = JSON.parse(await get(emulator, path)) as Json;
    const copy = await call(emulator, 'POST /upload/storage/v1/b/bucket/o?uploadType=media&name=copy.jsonl', {
      headers: TOKEN,
      body: whole,
    });
    expect((copy.json() as Json)['crc32c']).toBe(crc32c);
  });

  test('are worked off by a job, whose results are made on demand, too', async () => {
    const emulator = await withObjects({count: 2, size_bytes: 30_000});
    const created = await call(emulator, `POST ${JOBS}`, {
      headers: TOKEN,
      json: {
        displayName: 'made',
        model: 'publishers/google/models/gemini-2.5-flash-lite',
        inputConfig: {instancesFormat: 'jsonl', gcsSource: {uris: ['gs://bucket/in/000002.jsonl']}},
        outputConfig: {predictionsFormat: 'jsonl', gcsDestination: {outputUriPrefix: 'gs://bucket/out'}},
      },
    });
    const {name} = created.json() as {name: string};
    const job = await call(emulator, `GET /v1/${name}`, {headers: TOKEN});
    expect(job.json()).toMatchObject({
      state: 'JOB_STATE_SUCCEEDED',
      completionStats: {successfulCount: '100'},
    });
    const {items} = JSON.parse(await get(emulator, '?prefix=out/')) as {
      items: {name: string; size: string}[];
    };
    const [shard] = items;
    const text = await get(emulator, `/${encodeURIComponent(shard?.name ?? '')}?alt=media`);
    const rows = text
      .trimEnd()
      .split('\n')
      .map((row) => JSON.parse(row) as Json);
    expect([Buffer.byteLength(text), rows.length]).toEqual([Number(shard?.size), 100]);
    expect(new Set(rows.map(({key}) => key)).size).toBe(100);
    expect(rows[41]).toMatchObject({key: 'r0000000042', status: '', response: {candidates: [{}]}});
    expect(emulator.control.paid()).toMatchObject([{request_count: 100, tokens: 7_500}]);
  });

  test('need an address with a place for their number, and room for their requests', async () => {
    const emulator = await startEmulator();
    for (const [changes, text] of [
      [{address: 'gs://bucket/in/a.jsonl'}, '%06d'],
      [{size_bytes: 100}, 'A request needs'],
      [{requests: 0}, 'whole number'],
    ] as const) {
      const reply = await call(emulator, 'POST /emulator/objects', {json: {...FORM, ...changes}});
      expect([reply.status, reply.text]).toEqual([400, expect.stringContaining(text)]);
    }
    expect(emulator.control.objects()).toEqual([]);
  });
});
