import {randomUUID} from 'node:crypto';
import {closeSync, mkdirSync, openSync, readSync, unlinkSync, writeSync} from 'node:fs';
import {join} from 'node:path';
import {GembatchError} from '../../../domain/errors.js';
import {fieldOf} from '../../../domain/json/json-object.js';

const BLOCK_BYTES = 256 * 1024;
/** What is read for a row that does not follow the last one. */
const LONE_ROW_BYTES = 4 * 1024;
const LENGTH_BYTES = 4;

/**
 * Texts that are kept in a temporary file, and read again by their place. Quick when they are read in their order. Like all small
 * reads by the million, these are synchronous.
 */
export class RowSpill {
  readonly #path: string;
  readonly #fd: number;
  #sizeBytes = 0;
  #filling: Buffer = Buffer.allocUnsafe(BLOCK_BYTES);
  #filled = 0;
  #block: Buffer = Buffer.alloc(0);
  #blockStart = 0;
  #isNamed = true;

  /**
   * @param folder - where there is room for all of it.
   * @throws GembatchError STORAGE.
   */
  constructor(private readonly folder: string) {
    this.#path = join(folder, `.gembatch-rows-${randomUUID()}.tmp`);
    this.#fd = this.#orStorage(() => {
      mkdirSync(folder, {recursive: true});
      return openSync(this.#path, 'wx+', 0o600);
    });
    // Without its name it goes with the process, however that ends. Some systems keep the name of a file that is open.
    this.#unlink();
  }

  /**
   * Keeps a text.
   *
   * @returns its place.
   * @throws GembatchError STORAGE.
   */
  add(text: string): number {
    const place = this.#sizeBytes;
    const most = LENGTH_BYTES + text.length * 3;
    if (this.#filled + most > this.#filling.length) this.#flush();
    if (most > this.#filling.length) this.#filling = Buffer.allocUnsafe(most);
    const length = this.#filling.write(text, this.#filled + LENGTH_BYTES);
    this.#filling.writeUInt32LE(length, this.#filled);
    this.#filled += LENGTH_BYTES + length;
    this.#sizeBytes += LENGTH_BYTES + length;
    return place;
  }

  /** The text at a place that `add` gave. */
  textAt(place: number): string {
    if (this.#filled > 0) this.#flush();
    const length = this.#bytesAt(place, LENGTH_BYTES).readUInt32LE();
    return this.#bytesAt(place + LENGTH_BYTES, length).toString('utf8');
  }

  close(): void {
    closeSync(this.#fd);
    if (this.#isNamed) this.#unlink();
  }

  #bytesAt(place: number, length: number): Buffer {
    const at = place - this.#blockStart;
    if (at >= 0 && at + length <= this.#block.length) return this.#block.subarray(at, at + length);
    const isNext = at >= 0 && at <= this.#block.length + BLOCK_BYTES;
    const wanted = Math.max(length, isNext ? BLOCK_BYTES : LONE_ROW_BYTES);
    this.#block = this.#read(place, Math.min(wanted, this.#sizeBytes - place));
    this.#blockStart = place;
    return this.#block.subarray(0, length);
  }

  #read(place: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    for (let filled = 0; filled < length;) {
      const count = this.#orStorage(() => readSync(this.#fd, bytes, filled, length - filled, place + filled));
      if (count === 0)
        throw new GembatchError('STORAGE', `A temporary file in ${this.folder} became shorter.`);
      filled += count;
    }
    return bytes;
  }

  #flush(): void {
    for (let written = 0; written < this.#filled;) {
      written += this.#orStorage(() => writeSync(this.#fd, this.#filling, written, this.#filled - written));
    }
    this.#filled = 0;
  }

  #unlink(): void {
    try {
      unlinkSync(this.#path);
      this.#isNamed = false;
    } catch {
      return; // Tried again at the end.
    }
  }

  #orStorage<T>(operation: () => T): T {
    try {
      return operation();
    } catch (cause) {
      const code = String(fieldOf(cause, 'code'));
      throw new GembatchError(
        'STORAGE',
        `The rows of the source cannot be kept in ${this.folder} (${code}).`,
        {
          cause,
          suggestions: ['Make room there, or write --join FILE into a folder that has room.'],
        },
      );
    }
  }
}
