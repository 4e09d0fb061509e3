import type {StoredFile} from '../files/stored-file.js';
import {contentOf} from '../files/content.js';

/** CRC-32C, https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4, as Cloud Storage describes objects by. */
const POLYNOMIAL = 0x82f63b78;
const TABLE = Uint32Array.from({length: 256}, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
  return value >>> 0;
});

const known = new WeakMap<object, Promise<number>>();

/** The checksum of a file as Cloud Storage writes it: base64 of its four bytes, the highest first. Files never change. */
export async function crc32cOfFile(file: StoredFile): Promise<string> {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(await checksumOf(file));
  return bytes.toString('base64');
}

/** Of objects that are made on demand, only the first line is read: they have the others in common. */
async function checksumOf(file: StoredFile): Promise<number> {
  const {made} = file;
  if (made === undefined) return once(file, () => contentOf(file));
  const rest = await once(made.rest, () => made.rest.bytes(0, made.rest.sizeBytes - 1));
  return combined(update(0, made.first()), rest, made.rest.sizeBytes);
}

function once(key: object, read: () => AsyncIterable<Buffer> | Iterable<Buffer>): Promise<number> {
  const before = known.get(key);
  if (before !== undefined) return before;
  const checksum = sum(read());
  known.set(key, checksum);
  return checksum;
}

async function sum(chunks: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<number> {
  let value = 0;
  for await (const chunk of chunks) value = update(value, chunk);
  return value;
}

function update(before: number, bytes: Uint8Array): number {
  let crc = ~before;
  for (const byte of bytes) crc = (TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** The checksum of two pieces, from those of each: the first is moved on by as many zero bytes as the second has. */
function combined(first: number, second: number, secondBytes: number): number {
  let operator = squared(squared(ONE_ZERO_BIT));
  let value = first;
  for (let bytes = secondBytes; bytes > 0; bytes = Math.floor(bytes / 2)) {
    operator = squared(operator);
    // The operator that is first here is that of one zero byte.
    if (bytes % 2 === 1) value = times(operator, value);
  }
  return (value ^ second) >>> 0;
}

/** What one zero bit does to a checksum: for each of its 32 bits what that becomes. */
const ONE_ZERO_BIT: readonly number[] = Array.from({length: 32}, (_, bit) =>
  bit === 0 ? POLYNOMIAL : 2 ** (bit - 1),
);

function times(operator: readonly number[], vector: number): number {
  let value = 0;
  for (let bit = 0, rest = vector; rest !== 0; bit += 1, rest >>>= 1)
    if (rest & 1) value ^= operator[bit] ?? 0;
  return value >>> 0;
}

function squared(operator: readonly number[]): readonly number[] {
  return operator.map((column) => times(operator, column));
}
