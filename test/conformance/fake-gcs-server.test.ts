/**
 * A Cloud Storage that is not ours: fake-gcs-server (https://github.com/fsouza/fake-gcs-server), where `FAKE_GCS_SERVER` names its
 * program; `npm run test:foreign` fetches it. Jobs are the emulator's.
 */
import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {connect, createServer, type AddressInfo, type Server, type Socket} from 'node:net';
import {afterEach, describe, expect, test} from '@jest/globals';
import type {VertexBatchClient} from '../../src/lib/services/vertex/vertex-batch-client.js';
import {requestLines} from '../helpers/request-files.js';
import {until} from '../helpers/until.js';
import {inspected, openVertex} from '../lib/services/vertex/open-vertex.js';

const PROGRAM = process.env['FAKE_GCS_SERVER'] ?? '';
const FOLDER = 'gs://bucket/work/results/a/prediction-model-1/';

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const describeIfThere = PROGRAM === '' ? describe.skip : describe;

describeIfThere('on fake-gcs-server (skipped without FAKE_GCS_SERVER)', () => {
  // That there is one of a name is not tried here: this server takes an upload whatever generation it names.
  test('a request file is uploaded, and found by list and get', async () => {
    const {client} = await open();
    const file = await inspected(requestLines(50));
    const {name} = await client.uploadFile(file);
    expect(await client.getFile(name)).toMatchObject({name, sizeBytes: file.sizeBytes, sha256: file.sha256});
    const listed: unknown[] = [];
    for await (const page of client.listFiles()) listed.push(...page);
    expect(listed).toMatchObject([{name}]);
  });

  test('a request file that no job reads is deleted, and is absent from then on', async () => {
    const {client} = await open();
    const {name} = await client.uploadFile(await inspected(requestLines(3)));
    expect(await client.deleteFile(name)).toBe('deleted');
    expect(await client.deleteFile(name)).toBe('absent');
    await expect(client.getFile(name)).rejects.toMatchObject({code: 'NOT_FOUND'});
  });

  test('results are read over their objects, from a byte on, and over broken connections', async () => {
    const front = await useBreakingFront(await useServer());
    const {client, storageUrl} = await open(front.url);
    const rows = (first: number): string =>
      Array.from(
        {length: 3_000},
        (_, at) => `{"key":"r${first + at}","status":"","response":{"candidates":[${at}]}}\n`,
      ).join('');
    await put(storageUrl, 'work/results/a/prediction-model-1/predictions_1.jsonl', rows(1));
    await put(storageUrl, 'work/results/a/prediction-model-1/predictions_2.jsonl', rows(3_001));
    const whole = await bytesOf(client);
    expect(whole.toString().trimEnd().split('\n')).toHaveLength(6_000);
    front.breakNext('down', 50_000);
    expect((await bytesOf(client, 1_000)).equals(whole.subarray(1_000))).toBe(true);
    expect(front.broken()).toBe(1);
  });

  // It finishes an upload when it is asked how far that is, which Cloud Storage does not do: what it then has is cut off.
  test('an upload that was ended before its end is never used', async () => {
    const front = await useBreakingFront(await useServer());
    const {client} = await open(front.url);
    const file = await inspected(requestLines(20_000));
    front.breakNext('up', 200_000);
    await expect(client.uploadFile(file)).rejects.toMatchObject({code: 'SERVICE'});
    expect(front.broken()).toBe(1);
    const listed: unknown[] = [];
    for await (const page of client.listFiles()) listed.push(...page);
    expect(listed).toEqual([]);
    await expect(client.uploadFile(file)).resolves.toMatchObject({sizeBytes: file.sizeBytes});
  });
});

async function open(url?: string): Promise<{client: VertexBatchClient; storageUrl: string}> {
  const storageUrl = url ?? (await useServer());
  const made = await fetch(`${storageUrl}/storage/v1/b?project=p`, {
    method: 'POST',
    headers: {'content-type': 'application/json'},
    body: '{"name": "bucket"}',
  });
  expect(made.status).toBe(200);
  const {client} = await openVertex({}, {storageUrl});
  closers.unshift(async () => client.close());
  return {client, storageUrl};
}

/** Starts the program on a free port. */
async function useServer(): Promise<string> {
  const port = await freePort();
  const args = ['-scheme', 'http', '-host', '127.0.0.1', '-port', String(port), '-backend', 'memory'];
  const server: ChildProcess = spawn(PROGRAM, args, {stdio: 'ignore'});
  closers.push(async () => {
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  });
  const url = `http://127.0.0.1:${port}`;
  let isUp = false;
  const look = async (): Promise<void> => {
    while (!isUp)
      isUp = await fetch(`${url}/storage/v1/b?project=p`).then(
        ({ok}) => ok,
        () => false,
      );
  };
  void look();
  await until(() => isUp);
  return url;
}

interface BreakingFront {
  readonly url: string;
  /** Cuts the next connection that carries so many bytes upwards, or downwards. */
  readonly breakNext: (direction: 'up' | 'down', bytes: number) => void;
  readonly broken: () => number;
}

async function useBreakingFront(target: string): Promise<BreakingFront> {
  const {hostname, port} = new URL(target);
  let next: {direction: 'up' | 'down'; bytes: number} | undefined;
  let broken = 0;
  const sockets = new Set<Socket>();
  const front: Server = createServer((socket) => {
    sockets.add(socket);
    const behind = connect({host: hostname, port: Number(port)});
    const counts = {up: 0, down: 0};
    const count = (direction: 'up' | 'down', bytes: number): void => {
      counts[direction] += bytes;
      if (next?.direction !== direction || counts[direction] < next.bytes) return;
      next = undefined;
      broken += 1;
      socket.destroy();
      behind.destroy();
    };
    socket.on('data', (bytes) => count('up', bytes.length)).on('error', () => behind.destroy());
    behind.on('data', (bytes) => count('down', bytes.length)).on('error', () => socket.destroy());
    socket.on('close', () => behind.destroy()).pipe(behind);
    behind.on('close', () => socket.destroy()).pipe(socket);
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  closers.unshift(async () => {
    for (const socket of sockets) socket.destroy();
    front.close();
    await once(front, 'close');
  });
  return {
    url: `http://127.0.0.1:${(front.address() as AddressInfo).port}`,
    breakNext: (direction, bytes) => {
      next = {direction, bytes};
    },
    broken: () => broken,
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const {port} = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function put(storageUrl: string, name: string, body: string): Promise<void> {
  const query = `uploadType=media&name=${encodeURIComponent(name)}`;
  const {status} = await fetch(`${storageUrl}/upload/storage/v1/b/bucket/o?${query}`, {method: 'POST', body});
  expect(status).toBe(200);
}

async function bytesOf(client: VertexBatchClient, fromByte = 0): Promise<Buffer> {
  const read: Buffer[] = [];
  for await (const chunk of client.download(FOLDER, {fromByte})) read.push(Buffer.from(chunk));
  return Buffer.concat(read);
}
