import {gzipSync} from 'node:zlib';
import type {Socket} from 'node:net';
import {describe, expect, test} from '@jest/globals';
import {GembatchError} from '../../../../src/lib/domain/errors.js';
import type {GeminiBatchClient} from '../../../../src/lib/services/gemini/gemini-batch-client.js';
import {ListLimit} from '../../../../src/lib/services/http/list-limit.js';
import {toBatchJob, toModel, toRemoteFile} from '../../../../src/lib/services/gemini/reply.js';
import {httpAnswer, sendWithoutEnd, trickle, useRawServer} from '../../../helpers/raw-server.js';
import {all, clientOf, code, MODEL, requestFile} from './client-fixture.js';
import {LeapingClock} from './leaping-clock.js';

const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
const JOB = 'batches/one';

/** No failure is waited out, and what takes its time is given up soon. */
const SHORT_LIMITS = {retryMs: 0, timeoutMs: 400, silenceMs: 400};

/** A client of a service that answers like this. */
async function clientOfService(
  answer: (socket: Socket, request: string) => void,
  limits: {timeoutMs?: number; silenceMs?: number} = {},
): Promise<GeminiBatchClient> {
  return clientOf(await useRawServer(answer), {...SHORT_LIMITS, ...limits}).client;
}

async function countBytes(chunks: AsyncIterable<Buffer>): Promise<number> {
  let bytes = 0;
  for await (const chunk of chunks) bytes += chunk.length;
  return bytes;
}

describe('an answer is cut off', () => {
  test.each<[string, RegExp, (socket: Socket) => void]>([
    [
      'without end',
      /larger than 33554432 bytes/u,
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n{"a":"');
        sendWithoutEnd(socket, Buffer.alloc(1 << 20, 'x'));
      },
    ],
    [
      'of an announced GiB',
      /larger than 33554432 bytes/u,
      (socket) => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${1 << 30}\r\n\r\n`);
        sendWithoutEnd(socket, Buffer.alloc(1 << 20, ' '));
      },
    ],
    ['that never begins', /nothing complete within 0.4 s/u, () => undefined],
    [
      'whose head comes byte by byte',
      /nothing complete within 0.4 s/u,
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nx-a: ');
        trickle(socket, 20, 'a');
      },
    ],
    [
      'whose body comes byte by byte',
      /nothing complete within 0.4 s/u,
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        trickle(socket, 20);
      },
    ],
    [
      'that is always about to come',
      /nothing complete within 0.4 s/u,
      (socket) => sendWithoutEnd(socket, 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(100)),
    ],
    [
      'with huge headers',
      /Headers Overflow/u,
      (socket) => sendWithoutEnd(socket, `HTTP/1.1 200 OK\r\nx-long: ${'x'.repeat(1 << 20)}`),
    ],
    ['with garbage for chunks', /chunk size|ECONNRESET/u, (socket) => socket.write(`${CHUNKED}zz\r\n{}\r\n`)],
    [
      'that is no HTTP',
      /does not match the HTTP/u,
      (socket) => socket.write('220 mail.example.com ESMTP\r\n'),
    ],
    [
      'that is shorter than announced',
      /ECONNRESET|closed/u,
      (socket) => socket.end(httpAnswer('{"name":', {'content-length': 1_000})),
    ],
    [
      'that is longer than announced',
      /it is not JSON/u,
      (socket) => socket.end(httpAnswer('{"name":"batches/one"}', {'content-length': 5})),
    ],
    [
      'that is compressed',
      /compressed, which was not asked for/u,
      (socket) => {
        const bomb = gzipSync(Buffer.alloc(1 << 24, ' '));
        socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`);
        socket.write(bomb);
      },
    ],
    ['that is no JSON', /it is not JSON/u, (socket) => socket.write(httpAnswer('<html>'))],
    ['that is a list', /it is not an object/u, (socket) => socket.write(httpAnswer('[]'))],
    [
      'that is nested a million deep',
      /it names no batch job|it is not JSON/u,
      (socket) => socket.write(httpAnswer(`{"metadata":${'['.repeat(1e6)}${']'.repeat(1e6)}}`)),
    ],
  ])('%s', async (_, what, answer) => {
    // Only what is about time is given little of it: the machine may be busy.
    const limits = what.source.startsWith('nothing') ? {} : {timeoutMs: 30_000, silenceMs: 30_000};
    const client = await clientOfService(answer, limits);
    const error: unknown = await client.getBatch(JOB).catch((cause: unknown) => cause);
    expect(error).toMatchObject(code('SERVICE'));
    expect(String(error)).toMatch(what);
  });
});

test('an upload ends when its answer does not come to an end', async () => {
  const client = await clientOfService((socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    trickle(socket, 20);
  });
  await expect(client.uploadFile(await requestFile())).rejects.toMatchObject(code('SERVICE'));
});

test('a redirect is not followed, and the key goes nowhere else', async () => {
  const asked: string[] = [];
  const elsewhere = await useRawServer((socket, request) => {
    asked.push(request);
    socket.end(httpAnswer('{}'));
  });
  const client = await clientOfService((socket, request) => {
    const status = request.startsWith('GET') ? '302 Found' : '307 Temporary Redirect';
    socket.end(`HTTP/1.1 ${status}\r\nlocation: ${elsewhere}/v1beta/x\r\ncontent-length: 0\r\n\r\n`);
  });
  const calls = [
    client.getBatch(JOB),
    client.createBatch({model: MODEL, fileName: 'files/a', displayName: 'a'}),
    client.uploadFile(await requestFile()),
    client.deleteBatch(JOB),
    countBytes(client.download('files/a')),
  ];
  const ends = await Promise.allSettled(calls);
  expect(ends.map(({status}) => status)).toEqual(calls.map(() => 'rejected'));
  expect(asked).toEqual([]);
});

describe('a download is cut off', () => {
  test('that hardly moves', async () => {
    const client = await clientOfService((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      trickle(socket, 50);
    });
    await expect(countBytes(client.download('files/a'))).rejects.toMatchObject({
      ...code('SERVICE'),
      message: expect.stringMatching(/hardly moves/u),
    });
  });

  test.each([
    ['larger than announced beforehand', `content-length: ${1 << 30}\r\n`],
    ['that never ends', ''],
  ])('%s', async (_, header) => {
    const client = await clientOfService((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\n${header}\r\n`);
      sendWithoutEnd(socket, Buffer.alloc(1 << 16, 'x'));
    });
    await expect(countBytes(client.download('files/a', {maxBytes: 1 << 20}))).rejects.toMatchObject({
      ...code('SERVICE'),
      message: expect.stringMatching(/more than 1048576 bytes/u),
      details: {malformed: true},
    });
  });

  test.each([
    ['by its caller', true],
    ['for silence', false],
  ])('and is not taken for whole when it was given up %s', async (_, isByCaller) => {
    const client = await clientOfService((socket) => socket.write('HTTP/1.1 200 OK\r\n\r\n{"key":"r1"}\n'));
    const stop = new AbortController();
    const chunks = client.download('files/a', isByCaller ? {signal: stop.signal} : {});
    const read = async (): Promise<void> => {
      for await (const _chunk of chunks) if (isByCaller) stop.abort();
    };
    await expect(read()).rejects.toMatchObject(code(isByCaller ? 'INTERRUPTED' : 'SERVICE'));
  });

  test('that is compressed', async () => {
    const client = await clientOfService((socket) =>
      socket.write(httpAnswer('xx', {'content-encoding': 'gzip'})),
    );
    await expect(countBytes(client.download('files/a'))).rejects.toMatchObject({
      message: expect.stringMatching(/compressed/u),
    });
  });
});

describe('a list ends', () => {
  test('when its pages go round in a circle', async () => {
    const client = await clientOfService((socket) => socket.write(httpAnswer('{"nextPageToken":"again"}')));
    await expect(all(client.listBatches())).rejects.toMatchObject({
      message: expect.stringMatching(/circle/u),
    });
  });

  test.each([
    ['pages', 10, 1],
    ['bytes', 30 * 1024 * 1024, 1],
    ['minutes', 10, 60_000],
  ])('after so many %s', async (what, sizeBytes, pageMs) => {
    const clock = new LeapingClock();
    const limit = new ListLimit('list of files', clock);
    let pages = 0;
    const read = async (): Promise<void> => {
      for (; pages < 20_000; pages += 1) {
        limit.count(sizeBytes, `token ${pages}`);
        await clock.sleep(pageMs);
      }
    };
    await expect(read()).rejects.toMatchObject({
      ...code('SERVICE'),
      message: expect.stringContaining(`it does not end: `),
      details: {malformed: true},
    });
    expect([what, pages]).toEqual([what, {pages: 9_999, bytes: 8, minutes: 61}[what]]);
  });
});

describe('wrong types in any field', () => {
  const WRONG: readonly unknown[] = [
    null,
    true,
    0,
    -1,
    1e308,
    '',
    'x',
    '\u001B]0;x\u0007',
    [],
    [[]],
    {},
    {message: {}},
    {fileName: []},
    {responsesFile: 5},
    '9'.repeat(400),
    'batches/../files/a',
    'batches/..',
    'batches/a b',
    'batches/a\nb',
    'batches/a?b',
    'batches/a\u009Bb',
  ];
  const FIELDS = ['name', 'done', 'error', 'response', 'metadata'];
  const INNER = [
    'name',
    'state',
    'displayName',
    'model',
    'createTime',
    'endTime',
    'batchStats',
    'inputConfig',
    'output',
  ];

  test('make a job that is as its type says, or none', () => {
    for (const wrong of WRONG) {
      const replies = [
        ...FIELDS.map((field) => ({name: JOB, [field]: wrong})),
        ...INNER.map((field) => ({name: JOB, metadata: {[field]: wrong}})),
        {name: JOB, metadata: {batchStats: {requestCount: wrong, failedRequestCount: wrong}}},
        {name: JOB, error: {code: wrong, message: wrong}},
      ];
      const wrongOnes = replies.filter((reply) => !isAsTyped(() => toBatchJob(reply, 'get')));
      expect(wrongOnes).toEqual([]);
    }
  });

  test('make a file or a model that is as its type says, or none', () => {
    for (const wrong of WRONG) {
      for (const field of ['name', 'sizeBytes', 'sha256Hash', 'state', 'displayName']) {
        const file = orError(() => toRemoteFile({name: 'files/a', [field]: wrong}, 'get'));
        if (file instanceof GembatchError) continue;
        expect(file.name).toBe('files/a');
        expect(typeof (file.sizeBytes ?? 0)).toBe('number');
        expect(typeof (file.displayName ?? '')).toBe('string');
      }
      const model = orError(() => toModel({name: 'models/a', supportedGenerationMethods: wrong}, 'get'));
      expect(model).toMatchObject({isBatchable: false, supportedActions: []});
    }
  });

  function isAsTyped(read: () => ReturnType<typeof toBatchJob>): boolean {
    const job = orError(read);
    if (job instanceof GembatchError) return job.code === 'SERVICE';
    const texts = [job.state, job.display_name ?? '', job.model ?? '', job.error?.message ?? ''];
    return (
      /^batches\/\w+$/u.test(job.name) &&
      texts.every((text) => typeof text === 'string') &&
      Object.values(job.stats ?? {}).every((count) => Number.isSafeInteger(count))
    );
  }

  function orError<T>(read: () => T): T | GembatchError {
    try {
      return read();
    } catch (error) {
      if (error instanceof GembatchError) return error;
      throw error;
    }
  }
});
