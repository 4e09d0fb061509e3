import type {BigIntStats} from 'node:fs';
import {stat} from 'node:fs/promises';
import {GembatchError} from '../../domain/errors.js';
import {SERVICE_LIMITS} from '../../domain/service/service-of.js';
import {isBlank} from '../../domain/json/line-splitter.js';
import {RequestCounter} from '../../domain/request/request-counter.js';
import type {FileWarning, RequestFileFacts} from '../../domain/request/request-facts.js';
import {RequestFileCheck, type CheckOptions} from '../../domain/request/request-file.js';
import type {FileEstimate} from '../estimate/file-estimator.js';
import {openFile, refuseAddress, refuseIrregular} from './open-file.js';
import {readFault} from './read-fault.js';
import {readHashed} from './read-hashed.js';

/** What an inspection found in a good request file. */
export interface Inspection {
  /** Requests, that is non-blank lines; null of an object in a bucket that was not read. */
  readonly count: number | null;
  readonly size_bytes: number;
  /** SHA-256 of the bytes, 64 lower-case hex digits; of an object in a bucket see `objectFingerprint`. */
  readonly sha256: string;
  /** What the service may not like, one sentence each, however many lines have it. */
  readonly warnings: readonly string[];
  /** Of an object that was read, which is not read again for it. */
  readonly estimate?: FileEstimate;
}

/** How a request file is inspected. */
export interface InspectOptions extends CheckOptions {
  /** Whether each line is checked; otherwise lines are only counted. */
  readonly validate: boolean;
  /** What messages call the file; its path when absent. */
  readonly name?: string;
  /** The most that it may have; what the service takes in one file when absent. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
  /** Called at the end, and about ten times a second before it. */
  readonly onProgress?: (bytes: number, totalBytes: number) => void;
}

/** The most that any service takes in one file. */
export const MAX_REQUEST_FILE_BYTES = SERVICE_LIMITS.gemini.maxFileBytes;
/** What is inspected in about a tenth of a second. */
const PROGRESS_BYTES = 32 * 1024 * 1024;
/** Read to find the first line; a longer one is left to the inspection. */
const FIRST_BYTES = 64 * 1024;
const NEWLINE = 0x0a;
/** How many bad lines are named besides the first. */
const MAX_LINES_NAMED = 8;

/**
 * Reads a request file once, from its start to its end: counts and hashes it, and checks each line. Memory is two chunks,
 * the longest line, and some 40 bytes per request.
 *
 * @throws GembatchError `FILE_MISSING`, `FILE_UNREADABLE`, `FILE_IS_FOLDER` (also for what is no regular file),
 *   `FILE_EMPTY`, `FILE_TOO_LARGE`, `FILE_CHANGED` when it changes meanwhile, `INTERRUPTED`, and `FILE_INVALID` with
 *   `line`, `column` and `rule` of the first problem and the number of `problems` as its details.
 */
export async function inspectFile(
  path: string,
  options: InspectOptions,
): Promise<Inspection & {readonly count: number}> {
  const name = options.name ?? path;
  try {
    const before = await statFile(path, name, options.maxBytes);
    const {sha256, sizeBytes, facts} = await read(path, name, Number(before.size), options);
    if (facts.problems.length > 0) throw await withPreparation(invalidError(name, facts), path, name);
    const after = await stat(path, {bigint: true});
    if (!isSame(before, after) || Number(after.size) !== sizeBytes) throw changed(name);
    if (facts.count === 0) throw new GembatchError('FILE_EMPTY', `${name}: the file is empty.`);
    return {count: facts.count, size_bytes: sizeBytes, sha256, warnings: facts.warnings.map(warningText)};
  } catch (error) {
    throw error instanceof GembatchError ? error : fileError(name, error);
  }
}

/**
 * What is wrong with a request file as far as a short look tells: whether it is there, what it is, and its first line.
 * Undefined when nothing is; an inspection may find more.
 */
export async function firstFault(path: string, options: InspectOptions): Promise<GembatchError | undefined> {
  const name = options.name ?? path;
  try {
    const {size} = await statFile(path, name, options.maxBytes);
    if (size === 0n) return new GembatchError('FILE_EMPTY', `${name}: the file is empty.`);
    const line = options.validate ? await firstLineOf(path) : undefined;
    if (line === undefined) return undefined;
    const check = new RequestFileCheck(options);
    check.push(line);
    const facts = check.finish();
    return facts.problems.length > 0
      ? await withPreparation(invalidError(name, facts), path, name)
      : undefined;
  } catch (cause) {
    const error = cause instanceof GembatchError ? cause : fileError(name, cause);
    if (error instanceof GembatchError) return error;
    throw error;
  }
}

/** A file's first line, with what is blank before it; undefined when its end is farther off. */
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

async function statFile(path: string, name: string, maxBytes = MAX_REQUEST_FILE_BYTES): Promise<BigIntStats> {
  refuseAddress(path);
  const stats = await stat(path, {bigint: true});
  if (stats.isDirectory()) throw await isFolder(path, name);
  refuseIrregular(stats, name);
  if (stats.size > maxBytes) {
    const text = `${name}: has ${stats.size} bytes; the service takes ${maxBytes} at most.`;
    throw await withPreparation(new GembatchError('FILE_TOO_LARGE', text), path, name);
  }
  return stats;
}

interface Contents {
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly facts: RequestFileFacts;
}

async function read(
  path: string,
  name: string,
  totalBytes: number,
  options: InspectOptions,
): Promise<Contents> {
  const lines = options.validate ? new RequestFileCheck(options) : new RequestCounter();
  let sizeBytes = 0;
  let nextReport = PROGRESS_BYTES;
  const sha256 = await readHashed(path, totalBytes, (chunk) => {
    if (options.signal?.aborted) throw stopped(name);
    lines.push(chunk);
    sizeBytes += chunk.length;
    if (lines.hasGivenUp) return false;
    if (sizeBytes > totalBytes) throw changed(name);
    if (sizeBytes >= nextReport) {
      options.onProgress?.(sizeBytes, totalBytes);
      nextReport = sizeBytes + PROGRESS_BYTES;
    }
    return true;
  });
  options.onProgress?.(sizeBytes, totalBytes);
  return {sha256, sizeBytes, facts: lines.finish()};
}

function isSame(before: BigIntStats, after: BigIntStats): boolean {
  return before.size === after.size && before.mtimeNs === after.mtimeNs && before.ino === after.ino;
}

function stopped(name: string): GembatchError {
  return new GembatchError('INTERRUPTED', `${name}: the check was stopped.`);
}

function changed(name: string): GembatchError {
  return new GembatchError('FILE_CHANGED', `${name}: changed while it was read; nothing was sent.`);
}

async function isFolder(path: string, name: string): Promise<GembatchError> {
  const {preparationOfFolder} = await import('../prepare/preparation-hint.js');
  const folder = name.replace(/[/\\]+$/u, '');
  const suggestions = await preparationOfFolder(path, folder).catch(() => undefined);
  return new GembatchError('FILE_IS_FOLDER', `${name}: has no request files (*.jsonl) in it.`, {
    suggestions: suggestions ?? [`Folders inside it are not searched; name them: ${folder}/*/`],
  });
}

/** What is a table or another format needs a command, not a correction. */
async function withPreparation(error: GembatchError, path: string, name: string): Promise<GembatchError> {
  const {preparationOf} = await import('../prepare/preparation-hint.js');
  const suggestions = await preparationOf(path, name);
  if (suggestions === undefined) return error;
  return new GembatchError(error.code, error.message, {details: error.details, suggestions});
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

/** A warning about lines, with where they are. */
export function warningText({text, firstLine, lineCount}: FileWarning): string {
  return lineCount === 1
    ? `line ${firstLine}: ${text}`
    : `line ${firstLine} and ${lineCount - 1} more: ${text}`;
}

/** Says what the file system said; anything else that was thrown is left as it is. */
function fileError(name: string, cause: unknown): unknown {
  const fault = readFault(cause);
  if (fault === undefined) return cause;
  const isPattern = fault.code === 'FILE_MISSING' && /[*?[{]/u.test(name);
  if (!isPattern) return new GembatchError(fault.code, `${name}: ${fault.text}`, {cause});
  return new GembatchError(fault.code, `${name}: no file matches this pattern.`, {
    cause,
    suggestions: ['Check the pattern, and that you are in the right folder; nothing was sent for it.'],
  });
}
