/**
 * Writes the 128-bit hash of a byte sequence into four words: MurmurHash3_x86_128 with seed 0
 * (https://github.com/aappleby/smhasher, `src/MurmurHash3.cpp`, public domain).
 *
 * It is quick on short input and spreads well; it does not withstand collisions that are constructed on purpose.
 */
export function hash128(bytes: Uint8Array, into: Uint32Array): void {
  const length = bytes.length;
  const blocksEnd = length - (length % 16);
  let h1 = 0;
  let h2 = 0;
  let h3 = 0;
  let h4 = 0;
  for (let at = 0; at < blocksEnd; at += 16) {
    h1 ^= Math.imul(rotate(Math.imul(word(bytes, at), C1), 15), C2);
    h1 = (Math.imul((rotate(h1, 19) + h2) | 0, 5) + 0x561ccd1b) | 0;
    h2 ^= Math.imul(rotate(Math.imul(word(bytes, at + 4), C2), 16), C3);
    h2 = (Math.imul((rotate(h2, 17) + h3) | 0, 5) + 0x0bcaa747) | 0;
    h3 ^= Math.imul(rotate(Math.imul(word(bytes, at + 8), C3), 17), C4);
    h3 = (Math.imul((rotate(h3, 15) + h4) | 0, 5) + 0x96cd1c35) | 0;
    h4 ^= Math.imul(rotate(Math.imul(word(bytes, at + 12), C4), 18), C1);
    h4 = (Math.imul((rotate(h4, 13) + h1) | 0, 5) + 0x32ac3b17) | 0;
  }
  // A word beyond the end reads as zero, and a zero word leaves its lane as it is: no case distinction for the tail.
  h4 ^= Math.imul(rotate(Math.imul(word(bytes, blocksEnd + 12), C4), 18), C1);
  h3 ^= Math.imul(rotate(Math.imul(word(bytes, blocksEnd + 8), C3), 17), C4);
  h2 ^= Math.imul(rotate(Math.imul(word(bytes, blocksEnd + 4), C2), 16), C3);
  h1 ^= Math.imul(rotate(Math.imul(word(bytes, blocksEnd), C1), 15), C2);
  finalise(into, [h1 ^ length, h2 ^ length, h3 ^ length, h4 ^ length]);
}

const C1 = 0x239b961b;
const C2 = 0xab0e9789;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93;

function finalise(into: Uint32Array, lanes: readonly [number, number, number, number]): void {
  let [h1, h2, h3, h4] = lanes;
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = mix((h2 + h1) | 0);
  h3 = mix((h3 + h1) | 0);
  h4 = mix((h4 + h1) | 0);
  h1 = mix(h1);
  h1 = (h1 + h2 + h3 + h4) | 0;
  into[0] = h1;
  into[1] = h2 + h1;
  into[2] = h3 + h1;
  into[3] = h4 + h1;
}

function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** Four bytes as a little-endian word; bytes beyond the end are zero. */
function word(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24)
  );
}
