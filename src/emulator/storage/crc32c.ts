import {createReadStream} from 'node:fs';

/** CRC-32C, https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4, as Cloud Storage describes objects by. */
const TABLE = Uint32Array.from({length: 256}, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value >>> 0;
});

const known = new Map<string, Promise<string>>();

/** The checksum of a file as Cloud Storage writes it: base64 of its four bytes, the highest first. Files never change. */
export function crc32cOfFile(path: string): Promise<string> {
  let checksum = known.get(path);
  if (checksum === undefined) {
    checksum = read(path);
    known.set(path, checksum);
  }
  return checksum;
}

async function read(path: string): Promise<string> {
  let crc = 0xffffffff;
  for await (const chunk of createReadStream(path, {highWaterMark: 1024 * 1024})) {
    if (!Buffer.isBuffer(chunk)) continue;
    for (const byte of chunk) crc = (TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  }
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE((crc ^ 0xffffffff) >>> 0);
  return bytes.toString('base64');
}
