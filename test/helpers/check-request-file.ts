import type {RequestFileFacts} from '../../src/lib/domain/request/request-facts.js';
import {RequestFileCheck, type CheckOptions} from '../../src/lib/domain/request/request-file.js';

/** One turn of a conversation, good beyond doubt. */
export const TURN = '{"role":"user","parts":[{"text":"hi"}]}';

/** A request line with these fields. */
export function requestLine(fields: string, key = 'a'): string {
  return `{"key":"${key}","request":${fields}}`;
}

/** A request line that is good beyond doubt. */
export function goodLine(key: string): string {
  return requestLine(`{"contents":[${TURN}]}`, key);
}

/** A request line with one part. */
export function partLine(part: string): string {
  return requestLine(`{"contents":[{"parts":[${part}]}]}`);
}

/** A good request line with more fields, from column 76 on. */
export function lineWith(fields: string): string {
  return requestLine(`{"contents":[${TURN}],${fields}}`);
}

/** Checks a file that comes in chunks which end at the cuts. */
export function checkFile(
  file: string | Uint8Array,
  cuts: readonly number[] = [],
  options?: CheckOptions,
): RequestFileFacts {
  const bytes = Buffer.from(file);
  const check = new RequestFileCheck(options);
  let start = 0;
  for (const end of [...cuts, bytes.length]) {
    const chunk = Buffer.from(bytes.subarray(start, end));
    check.push(chunk);
    chunk.fill('#'); // A reader fills its buffer anew.
    start = end;
  }
  return check.finish();
}

/** The first problem of a file, as `line:column: text`. */
export function firstProblem(file: string | Uint8Array): string | undefined {
  const [first] = checkFile(file).problems;
  return first && `${first.line}:${first.column}: ${first.text}`;
}
