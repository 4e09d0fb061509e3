import type {BigIntStats} from 'node:fs';
import {stat} from 'node:fs/promises';
import {GembatchError, type ErrorCode} from '../../domain/errors.js';
import {fieldOf} from '../../domain/json/json-object.js';
import type {RequestFileFacts} from '../../domain/request/request-facts.js';
import {SERVICE_LIMITS} from '../../domain/service/service-of.js';
import {refuseAddress, refuseIrregular} from './open-file.js';

/** The most that any service takes in one file. */
export const MAX_REQUEST_FILE_BYTES = SERVICE_LIMITS.gemini.maxFileBytes;
/** How many bad lines are named besides the first. */
const MAX_LINES_NAMED = 8;

/** Why a file cannot be read. */
export interface ReadFault {
  readonly code: ErrorCode;
  /** As it follows the name of the file. */
  readonly text: string;
}

const NO_SUCH_FILE: ReadFault = {code: 'FILE_MISSING', text: ': there is no such file.'};
const FAULTS: Readonly<Partial<Record<string, ReadFault>>> = {
  ENOENT: NO_SUCH_FILE,
  ENOTDIR: NO_SUCH_FILE,
  EISDIR: {code: 'FILE_IS_FOLDER', text: ' is a folder, not a request file.'},
};

/** What the file system said about a file that is to be read; undefined for any other error. */
export function readFault(error: unknown): ReadFault | undefined {
  const code = fieldOf(error, 'code');
  if (fieldOf(error, 'syscall') === undefined || typeof code !== 'string') return undefined;
  return FAULTS[code] ?? {code: 'FILE_UNREADABLE', text: ` cannot be read (${code}).`};
}

export async function statFile(
  path: string,
  name: string,
  maxBytes = MAX_REQUEST_FILE_BYTES,
): Promise<BigIntStats> {
  refuseAddress(path);
  const stats = await stat(path, {bigint: true});
  if (stats.isDirectory()) throw isFolder(name);
  refuseIrregular(stats, name);
  if (stats.size > maxBytes) {
    const text = `${name} has ${stats.size} bytes; the service takes ${maxBytes} at most.`;
    throw new GembatchError('FILE_TOO_LARGE', text);
  }
  return stats;
}

/** What is wrong with the lines of a request file, by the first of them. */
export function invalidError(name: string, {problems, isComplete}: RequestFileFacts): GembatchError {
  const [first, ...others] = problems;
  const {line = 1, column = 1, text = '', rule} = first ?? {};
  const lines = others.slice(0, MAX_LINES_NAMED).map((other) => other.line);
  const count = `${isComplete ? '' : 'at least '}${others.length} more bad line${others.length === 1 ? '' : 's'}`;
  const ellipsis = others.length > lines.length ? ', …' : '';
  const more = others.length === 0 ? '' : ` (${count}: ${lines.join(', ')}${ellipsis})`;
  return new GembatchError('FILE_INVALID', `${name}:${line}:${column}: ${text}${more}.`, {
    details: {line, column, problems: problems.length, ...(rule === undefined ? {} : {rule})},
    ...(rule === undefined
      ? {}
      : {suggestions: [`Correct the line, or send the file as it is with --allow ${rule}.`]}),
  });
}

/** Says what the file system said; anything else that was thrown is left as it is. */
export function fileError(name: string, cause: unknown): unknown {
  const fault = readFault(cause);
  if (fault === undefined) return cause;
  const isPattern = fault.code === 'FILE_MISSING' && /[*?[{]/u.test(name);
  if (!isPattern) return new GembatchError(fault.code, `${name}${fault.text}`, {cause});
  return new GembatchError(fault.code, `${name}: no file matches this pattern.`, {
    cause,
    suggestions: ['Check the pattern, and that you are in the right folder; nothing was sent for it.'],
  });
}

function isFolder(name: string): GembatchError {
  return new GembatchError('FILE_IS_FOLDER', `${name} has no request files (*.jsonl) in it.`, {
    suggestions: [`Folders inside it are not searched; name them: ${name.replace(/[/\\]+$/u, '')}/*/`],
  });
}
