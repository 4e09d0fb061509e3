import {utimes, writeFile} from 'node:fs/promises';
import {describe, expect, test} from '@jest/globals';
import {requestLines} from '../../../helpers/request-files.js';
import {createdJob, inspected, MODEL, openVertex} from './open-vertex.js';

const CHUNK_BYTES = 64 * 1024 * 1024;

describe('an upload to Cloud Storage', () => {
  test('is one object, named by the fingerprint', async () => {
    const {client, emulator} = await openVertex();
    const file = await inspected(requestLines(3));
    const {name} = await client.uploadFile(file);
    expect(name).toBe(`gs://bucket/work/${file.sha256}.jsonl`);
    expect(emulator.control.objects()).toEqual([name]);
    expect(await client.getFile(name)).toMatchObject({sha256: file.sha256, displayName: file.displayName});
  });

  test('is not made again when the same content is there', async () => {
    const {client, emulator} = await openVertex();
    const content = requestLines(3);
    const first = await client.uploadFile(await inspected(content));
    expect(await client.uploadFile(await inspected(content))).toMatchObject({name: first.name});
    expect(emulator.control.counts()['upload.chunk']).toBe(1);
  });

  test('is refused where something else has its name', async () => {
    const {client, emulator} = await openVertex();
    const file = await inspected(requestLines(3));
    await putObject(emulator.url, `work/${file.sha256}.jsonl`, requestLines(3, 'the air'));
    await expect(client.uploadFile(file)).rejects.toMatchObject({code: 'REFUSED'});
    // Of the same size, too.
    const same = requestLines(3).replace('the sea', 'the ice');
    await putObject(emulator.url, `work/${file.sha256}.jsonl`, same);
    await expect(client.uploadFile(file)).rejects.toMatchObject({code: 'REFUSED'});
    expect(emulator.control.paid()).toEqual([]);
  });

  test('goes on where it broke off', async () => {
    const {client, emulator} = await openVertex();
    const file = await inspected(`${'x'.repeat(CHUNK_BYTES)}\n${'y'.repeat(1024 * 1024)}\n`);
    emulator.control.fault({on: 'upload.chunk', fault: {kind: 'drop_after_bytes', bytes: 40 * 1024 * 1024}});
    emulator.control.fault({on: 'upload.chunk', skip: 1, fault: {kind: 'reset_after'}});
    emulator.control.fault({on: 'upload.query', fault: {kind: 'error_after', status: 503}});
    const {name} = await client.uploadFile(file);
    const sent = emulator.control.requests().reduce((sum, {request_bytes: bytes}) => sum + bytes, 0);
    expect(sent).toBeLessThan(file.sizeBytes * 1.7);
    expect(await client.getFile(name)).toMatchObject({sizeBytes: file.sizeBytes});
  });

  test('begins anew when Cloud Storage has forgotten it', async () => {
    const {client, emulator} = await openVertex();
    emulator.control.fault({on: 'upload.chunk', fault: {kind: 'status', status: 410}});
    const {name} = await client.uploadFile(await inspected(requestLines(3)));
    expect(emulator.control.objects()).toEqual([name]);
    expect(emulator.control.counts()['upload.start']).toBe(2);
  });

  test('leaves nothing of a file whose content is not what was inspected', async () => {
    const {client, emulator} = await openVertex();
    const file = await inspected(requestLines(3));
    await writeFile(file.path, requestLines(3).replace('the sea', 'the ice'));
    await utimes(file.path, new Date(), new Date());
    await expect(client.uploadFile(file)).rejects.toMatchObject({code: 'FILE_CHANGED'});
    expect(emulator.control.objects()).toEqual([]);
  });

  test('is kept while an open job reads it, and nothing else is ever deleted', async () => {
    const {client, emulator} = await openVertex({behaviour: {running_ms: 1_000}});
    const content = requestLines(3);
    const job = await createdJob(client, content);
    const {src} = await client.getBatch(job);
    await expect(client.deleteFile(src?.file_name ?? '')).rejects.toMatchObject({code: 'REFUSED'});
    emulator.control.advance(86_400_000);
    expect(await client.deleteFile(src?.file_name ?? '')).toBe('deleted');
    await putObject(emulator.url, 'work/mine.txt', 'mine');
    await expect(client.deleteFile('gs://bucket/work/mine.txt')).rejects.toMatchObject({code: 'REFUSED'});
    expect(emulator.control.objects()).toContain('gs://bucket/work/mine.txt');
  });

  test('is kept for a while when somebody else has taken it for a job that is still to be made', async () => {
    const {client, emulator} = await openVertex();
    const content = requestLines(3);
    const {name} = await client.uploadFile(await inspected(content));
    await client.uploadFile(await inspected(content));
    await expect(client.deleteFile(name)).rejects.toMatchObject({code: 'REFUSED'});
    emulator.control.advance(2 * 3_600_000);
    await client.getModel(MODEL);
    expect(emulator.control.objects()).toEqual([name]);
  });
});

async function putObject(url: string, name: string, body: string): Promise<void> {
  const query = `uploadType=media&name=${encodeURIComponent(name)}`;
  await fetch(`${url}/upload/storage/v1/b/bucket/o?${query}`, {
    method: 'POST',
    headers: {authorization: 'Bearer t'},
    body,
  });
}
