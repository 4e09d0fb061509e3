import {createReadStream} from 'node:fs';
import type {StoredFile} from './stored-file.js';

/** Bytes that are read from the disk at a time. */
const BLOCK_BYTES = 256 * 1024;

/** The bytes of a file from `first` to `last`, the last one included. */
export function contentOf(
  {path, made, sizeBytes}: StoredFile,
  {first = 0, last = sizeBytes - 1}: {readonly first?: number; readonly last?: number} = {},
): AsyncIterable<Buffer> {
  if (last < first) return nothing();
  if (made !== undefined) return inTurns(made.bytes(first, last));
  return createReadStream(path, {start: first, end: last, highWaterMark: BLOCK_BYTES});
}

async function* inTurns(blocks: Iterable<Buffer>): AsyncGenerator<Buffer> {
  yield* blocks;
}

async function* nothing(): AsyncGenerator<Buffer> {
  // No bytes were asked for.
}
