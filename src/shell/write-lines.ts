import {once} from 'node:events';
import type {AtomicFile} from '../lib/store/atomic-file.js';

/** Lines are written together up to this size. */
const BLOCK_CHARACTERS = 256 * 1024;

/**
 * Writes lines, which bring their line ends, to a file that appears whole or not at all, or to standard output as fast as its reader takes them.
 *
 * @throws GembatchError `STORAGE`; the file is not there then.
 */
export async function writeLines(lines: AsyncIterable<string>, file: AtomicFile | undefined): Promise<void> {
  try {
    let block = '';
    for await (const line of lines) {
      block += line;
      if (block.length < BLOCK_CHARACTERS) continue;
      await write(block, file);
      block = '';
    }
    await write(block, file);
    await file?.commit();
  } finally {
    await file?.discard();
  }
}

async function write(block: string, file: AtomicFile | undefined): Promise<void> {
  if (block === '') return;
  if (file !== undefined) await file.append(Buffer.from(block));
  else if (!process.stdout.write(block)) await once(process.stdout, 'drain');
}
