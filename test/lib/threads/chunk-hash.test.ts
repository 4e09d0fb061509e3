import {createHash} from 'node:crypto';
import {availableParallelism} from 'node:os';
import {describe, expect, test} from '@jest/globals';
import {openHash} from '../../../src/lib/threads/chunk-hash.js';

const LARGE = 1024 ** 3;

/** Hashes as many chunks, each full of its number, and returns what came of it with the buffers. */
async function hashChunks(
  sizeBytes: number,
  count: number,
): Promise<{digest?: string; buffers: Set<number>}> {
  const hash = openHash(sizeBytes);
  const buffers = new Set<number>();
  try {
    for (let i = 0; i < count; i++) {
      const buffer = await hash.nextBuffer();
      buffers.add(buffer.byteOffset);
      hash.update(buffer.fill(i).subarray(0, 1000 + i));
    }
    const digest = await hash.digest();
    return {buffers, ...(digest === undefined ? {} : {digest})};
  } finally {
    await hash.close();
  }
}

function expected(count: number): string {
  const hash = createHash('sha256');
  for (let i = 0; i < count; i++) hash.update(Buffer.alloc(1000 + i, i));
  return hash.digest('hex');
}

describe('openHash', () => {
  test.each([0, LARGE])(
    'hashes what passes through its few buffers, of a file of %d bytes',
    async (sizeBytes) => {
      const {digest, buffers} = await hashChunks(sizeBytes, 200);
      expect(digest).toBe(expected(200));
      expect(buffers.size).toBeLessThanOrEqual(4);
    },
  );

  test('keeps files apart that are hashed at the same time', async () => {
    const counts = [0, 1, 2, 30, 100];
    const hashes = await Promise.all(counts.map((count) => hashChunks(LARGE, count)));
    expect(hashes.map(({digest}) => digest)).toEqual(counts.map(expected));
  });

  test('gives a large file a thread where there is a core for it', () => {
    const hash = openHash(LARGE);
    const own = openHash(0);
    expect(hash.constructor === own.constructor).toBe(availableParallelism() === 1);
    return Promise.all([hash.close(), own.close()]);
  });

  test('says that there is no hash of a file that was given up on', async () => {
    const hash = openHash(LARGE);
    hash.update((await hash.nextBuffer()).fill(1));
    await hash.close();
    expect(await hash.digest()).toBeUndefined();
  });
});
