import {KeyTable} from '../request-key/key-table.js';

/** Remembers on which line each key is, in some 40 bytes per key whatever its length. */
export class RequestKeys {
  readonly #table = new KeyTable();
  /** Line of each key, by its number in the table. */
  #lines = new Uint32Array(1024);

  /**
   * Notes the key of a line.
   *
   * @param key - text, or its UTF-8 bytes; both name the same key.
   * @returns the earlier line that has the same key; undefined when there is none.
   */
  note(key: string | Uint8Array, line: number): number | undefined {
    const newIndex = this.#table.size;
    const index = this.#table.add(key);
    if (index !== newIndex) return this.#lines[index];
    if (index === this.#lines.length) {
      const larger = new Uint32Array(this.#lines.length * 2);
      larger.set(this.#lines);
      this.#lines = larger;
    }
    this.#lines[index] = line;
    return undefined;
  }
}
