import {open} from 'node:fs/promises';

/** Large enough that the calls cost nothing beside the work on the bytes. */
const CHUNK_BYTES = 1024 * 1024;

/**
 * Reads a file from its start to its end, always one chunk ahead, so that disk and caller work at the same time.
 *
 * @returns chunks in two buffers that are filled in turn: use each before asking for the next.
 * @throws what the file system says, with its `code`.
 */
export async function* readChunks(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r');
  let current = Buffer.allocUnsafe(CHUNK_BYTES);
  let next = Buffer.allocUnsafe(CHUNK_BYTES);
  let reading = file.read(current, 0, CHUNK_BYTES, null);
  try {
    for (;;) {
      const {bytesRead} = await reading;
      if (bytesRead === 0) return;
      reading = file.read(next, 0, CHUNK_BYTES, null);
      yield current.subarray(0, bytesRead);
      [current, next] = [next, current];
    }
  } finally {
    await Promise.allSettled([reading]); // A caller that stops early must not leave a read behind on a closed file.
    await file.close();
  }
}
