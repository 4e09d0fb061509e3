import type {BigIntStats} from 'node:fs';
import {stat} from 'node:fs/promises';
import {GembatchError} from '../../domain/errors.js';
import {RequestCounter} from '../../domain/request/request-counter.js';
import type {FileWarning, RequestFileFacts} from '../../domain/request/request-facts.js';
import {RequestFileCheck, type CheckOptions} from '../../domain/request/request-file.js';
import type {FileEstimate} from '../estimate/file-estimator.js';
import {fileError, invalidError, statFile} from './file-error.js';
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

/** What is inspected in about a tenth of a second. */
const PROGRESS_BYTES = 32 * 1024 * 1024;

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
    if (facts.problems.length > 0) throw invalidError(name, facts);
    const after = await stat(path, {bigint: true});
    if (!isSame(before, after) || Number(after.size) !== sizeBytes) throw changed(name);
    if (facts.count === 0) throw new GembatchError('FILE_EMPTY', `${name}: the file is empty.`);
    return {count: facts.count, size_bytes: sizeBytes, sha256, warnings: facts.warnings.map(warningText)};
  } catch (error) {
    throw error instanceof GembatchError ? error : fileError(name, error);
  }
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

/** A warning about lines, with where they are. */
export function warningText({text, firstLine, lineCount}: FileWarning): string {
  return lineCount === 1
    ? `line ${firstLine}: ${text}`
    : `line ${firstLine} and ${lineCount - 1} more: ${text}`;
}
