import {describe, expect, test} from '@jest/globals';
import {readResultRow, type ResultRow} from '../../../../src/lib/domain/result/result-row.js';
import {geminiRow} from '../../../../src/lib/services/vertex/result-rows.js';
import type {VertexBatchClient} from '../../../../src/lib/services/vertex/vertex-batch-client.js';
import {requestLines} from '../../../helpers/request-files.js';
import {createdJob, openVertex} from './open-vertex.js';

const A_DAY_MS = 86_400_000;

describe('results of Vertex AI', () => {
  test('are one file of rows with key and response, however many objects they are in', async () => {
    const {client, emulator} = await openVertex({behaviour: {vertex_shards: 3}});
    const job = await createdJob(client, requestLines(10));
    emulator.control.advance(A_DAY_MS);
    const rows = await rowsOf(client, job);
    expect(new Set(rows.map(({key}) => key))).toEqual(
      new Set(Array.from({length: 10}, (_, at) => `r${at + 1}`)),
    );
    expect(rows).toHaveLength(10);
    expect(rows.every(({outcome}) => outcome === 'ok')).toBe(true);
  });

  test('are an error while one of the objects is missing', async () => {
    const {client, emulator} = await openVertex({behaviour: {vertex_shards: 2}}, {retryMs: 0});
    const job = await createdJob(client, requestLines(4));
    emulator.control.advance(A_DAY_MS);
    const {dest} = await client.getBatch(job);
    const shard = emulator.control.objects().at(-1) ?? '';
    await fetch(
      `${emulator.url}/storage/v1/b/bucket/o/${encodeURIComponent(shard.slice('gs://bucket/'.length))}`,
      {
        method: 'DELETE',
        headers: {authorization: 'Bearer t'},
      },
    );
    await expect(bytesOf(client, dest?.file_name ?? '')).rejects.toMatchObject({code: 'SERVICE'});
  });

  test('go on where a connection breaks', async () => {
    const {client, emulator} = await openVertex();
    const job = await createdJob(client, requestLines(200));
    emulator.control.advance(A_DAY_MS);
    emulator.control.fault({
      on: 'files.download',
      times: 3,
      fault: {kind: 'drop_after_bytes', bytes: 20_000},
    });
    expect(await rowsOf(client, job)).toHaveLength(200);
    expect(emulator.control.counts()['files.download']).toBe(4);
  });

  test('of a job that was cancelled, or cut off, are what it had finished', async () => {
    const {client, emulator} = await openVertex({behaviour: {running_ms: 1_000, pending_ms: 0}});
    const cancelled = await createdJob(client, requestLines(10));
    emulator.control.advance(500);
    await client.cancelBatch(cancelled);
    expect(await client.getBatch(cancelled)).toMatchObject({state: 'JOB_STATE_CANCELLED'});
    expect(await rowsOf(client, cancelled)).toHaveLength(5);
    emulator.control.outcome({match: '', running_ms: 2 * A_DAY_MS});
    const cutOff = await createdJob(client, requestLines(4));
    emulator.control.advance(A_DAY_MS);
    const pages: unknown[] = [];
    for await (const page of client.listBatches()) pages.push(...page);
    expect(pages).toContainEqual(
      expect.objectContaining({name: cutOff, state: 'JOB_STATE_EXPIRED', dest: expect.anything()}),
    );
    expect(await rowsOf(client, cutOff)).toHaveLength(2);
  });

  test('are none of a job that ended before it ran', async () => {
    const {client, emulator} = await openVertex({behaviour: {pending_ms: 4 * A_DAY_MS}});
    const job = await createdJob(client, requestLines(2));
    emulator.control.advance(4 * A_DAY_MS);
    const {state, dest} = await client.getBatch(job);
    expect([state, dest]).toEqual(['JOB_STATE_EXPIRED', undefined]);
  });

  test('are deleted without anything else that lies there', async () => {
    const {client, emulator} = await openVertex();
    const job = await createdJob(client, requestLines(2));
    emulator.control.advance(A_DAY_MS);
    const {dest} = await client.getBatch(job);
    const name = `${dest?.file_name.slice('gs://bucket/'.length)}mine.txt`;
    await fetch(
      `${emulator.url}/upload/storage/v1/b/bucket/o?uploadType=media&name=${encodeURIComponent(name)}`,
      {
        method: 'POST',
        headers: {authorization: 'Bearer t'},
        body: 'mine',
      },
    );
    await client.deleteFile(dest?.file_name ?? '');
    expect(emulator.control.objects()).toEqual([
      expect.stringMatching(/^gs:\/\/bucket\/work\/[0-9a-f]{64}\.jsonl$/u),
      `gs://bucket/${name}`,
    ]);
  });
});

describe('a row of Vertex AI', () => {
  test('keeps every digit of its response', () => {
    const row =
      '{"status":"","processed_time":"t","request":{"a":1},"response":{"candidates":[{"n":12345678901234567890.10}]},"key":"k"}';
    expect(converted(row)).toBe('{"key":"k","response":{"candidates":[{"n":12345678901234567890.10}]}}');
  });

  test('is an error where its status says something', () => {
    const row =
      '{"status":"Bad Request: {\\"error\\": {\\"code\\": 400}}","request":{},"response":{},"key":"k"}';
    expect(readResultRow(Buffer.from(converted(row)))).toMatchObject({key: 'k', outcome: 'error', code: 400});
  });

  test('stays as it is where it is none, so that nothing is lost', () => {
    for (const row of ['not json', '{"response":{"candidates":[]}}', '{"key":"k","request":{}}', '[1]'])
      expect(converted(row)).toBe(row);
  });
});

function converted(row: string): string {
  return Buffer.from(geminiRow(Buffer.from(row))).toString();
}

async function bytesOf(client: VertexBatchClient, folder: string): Promise<Buffer> {
  const read: Buffer[] = [];
  for await (const chunk of client.download(folder)) read.push(Buffer.from(chunk));
  return Buffer.concat(read);
}

async function rowsOf(client: VertexBatchClient, job: string): Promise<readonly ResultRow[]> {
  const {dest} = await client.getBatch(job);
  const text = (await bytesOf(client, dest?.file_name ?? '')).toString().trimEnd();
  return text.split('\n').map((line) => readResultRow(Buffer.from(line)));
}
