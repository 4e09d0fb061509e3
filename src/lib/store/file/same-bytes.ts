import {open} from 'node:fs/promises';
import type {FileHandle} from 'node:fs/promises';

const COMPARE_CHUNK_BYTES = 1 << 20;

/** Whether two files have the same content. */
export async function haveSameBytes(path: string, other: string): Promise<boolean> {
  const one = await open(path, 'r');
  try {
    const two = await open(other, 'r');
    try {
      if ((await one.stat()).size !== (await two.stat()).size) return false;
      return await readAlike(one, two);
    } finally {
      await two.close();
    }
  } finally {
    await one.close();
  }
}

async function readAlike(one: FileHandle, two: FileHandle): Promise<boolean> {
  const buffers = [Buffer.allocUnsafe(COMPARE_CHUNK_BYTES), Buffer.allocUnsafe(COMPARE_CHUNK_BYTES)] as const;
  for (let position = 0; ;) {
    const [a, b] = await Promise.all([
      one.read(buffers[0], 0, COMPARE_CHUNK_BYTES, position),
      two.read(buffers[1], 0, COMPARE_CHUNK_BYTES, position),
    ]);
    const length = Math.min(a.bytesRead, b.bytesRead);
    if (length === 0) return a.bytesRead === b.bytesRead;
    if (!buffers[0].subarray(0, length).equals(buffers[1].subarray(0, length))) return false;
    position += length;
  }
}
