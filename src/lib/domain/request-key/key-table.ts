import {hash128} from './key-hash.js';

/** Share of the slots that may be taken: above it probing gets slow. */
const MAX_LOAD = 0.6;
const MIN_SLOTS = 1024;
/** Hashes are in pieces of so many, as a power of 2: one list of all would have to be copied to grow, and be there twice meanwhile. */
const PIECE_BITS = 16;
const PIECE_MASK = 2 ** PIECE_BITS - 1;
const WORDS = 4;
/** Most tables are small. */
const FIRST_KEYS = 1024;

/**
 * The set of the keys of a file, in some 25 bytes each whatever their length: a request file can hold 35 million, far more
 * than a `Set` of strings can take.
 *
 * Keys get the numbers 0, 1, 2, … in the order of their first appearance, so that what is known of a key goes into
 * typed arrays of the caller's. Two keys are the same when their 128-bit hashes are: among 35 million keys the chance
 * of one mistake is below 10^-23, which is less than that of a memory fault; therefore no key itself is kept.
 */
export class KeyTable {
  /** Four words per key. */
  readonly #hashes: Uint32Array[] = [new Uint32Array(FIRST_KEYS * WORDS)];
  /**
   * The number of a key plus one, where zero is free; in the bits that this does not need, a part of its hash, so that the
   * slot of another key is passed over without a look elsewhere in memory.
   */
  #slots: Int32Array;
  #size = 0;
  readonly #probe = new Uint32Array(4);
  #scratch = Buffer.allocUnsafe(256);

  /** @param expectedKeys - how many keys are likely to come; for more, the table grows. */
  constructor(expectedKeys = 0) {
    let slots = MIN_SLOTS;
    while (slots * MAX_LOAD < expectedKeys) slots *= 2;
    this.#slots = new Int32Array(slots);
  }

  /** How many different keys were added. */
  get size(): number {
    return this.#size;
  }

  /**
   * The number of a key, which is added when it is new: then, and only then, the answer is the `size` from before.
   *
   * @param key - text, or its UTF-8 bytes; both name the same key.
   */
  add(key: string | Uint8Array): number {
    const slot = this.#slotOf(key);
    const taken = this.#slots[slot] ?? 0;
    if (taken !== 0) return (taken & this.#mask) - 1;
    const index = this.#size;
    this.#pieceFor(index).set(this.#probe, (index & PIECE_MASK) * WORDS);
    this.#slots[slot] = this.#tagOf(this.#probe[1]) | (index + 1);
    this.#size = index + 1;
    if (this.#size > this.#slots.length * MAX_LOAD) this.#rehash();
    return index;
  }

  /** The number of a key, or -1 when it was never added. */
  find(key: string | Uint8Array): number {
    return ((this.#slots[this.#slotOf(key)] ?? 0) & this.#mask) - 1;
  }

  /** The bits that a slot or the number of a key can have. */
  get #mask(): number {
    return this.#slots.length - 1;
  }

  /** The other bits, of a word of a hash. */
  #tagOf(word = 0): number {
    return word & ~this.#mask;
  }

  /** Where the key is, or the free slot where it belongs. Leaves its hash in `#probe`. */
  #slotOf(key: string | Uint8Array): number {
    hash128(typeof key === 'string' ? this.#encode(key) : key, this.#probe);
    const slots = this.#slots;
    const mask = this.#mask;
    const tag = this.#tagOf(this.#probe[1]);
    for (let slot = (this.#probe[0] ?? 0) & mask; ; slot = (slot + 1) & mask) {
      const taken = slots[slot] ?? 0;
      if (taken === 0 || ((taken & ~mask) === tag && this.#isProbe((taken & mask) - 1))) return slot;
    }
  }

  #isProbe(index: number): boolean {
    const hashes = this.#hashes[index >>> PIECE_BITS];
    const probe = this.#probe;
    const at = (index & PIECE_MASK) * WORDS;
    return (
      hashes?.[at] === probe[0] &&
      hashes?.[at + 1] === probe[1] &&
      hashes?.[at + 2] === probe[2] &&
      hashes?.[at + 3] === probe[3]
    );
  }

  /** The piece for the hash of this key, with room for it. */
  #pieceFor(index: number): Uint32Array {
    const at = index >>> PIECE_BITS;
    const piece = this.#hashes[at];
    if (piece !== undefined && (index & PIECE_MASK) * WORDS < piece.length) return piece;
    const larger = new Uint32Array(piece === undefined ? 2 ** PIECE_BITS * WORDS : piece.length * 2);
    if (piece !== undefined) larger.set(piece);
    this.#hashes[at] = larger;
    return larger;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    this.#slots = slots;
    const mask = this.#mask;
    for (let index = 0; index < this.#size; index++) {
      const hashes = this.#hashes[index >>> PIECE_BITS];
      const at = (index & PIECE_MASK) * WORDS;
      let slot = (hashes?.[at] ?? 0) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = this.#tagOf(hashes?.[at + 1]) | (index + 1);
    }
  }

  #encode(key: string): Uint8Array {
    if (this.#scratch.length < key.length * 3) this.#scratch = Buffer.allocUnsafe(key.length * 3);
    return this.#scratch.subarray(0, this.#scratch.write(key));
  }
}
