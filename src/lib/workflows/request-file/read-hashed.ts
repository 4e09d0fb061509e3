import {createHash} from 'node:crypto';
import {openHash} from '../../threads/chunk-hash.js';
import {readChunks} from './read-chunks.js';

/**
 * Reads a file once, from its start to its end, and hashes it on the way: on a second core, where the file is large and
 * there is one.
 *
 * @param sizeBytes - about how large the file is.
 * @param take - gets each chunk, which is valid until it returns; false ends the reading.
 * @returns the SHA-256 of what was read, 64 lower-case hex digits.
 * @throws what the file system says, with its `code`, and what `take` throws.
 */
export async function readHashed(
  path: string,
  sizeBytes: number,
  take: (chunk: Uint8Array) => boolean,
): Promise<string> {
  const hash = openHash(sizeBytes);
  let readBytes = 0;
  try {
    for await (const chunk of readChunks(path, () => hash.nextBuffer())) {
      hash.update(chunk);
      readBytes += chunk.length;
      if (!take(chunk)) break;
    }
    return (await hash.digest()) ?? (await hashStart(path, readBytes));
  } finally {
    await hash.close();
  }
}

/** Reads the start of a file once more, for its hash alone: the one that was made before is lost with its thread. */
async function hashStart(path: string, sizeBytes: number): Promise<string> {
  const hash = createHash('sha256');
  let restBytes = sizeBytes;
  for await (const chunk of readChunks(path)) {
    hash.update(chunk.subarray(0, restBytes));
    restBytes -= Math.min(restBytes, chunk.length);
    if (restBytes === 0) break;
  }
  return hash.digest('hex');
}
