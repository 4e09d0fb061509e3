/** Gathers pieces of any size into blocks, for what costs the same for a few bytes as for many. */
export class BlockFiller {
  #block: Uint8Array;
  readonly #pass: (full: Uint8Array) => Promise<Uint8Array>;
  #filledBytes = 0;

  /**
   * @param first - the block that is filled first.
   * @param pass - takes a full block, and gives the one that is filled next.
   */
  constructor(first: Uint8Array, pass: (full: Uint8Array) => Promise<Uint8Array>) {
    this.#block = first;
    this.#pass = pass;
  }

  /** The bytes that were not passed on yet. */
  get rest(): Uint8Array {
    return this.#block.subarray(0, this.#filledBytes);
  }

  /** Takes the next bytes, which may be reused afterwards. One call at a time; throws what `pass` throws. */
  async add(piece: Uint8Array): Promise<void> {
    for (let at = 0; at < piece.length;) {
      if (this.#filledBytes === this.#block.length) await this.#passOn();
      const part = piece.subarray(at, at + this.#block.length - this.#filledBytes);
      this.#block.set(part, this.#filledBytes);
      this.#filledBytes += part.length;
      at += part.length;
    }
  }

  async #passOn(): Promise<void> {
    this.#block = await this.#pass(this.#block);
    this.#filledBytes = 0;
  }
}
