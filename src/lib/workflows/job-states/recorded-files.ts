import {statSync, type BigIntStats} from 'node:fs';
import {open} from 'node:fs/promises';
import {GembatchError} from '../../domain/errors.js';
import {isCloudAddress} from '../../domain/bucket/bucket-input.js';
import type {JobStore} from '../../store/job-store.js';

/**
 * Keeps a person from writing over what records rest on, under whatever name it goes.
 *
 * @throws GembatchError `USAGE` when the path leads to a request file, a result file, or the job-info file and what is beside it.
 */
export function refuseRecordedFile(store: JobStore, path: string): void {
  if (store.isOwnFile(path)) throw isNeeded(path, 'a file that gembatch keeps its records in');
  const target = look(path);
  if (target === undefined) return;
  store.readEach(({input_file: input, results}) => {
    if (!isCloudAddress(input) && isSame(target, store.resolveInput(input)))
      throw isNeeded(path, 'a request file');
    if (results !== undefined && isSame(target, store.resolveInput(results.file)))
      throw isNeeded(path, `the results of ${input}`);
  });
}

const FIRST_BYTES = 64 * 1024;
/**
 * The start of a line with a request or a response; the members before it hold no objects. A line that `--join` wrote
 * names its file first.
 */
const REQUEST_OR_ROW =
  /^\s*\{(?!\s*"file")(?:\s*"[^"\\]*"\s*:\s*(?:"(?:[^"\\]|\\.)*"|[^"{}[\],]+),)*\s*"re(?:quest|sponse)"\s*:\s*\{/u;

/**
 * Keeps a person from writing over requests and results that no record names: a request file that was not submitted yet,
 * results whose record is lost.
 *
 * @throws GembatchError `USAGE` when the file begins like one of these.
 */
export async function refuseRequestsAndResults(path: string): Promise<void> {
  const start = await startOf(path);
  if (REQUEST_OR_ROW.test(start)) throw isNeeded(path, 'a file of requests or of their results');
}

async function startOf(path: string): Promise<string> {
  let file;
  try {
    file = await open(path);
    const {buffer, bytesRead} = await file.read(Buffer.alloc(FIRST_BYTES), 0, FIRST_BYTES, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } catch {
    return ''; // Not there, or not to be read: writing will say so.
  } finally {
    await file?.close();
  }
}

function look(path: string): BigIntStats | undefined {
  try {
    return statSync(path, {bigint: true, throwIfNoEntry: false});
  } catch {
    return undefined; // What cannot be looked at cannot be replaced either.
  }
}

function isSame({dev, ino}: BigIntStats, path: string): boolean {
  const other = look(path);
  return other?.dev === dev && other.ino === ino;
}

function isNeeded(path: string, what: string): GembatchError {
  return new GembatchError('USAGE', `${path} is ${what}. It is untouched.`, {
    suggestions: ['Name another file for what is to be written.'],
  });
}
