/** CRC-32C, https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4, by which Cloud Storage describes what it has. */

/** Of each byte, at each of eight places: eight bytes go through at once. */
const TABLES = makeTables();

/** The checksum of bytes that come in pieces. */
export class Crc32c {
  #value = 0xffffffff;

  update(bytes: Uint8Array): void {
    const [t0, t1, t2, t3, t4, t5, t6, t7] = TABLES;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let value = this.#value;
    let at = 0;
    for (; at + 8 <= bytes.length; at += 8) {
      const low = (view.getUint32(at, true) ^ value) >>> 0;
      const high = view.getUint32(at + 4, true);
      value =
        (t7[low & 255] ?? 0) ^
        (t6[(low >>> 8) & 255] ?? 0) ^
        (t5[(low >>> 16) & 255] ?? 0) ^
        (t4[low >>> 24] ?? 0) ^
        (t3[high & 255] ?? 0) ^
        (t2[(high >>> 8) & 255] ?? 0) ^
        (t1[(high >>> 16) & 255] ?? 0) ^
        (t0[high >>> 24] ?? 0);
    }
    for (; at < bytes.length; at += 1) value = (t0[(value ^ (bytes[at] ?? 0)) & 255] ?? 0) ^ (value >>> 8);
    this.#value = value;
  }

  /** As Cloud Storage writes it: base64 of the four bytes, the highest first. */
  digest(): string {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE((this.#value ^ 0xffffffff) >>> 0);
    return bytes.toString('base64');
  }
}

type Tables = readonly [
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
];

function makeTables(): Tables {
  const first = Uint32Array.from({length: 256}, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
    return value;
  });
  const after = (table: Uint32Array): Uint32Array =>
    table.map((value) => (first[value & 255] ?? 0) ^ (value >>> 8));
  const t1 = after(first);
  const t2 = after(t1);
  const t3 = after(t2);
  const t4 = after(t3);
  const t5 = after(t4);
  const t6 = after(t5);
  return [first, t1, t2, t3, t4, t5, t6, after(t6)];
}
