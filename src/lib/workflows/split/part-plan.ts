import {basename, dirname, extname, join} from 'node:path';
import {GembatchError} from '../../domain/errors.js';
import {isObject} from '../../domain/json/json-object.js';
import {isBlank, LineSplitter} from '../../domain/json/line-splitter.js';
import {readChunks} from '../request-file/read-chunks.js';
import {readRegularText} from '../request-file/read-text.js';

/** The folder beside request files in which the parts of those are that were split. */
export const PARTS_FOLDER = 'parts';

/** What one batch job can have at most. */
export interface PartLimits {
  readonly maxBytes: number;
  /** Null for no limit. */
  readonly maxRequests: number | null;
  /** Of the first part, where that is to have fewer than the others. */
  readonly firstRequests?: number;
}

/** One part: whole lines of the file, byte for byte. */
export interface Part {
  /** Of the whole file, from 1. */
  readonly first_line: number;
  readonly start_byte: number;
  readonly size_bytes: number;
  readonly requests: number;
}

/** How a request file is split: what `parts/NAME.parts.json` says. */
export interface PartPlan {
  /** Fingerprint of the whole file. */
  readonly sha256: string;
  readonly size_bytes: number;
  /** Of the whole file when it was read, in milliseconds: as long as it is the same, the file is not read again. */
  readonly mtime_ms: number;
  readonly parts: readonly Part[];
  /** Of a canary: `input_file` of the request files that wait for the answers of its first part. */
  readonly canary_for?: readonly string[];
}

/** Where lines are cut so that no part has more than the limits; it depends on the bytes and the limits alone. */
export async function planParts(
  path: string,
  {maxBytes, maxRequests, firstRequests = Infinity}: PartLimits,
): Promise<readonly Part[]> {
  const parts: Part[] = [];
  const others = maxRequests ?? Infinity;
  const next = {first_line: 1, start_byte: 0, size_bytes: 0, requests: 0};
  let splitter: LineSplitter;
  let sizeBytes = 0;
  const take = (bytes: Uint8Array, start: number, end: number): void => {
    const isRequest = !isBlank(bytes, start, end);
    const withNewline = end - start + 1;
    const mostRequests = parts.length === 0 ? Math.min(firstRequests, others) : others;
    const isFull = next.size_bytes + withNewline > maxBytes || next.requests >= mostRequests;
    if (isRequest && isFull && next.requests > 0) {
      parts.push({...next});
      Object.assign(next, {
        first_line: splitter.lineNumber,
        start_byte: next.start_byte + next.size_bytes,
        size_bytes: 0,
        requests: 0,
      });
    }
    next.size_bytes += withNewline;
    next.requests += isRequest ? 1 : 0;
  };
  splitter = new LineSplitter(take);
  for await (const chunk of readChunks(path)) {
    sizeBytes += chunk.length;
    splitter.push(chunk);
  }
  splitter.finish();
  // The last line may have no newline.
  return [...parts, {...next, size_bytes: sizeBytes - next.start_byte}];
}

/** The path of a part: `parts/NAME.003-of-012.jsonl` beside the whole file. */
export function partPath(path: string, index: number, of: number): string {
  const extension = extname(path);
  const width = Math.max(3, String(of).length);
  const number = `${String(index).padStart(width, '0')}-of-${String(of).padStart(width, '0')}`;
  return join(dirname(path), PARTS_FOLDER, `${basename(path, extension)}.${number}${extension}`);
}

/** The path of the plan of a file. */
export function planPath(path: string): string {
  return join(dirname(path), PARTS_FOLDER, `${basename(path)}.parts.json`);
}

/**
 * The plan that an earlier run has made of a file; undefined when there is none.
 *
 * @throws GembatchError `STORAGE` when something is there that is no plan.
 */
export async function readPlan(path: string): Promise<PartPlan | undefined> {
  const file = planPath(path);
  let plan: unknown;
  try {
    plan = JSON.parse(await readRegularText(file));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    plan = undefined;
  }
  if (isPlan(plan)) return plan;
  throw new GembatchError('STORAGE', `${file} is not the plan of a split request file, or cannot be read.`, {
    suggestions: ['Move it away if it is not of gembatch; restore it if its parts were submitted.'],
  });
}

function isPlan(value: unknown): value is PartPlan {
  return isObject(value) && typeof value['sha256'] === 'string' && Array.isArray(value['parts']);
}
