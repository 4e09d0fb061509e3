import {hash128} from '../request-key/key-hash.js';

const WORDS = new Uint32Array(4);

/** The key of a request that has none of its own: 16 hex digits of its hash. */
export function keyOfRequest(request: Uint8Array): string {
  hash128(request, WORDS);
  return hex(WORDS[0]) + hex(WORDS[1]);
}

/** 52 bits of the hash of a line: as many as a number holds. */
export function hashOfLine(line: Uint8Array): number {
  hash128(line, WORDS);
  return ((WORDS[0] ?? 0) & 0xf_ffff) * 2 ** 32 + (WORDS[1] ?? 0);
}

function hex(word = 0): string {
  return word.toString(16).padStart(8, '0');
}
