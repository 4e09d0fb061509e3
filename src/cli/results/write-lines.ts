import {once} from 'node:events';
import type {AtomicFile} from '../../lib/store/file/atomic-file.js';
import {hideApiKeys} from '../connection/api-key.js';
import {hasReaderGone} from '../stop-signal.js';

/** Lines are written together up to this size. */
const BLOCK_CHARACTERS = 256 * 1024;

type Lines = AsyncIterable<string> | Iterable<string>;

/** Where lines go, and until when. */
export interface WriteOptions {
  /** What comes before the lines. */
  readonly head?: string;
  /** Appears whole or not at all; without it lines go to standard output, as fast as its reader takes them. */
  readonly file?: AtomicFile | undefined;
  readonly stop: AbortSignal;
}

/**
 * Writes lines, which bring their line ends. A reader of the output that goes early has had what it wanted.
 * An API key that an answer may repeat is left out.
 *
 * @throws GembatchError `STORAGE`, and the reason of `stop`; the file is not there then.
 */
export async function writeLines(lines: Lines, options: WriteOptions): Promise<void> {
  try {
    await writeAllLines(lines, options);
  } catch (error) {
    if (options.file !== undefined || !hasReaderGone(options.stop)) throw error;
  }
}

/** Each row as its line. */
export async function* linesOf<T>(
  rows: AsyncIterable<T>,
  asText: (row: T) => string,
): AsyncGenerator<string> {
  for await (const row of rows) yield asText(row);
}

async function writeAllLines(lines: Lines, {head = '', file, stop}: WriteOptions): Promise<void> {
  try {
    let block = head;
    for await (const line of lines) {
      stop.throwIfAborted();
      block += line;
      if (block.length < BLOCK_CHARACTERS) continue;
      await write(hideApiKeys(block, process.env), file, stop);
      block = '';
    }
    await write(hideApiKeys(block, process.env), file, stop);
    await file?.commit();
  } finally {
    await file?.discard();
  }
}

async function write(block: string, file: AtomicFile | undefined, stop: AbortSignal): Promise<void> {
  if (file !== undefined) return file.append(block);
  if (process.stdout.write(block)) return;
  try {
    await once(process.stdout, 'drain', {signal: stop});
  } catch (error) {
    // A reader that has gone stops the run, which is said in words of ours.
    stop.throwIfAborted();
    throw error;
  }
}
