import {isUtf16, plainLines} from './plain-lines.js';

const NEWLINE = 0x0a;
/** Small enough for the cache of a processor; most lines have half a kilobyte. */
const BLOCK_BYTES = 1 << 16;

/**
 * The bytes of a job-info file in blocks of whole lines, each of which is good until the next is asked for. A file that
 * `plainLines` changes comes in one block, as it is then.
 *
 * @param readInto - reads on into a buffer, and returns how many bytes came; 0 at the end.
 * @throws GembatchError STORAGE for UTF-16 that is cut or broken, and whatever `readInto` throws.
 */
export function* lineBlocks(readInto: (buffer: Buffer) => number, path: string): Generator<Buffer> {
  let buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  let filled = 0;
  let isFirst = true;
  for (;;) {
    const length = readInto(buffer.subarray(filled));
    filled += length;
    if (length > 0 && filled < buffer.length) continue;
    if (length === 0) break;
    const end = isFirst && isUtf16(buffer) ? 0 : buffer.lastIndexOf(NEWLINE) + 1;
    if (end === 0) {
      buffer = Buffer.concat([buffer], buffer.length * 2);
    } else {
      yield buffer.subarray(0, end);
      isFirst = false;
      buffer.copyWithin(0, end);
      filled -= end;
    }
  }
  const rest = buffer.subarray(0, filled);
  yield isFirst ? plainLines(rest, path) : rest;
}
