import {describe, expect, test} from '@jest/globals';
import {call, createJob, getJob, requestLines, startEmulator, upload, type Json} from './raw-http.js';

const HOURS_48 = 48 * 3_600_000;

describe('files.get and files.delete', () => {
  test('show and remove an uploaded file', async () => {
    const emulator = await startEmulator();
    const name = await upload(emulator, 'a', 'mine.jsonl');
    const {status, json} = await call(emulator, `GET /v1beta/${name}`);
    expect([status, json()]).toEqual([200, expect.objectContaining({name, displayName: 'mine.jsonl'})]);
    const deleted = await call(emulator, `DELETE /v1beta/${name}`, {json: {}});
    expect([deleted.status, deleted.text]).toEqual([200, '{}']);
    expect((await call(emulator, `GET /v1beta/${name}`)).status).toBe(403);
    expect((await call(emulator, `DELETE /v1beta/${name}`)).status).toBe(403);
  });

  test('refuse the long id of a result file, as the service does', async () => {
    const emulator = await startEmulator();
    const name = `files/batch-${'a'.repeat(36)}`;
    const {status, json} = await call(emulator, `GET /v1beta/${name}`);
    expect(status).toBe(400);
    expect(json()).toEqual({
      error: {
        code: 400,
        message:
          "* GetFileRequest.name: File ID (name excluding 'files/') cannot be more than 40 characters.\n",
        status: 'INVALID_ARGUMENT',
      },
    });
    const {text} = await call(emulator, `DELETE /v1beta/${name}`);
    expect(text).toContain('* DeleteFileRequest.name: File ID');
  });

  test('have no file any more after 48 hours', async () => {
    const emulator = await startEmulator({behaviour: {max_storage_bytes: 3}});
    const name = await upload(emulator, 'abc');
    emulator.control.advance(HOURS_48 - 1);
    expect((await call(emulator, `GET /v1beta/${name}`)).status).toBe(200);
    emulator.control.advance(1);
    expect((await call(emulator, `GET /v1beta/${name}`)).status).toBe(403);
    expect(emulator.control.files()).toEqual([]);
    await expect(upload(emulator, 'abc')).resolves.toContain('files/');
  });
});

test('files.list shows uploads in pages, the newest first', async () => {
  const emulator = await startEmulator();
  expect((await call(emulator, 'GET /v1beta/files')).text).toBe('{}');
  const names: string[] = [];
  for (let i = 0; i < 12; i += 1) names.unshift(await upload(emulator, `${i}`));
  const first = (await call(emulator, 'GET /v1beta/files')).json();
  const second = (
    await call(emulator, `GET /v1beta/files?pageToken=${String(first['nextPageToken'])}`)
  ).json();
  expect(namesOf(first)).toEqual(names.slice(0, 10));
  expect(namesOf(second)).toEqual(names.slice(10));
  expect(second).not.toHaveProperty('nextPageToken');
});

describe('files.download', () => {
  test('sends a result file whole, under both of its paths', async () => {
    const emulator = await startEmulator();
    const path = await resultFile(emulator);
    for (const prefix of ['', '/download']) {
      const {status, headers, text} = await call(emulator, `GET ${prefix}/v1beta/${path}:download?alt=media`);
      expect(status).toBe(200);
      expect(headers.get('accept-ranges')).toBe('bytes');
      expect(headers.get('content-length')).toBe(String(Buffer.byteLength(text)));
      expect(text.trim().split('\n')).toHaveLength(3);
    }
  });

  test.each([
    ['bytes=10-', 10, undefined],
    ['bytes=10-19', 10, 20],
    ['bytes=-7', -7, undefined],
    ['bytes=5-100000', 5, undefined],
  ])('sends the range %s', async (range, start, end) => {
    const emulator = await startEmulator();
    const path = await resultFile(emulator);
    const whole = (await call(emulator, `GET /v1beta/${path}:download?alt=media`)).text;
    const {status, headers, text} = await call(emulator, `GET /v1beta/${path}:download?alt=media`, {
      headers: {range},
    });
    expect([status, text]).toEqual([206, whole.slice(start, end)]);
    const first = start < 0 ? whole.length + start : start;
    expect(headers.get('content-range')).toBe(`bytes ${first}-${first + text.length - 1}/${whole.length}`);
  });

  test('answers 416 behind the end, and ignores what is no range', async () => {
    const emulator = await startEmulator();
    const path = await resultFile(emulator);
    const {length} = (await call(emulator, `GET /v1beta/${path}:download?alt=media`)).text;
    const behind = await call(emulator, `GET /v1beta/${path}:download`, {
      headers: {range: `bytes=${length}-`},
    });
    expect([behind.status, behind.headers.get('content-range')]).toEqual([416, `bytes */${length}`]);
    for (const range of ['bytes=9-3', 'bytes=0-1,3-4', 'lines=1-2']) {
      expect((await call(emulator, `GET /v1beta/${path}:download`, {headers: {range}})).status).toBe(200);
    }
  });

  test('sends the whole file in place of a range when it is told to', async () => {
    const emulator = await startEmulator({behaviour: {has_ranges: false}});
    const path = await resultFile(emulator);
    const {status, headers} = await call(emulator, `GET /v1beta/${path}:download`, {
      headers: {range: 'bytes=5-'},
    });
    expect([status, headers.get('accept-ranges')]).toEqual([200, null]);
  });

  test('refuses an uploaded file and one that is not there', async () => {
    const emulator = await startEmulator();
    const name = await upload(emulator, 'a');
    expect((await call(emulator, `GET /v1beta/${name}:download?alt=media`)).status).toBe(400);
    expect((await call(emulator, 'GET /v1beta/files/none:download?alt=media')).status).toBe(403);
  });
});

async function resultFile(emulator: Parameters<typeof createJob>[0]): Promise<string> {
  const job = await createJob(emulator, {content: requestLines(['one', 'two', 'three'])});
  const {response} = await getJob(emulator, job);
  return String((response as Json)['responsesFile']);
}

function namesOf({files}: Json): readonly unknown[] {
  return Array.isArray(files) ? files.map((file: Json) => file['name']) : [];
}
