import {once} from 'node:events';
import {statSync} from 'node:fs';
import type {AtomicFile} from '../../lib/store/file/atomic-file.js';
import {GembatchError} from '../../lib/domain/errors.js';
import {redactApiKeys} from '../connection/api-key.js';
import {hasReaderGone} from '../stop-signal.js';

/** Lines are collected up to this size and written with one call. */
const BLOCK_CHARACTERS = 256 * 1024;

type Lines = AsyncIterable<string> | Iterable<string>;

/** Where to write lines. */
export interface WriteOptions {
  /** Written before the first line, such as the header of a table. */
  readonly head?: string;
  /** The file, which appears whole or not at all; without it the lines go to standard output, at the pace of its reader. */
  readonly file?: AtomicFile | undefined;
  readonly stop: AbortSignal;
}

/**
 * Writes lines that end in a line break. It is no error when the reader of standard output closes it early, as `head` does.
 * An API key that an answer repeats is hidden.
 *
 * @throws GembatchError `STORAGE`, and the reason of `stop`; then no file is made.
 */
export async function writeLines(lines: Lines, options: WriteOptions): Promise<void> {
  try {
    await writeAllLines(lines, options);
  } catch (error) {
    if (options.file !== undefined || !hasReaderGone(options.stop)) throw error;
  }
}

/**
 * Refuses to replace a folder, a pipe or a device, even with `--overwrite`.
 *
 * @param advice - how to name a file instead.
 * @throws GembatchError `USAGE`
 */
export function refuseIrregularTarget(path: string, advice: string): void {
  const there = statSync(path, {throwIfNoEntry: false});
  if (there === undefined || there.isFile()) return;
  const what = there.isDirectory() ? 'a folder' : 'a pipe, a socket or a device';
  throw new GembatchError('USAGE', `${path} is ${what}; nothing is written in its place.`, {
    suggestions: [advice],
  });
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
      await write(redactApiKeys(block, process.env), file, stop);
      block = '';
    }
    await write(redactApiKeys(block, process.env), file, stop);
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
    // When the reader has gone, `stop` is aborted with an error of ours, which says more.
    stop.throwIfAborted();
    throw error;
  }
}
