import {stat} from 'node:fs/promises';
import type {BigIntStats} from 'node:fs';
import {GembatchError, type ErrorCode} from '../domain/errors.js';
import {RequestFileCheck, type LineFinding, type RequestFileFacts} from '../domain/request-file.js';
import {readChunks} from './read-chunks.js';

/** What an inspection found in a good request file. */
export interface Inspection {
  /** Non-empty lines, each a request. */
  readonly count: number;
  readonly size_bytes: number;
  /** SHA-256 of the bytes, 64 lower-case hex digits. */
  readonly sha256: string;
  readonly warnings: readonly string[];
}

/** How a request file is inspected. */
export interface InspectOptions {
  /** Checks every line; otherwise only counts and hashes. */
  readonly validate: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (bytes: number, totalBytes: number) => void;
}

/** The most that the service takes in one file, https://ai.google.dev/gemini-api/docs/batch-api (2 GB). */
const MAX_BYTES = 2_147_483_648;
/** Progress is worth telling this often. */
const PROGRESS_BYTES = 8 * 1024 * 1024;

/**
 * Reads a request file once, from its start to its end, and checks it.
 *
 * @throws GembatchError `FILE_MISSING`, `FILE_UNREADABLE`, `FILE_IS_FOLDER`, `FILE_EMPTY`, `FILE_TOO_LARGE`,
 *   `FILE_CHANGED` when it changes meanwhile, `INTERRUPTED`, and `FILE_INVALID`, whose `details` have the `line`, the
 *   `column` and how many `problems` there are.
 */
export async function inspectFile(path: string, options: InspectOptions): Promise<Inspection> {
  const before = await statFile(path);
  const facts = await check(path, Number(before.size), options);
  if (!isSame(before, await statFile(path))) {
    throw new GembatchError('FILE_CHANGED', `${path}: changed while it was read; nothing was sent.`);
  }
  const [problem] = facts.problems;
  if (problem !== undefined) throw invalidError(path, problem, facts.problems);
  if (facts.count === 0)
    throw new GembatchError('FILE_EMPTY', `${path}: holds no request; nothing was sent.`);
  return {
    count: facts.count,
    size_bytes: facts.sizeBytes,
    sha256: facts.sha256,
    warnings: warningTexts(facts),
  };
}

async function statFile(path: string): Promise<BigIntStats> {
  let stats: BigIntStats;
  try {
    stats = await stat(path, {bigint: true});
  } catch (error) {
    throw fileError(path, error);
  }
  if (stats.isDirectory())
    throw new GembatchError('FILE_IS_FOLDER', `${path}: is a folder, not a request file.`);
  if (!stats.isFile()) throw new GembatchError('FILE_UNREADABLE', `${path}: is not a regular file.`);
  if (stats.size > MAX_BYTES) {
    throw new GembatchError(
      'FILE_TOO_LARGE',
      `${path}: has ${stats.size} bytes; the service takes ${MAX_BYTES} at most.`,
    );
  }
  return stats;
}

async function check(path: string, totalBytes: number, options: InspectOptions): Promise<RequestFileFacts> {
  const file = new RequestFileCheck(options.validate);
  let bytes = 0;
  let reportedBytes = 0;
  try {
    for await (const chunk of readChunks(path)) {
      if (options.signal?.aborted)
        throw new GembatchError('INTERRUPTED', `${path}: stopped before it was sent.`);
      file.push(chunk);
      bytes += chunk.length;
      if (bytes - reportedBytes >= PROGRESS_BYTES) {
        options.onProgress?.(bytes, totalBytes);
        reportedBytes = bytes;
      }
      if (file.isHopeless) break;
    }
  } catch (error) {
    throw error instanceof GembatchError ? error : fileError(path, error);
  }
  return file.finish();
}

function isSame(before: BigIntStats, after: BigIntStats): boolean {
  return before.size === after.size && before.mtimeNs === after.mtimeNs && before.ino === after.ino;
}

function fileError(path: string, cause: unknown): GembatchError {
  const code: unknown =
    typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  const known: Partial<Record<string, readonly [ErrorCode, string]>> = {
    ENOENT: ['FILE_MISSING', 'there is no such file.'],
    ENOTDIR: ['FILE_MISSING', 'there is no such file.'],
    EISDIR: ['FILE_IS_FOLDER', 'is a folder, not a request file.'],
  };
  const [errorCode, text] = known[String(code)] ?? ['FILE_UNREADABLE', `cannot be read (${String(code)}).`];
  return new GembatchError(errorCode, `${path}: ${text}`, {cause});
}

function invalidError(path: string, first: LineFinding, problems: readonly LineFinding[]): GembatchError {
  const place = first.column === undefined ? `${first.line}` : `${first.line}:${first.column}`;
  const lines = [...new Set(problems.map(({line}) => line))].slice(1);
  const more =
    lines.length === 0
      ? ''
      : `; more bad lines: ${lines.slice(0, 8).join(', ')}${lines.length > 8 ? ', …' : ''}`;
  return new GembatchError('FILE_INVALID', `${path}:${place}: line ${first.line} ${first.text}${more}.`, {
    details: {
      line: first.line,
      ...(first.column === undefined ? {} : {column: first.column}),
      problems: lines.length + 1,
    },
  });
}

function warningTexts({warnings, warningCount}: RequestFileFacts): readonly string[] {
  const texts = warnings.map(({line, text}) => `line ${line} ${text}`);
  const unsaid = warningCount - warnings.length;
  return unsaid > 0 ? [...texts, `${unsaid} more lines like these`] : texts;
}
