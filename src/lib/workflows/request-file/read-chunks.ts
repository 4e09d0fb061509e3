import {openFile} from './open-file.js';

/** Large enough that the calls cost nothing beside the work on the bytes. */
const CHUNK_BYTES = 1024 * 1024;

/**
 * Reads a regular file from its start to what is its end when it is opened, always one chunk ahead, so that disk and
 * caller work at the same time.
 *
 * @param nextBuffer - gives the buffer for each chunk, which has to last until the next but one; by default two that are
 *   filled in turn.
 * @returns chunks: use each before asking for the next.
 * @throws GembatchError `FILE_IS_FOLDER` for what is no regular file; else what the file system says, with its `code`.
 */
export async function* readChunks(
  path: string,
  nextBuffer?: () => Promise<Buffer>,
): AsyncGenerator<Uint8Array> {
  const {file, sizeBytes} = await openFile(path);
  const bufferFor = nextBuffer ?? twoBuffers(Math.min(sizeBytes, CHUNK_BYTES));
  let restBytes = sizeBytes;
  const readNext = async (): Promise<Uint8Array> => {
    const buffer = await bufferFor();
    const {bytesRead} = await file.read(buffer, 0, Math.min(buffer.length, restBytes), null);
    restBytes -= bytesRead;
    return buffer.subarray(0, bytesRead);
  };
  let reading = readNext();
  try {
    for (;;) {
      const chunk = await reading;
      if (chunk.length === 0) return;
      reading = readNext();
      yield chunk;
    }
  } finally {
    await Promise.allSettled([reading]); // A caller that stops early must not leave a read behind on a closed file.
    await file.close();
  }
}

/**
 * All bytes of a regular file that is known to be small.
 *
 * @throws as `readChunks`.
 */
export async function readWhole(path: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of readChunks(path)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** No larger than the file: to collect the memory of 100,000 small ones takes minutes otherwise. */
function twoBuffers(bytes: number): () => Promise<Buffer> {
  let current = Buffer.allocUnsafe(bytes);
  let next = Buffer.allocUnsafe(bytes);
  return async () => {
    [current, next] = [next, current];
    return current;
  };
}
