import {GembatchError} from '../../domain/errors.js';
import {isBlank} from '../../domain/json/line-splitter.js';
import type {CheckOptions} from '../../domain/request/request-file.js';
import {fileError, invalidError, statFile} from './file-error.js';
import {openFile} from './open-file.js';

/** Read to find the first line; a longer one is left to the inspection. */
const FIRST_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/**
 * What is wrong with a request file as far as a short look tells: whether it is there, what it is, and its first line.
 * Undefined when nothing is; an inspection may find more.
 */
export async function firstFault(
  path: string,
  options: CheckOptions & {readonly name: string; readonly validate: boolean},
): Promise<GembatchError | undefined> {
  const {name} = options;
  try {
    const {size} = await statFile(path, name);
    if (size === 0n) return new GembatchError('FILE_EMPTY', `${name}: the file is empty.`);
    const line = options.validate ? await firstLineOf(path) : undefined;
    if (line === undefined) return undefined;
    const {RequestFileCheck} = await import('../../domain/request/request-file.js');
    const check = new RequestFileCheck(options);
    check.push(line);
    const facts = check.finish();
    return facts.problems.length > 0 ? invalidError(name, facts) : undefined;
  } catch (cause) {
    const error = cause instanceof GembatchError ? cause : fileError(name, cause);
    if (error instanceof GembatchError) return error;
    throw error;
  }
}

/** A file's first line, with blank lines before it; undefined when it is longer than that. */
async function firstLineOf(path: string): Promise<Buffer | undefined> {
  const {file, sizeBytes} = await openFile(path);
  try {
    const {buffer, bytesRead} = await file.read(Buffer.alloc(FIRST_BYTES), 0, FIRST_BYTES, 0);
    const start = buffer.subarray(0, bytesRead);
    for (
      let from = 0, end = start.indexOf(NEWLINE);
      end !== -1;
      from = end + 1, end = start.indexOf(NEWLINE, from)
    )
      if (!isBlank(start, from, end)) return start.subarray(0, end + 1);
    return bytesRead < sizeBytes ? undefined : start;
  } finally {
    await file.close();
  }
}
