import {closeSync, constants, fstatSync, openSync, readSync} from 'node:fs';

/**
 * All bytes of a small regular file, read at once: of 100,000 such files the turns of the event loop cost ten times as much
 * as the reading.
 *
 * @param mostBytes - a larger one is not read.
 * @returns undefined for a larger file, and for what is no regular file. The bytes last until the next call.
 * @throws what the file system says, with its `code`.
 */
export function readSmall(path: string, mostBytes: number): Uint8Array | undefined {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile() || stats.size > mostBytes) return undefined;
    if (shared.length < stats.size) shared = Buffer.allocUnsafe(mostBytes);
    let length = 0;
    while (length < stats.size) {
      const read = readSync(descriptor, shared, length, stats.size - length, null);
      if (read === 0) break;
      length += read;
    }
    return shared.subarray(0, length);
  } finally {
    closeSync(descriptor);
  }
}

let shared = Buffer.alloc(0);
