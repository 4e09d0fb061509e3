/** Gathers pieces of any size into blocks, for what costs the same for a few bytes as for many. */
export class BlockFiller {
  readonly #pass: (filled: Uint8Array) => Promise<Uint8Array>;
  #block: Uint8Array = new Uint8Array(0);
  #filledBytes = 0;

  /** @param pass - takes what is filled, at first nothing, and gives the block that is filled next. */
  constructor(pass: (filled: Uint8Array) => Promise<Uint8Array>) {
    this.#pass = pass;
  }

  /** Takes the next bytes, which may be reused afterwards. One call at a time; throws what `pass` throws. */
  async add(piece: Uint8Array): Promise<void> {
    for (let at = 0; at < piece.length;) {
      if (this.#filledBytes === this.#block.length) await this.flush();
      const part = piece.subarray(at, at + this.#block.length - this.#filledBytes);
      this.#block.set(part, this.#filledBytes);
      this.#filledBytes += part.length;
      at += part.length;
    }
  }

  /** Passes on what is there. */
  async flush(): Promise<void> {
    this.#block = await this.#pass(this.#block.subarray(0, this.#filledBytes));
    this.#filledBytes = 0;
  }
}
