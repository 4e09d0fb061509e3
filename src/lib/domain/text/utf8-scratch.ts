/** Encodes texts into memory that the next text takes again: a million small buffers would take more than all else. */
export class Utf8Scratch {
  #bytes = Buffer.allocUnsafe(64 * 1024);

  /** The text in UTF-8, valid until the next call. */
  encode(text: string): Buffer {
    const most = text.length * 3;
    if (this.#bytes.length < most) this.#bytes = Buffer.allocUnsafe(most);
    return this.#bytes.subarray(0, this.#bytes.write(text));
  }
}
