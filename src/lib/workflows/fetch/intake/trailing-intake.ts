import {open, type FileHandle} from 'node:fs/promises';
import {ResultIntake, type IntakeTerms, type CheckedRows} from '../result-intake.js';

/** Large enough that the calls cost nothing beside the work on the bytes. */
const BLOCK_BYTES = 1024 * 1024;

/** A result file that is being written, and what to check it against: plain data, which a thread can be sent. */
export interface GrowingResult {
  readonly path: string;
  readonly terms: IntakeTerms;
}

/** Checks a result file while it is being written, by reading it again behind its writer: most of it from memory. */
export class TrailingIntake {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #intake: ResultIntake;
  #current = Buffer.allocUnsafe(BLOCK_BYTES);
  #next = Buffer.allocUnsafe(BLOCK_BYTES);
  #position = 0;

  private constructor(path: string, file: FileHandle, intake: ResultIntake) {
    this.#path = path;
    this.#file = file;
    this.#intake = intake;
  }

  /** @throws what the file system says of the result file. */
  static async open({path, terms}: GrowingResult): Promise<TrailingIntake> {
    const intake = await ResultIntake.open(terms);
    return new TrailingIntake(path, await open(path, 'r'), intake);
  }

  /**
   * Checks what was written up to a byte.
   *
   * @throws what the file system says, and the reason of the signal.
   */
  async readTo(endBytes: number, stop: AbortSignal): Promise<void> {
    let reading = this.#readBlock(endBytes);
    try {
      while (this.#position < endBytes) {
        stop.throwIfAborted();
        const bytes = await reading;
        if (bytes.length === 0) throw new Error(`${this.#path} has become shorter while it was written`);
        this.#position += bytes.length;
        reading = this.#readBlock(endBytes); // Disk and check work at the same time.
        this.#intake.push(bytes);
      }
    } finally {
      await Promise.allSettled([reading]); // None may be left behind on a closed file.
    }
  }

  async #readBlock(endBytes: number): Promise<Buffer> {
    [this.#current, this.#next] = [this.#next, this.#current];
    const length = Math.min(BLOCK_BYTES, endBytes - this.#position);
    const buffer = this.#current;
    const {bytesRead} = await this.#file.read(buffer, 0, length, this.#position);
    return buffer.subarray(0, bytesRead);
  }

  /** Ends the check of the file, all of which was read. */
  finish(): Promise<CheckedRows> {
    return this.#intake.finish(this.#path);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
