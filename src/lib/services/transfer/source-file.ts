/** Reads a request file to be sent, and notices when it is not what was inspected. */
import {createHash} from 'node:crypto';
import {closeSync, constants, createReadStream, fstatSync, openSync, read} from 'node:fs';
import {stat} from 'node:fs/promises';
import {pipeline} from 'node:stream/promises';
import {promisify} from 'node:util';
import {GembatchError} from '../../domain/errors.js';
import type {UploadFile} from '../batch-service.js';

/** Bytes of a file, from `offset` to before `endBytes`. */
export interface ByteRange {
  readonly offset: number;
  readonly endBytes: number;
}

/** What tells one state of a file from another. */
interface FileState {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
}

/** Bytes read at a time. */
const BLOCK_BYTES = 1024 * 1024;

/** Of a range, each used again and again: one that is sent, one that is read ahead, one between them. */
const BUFFERS = 3;

const readAt = promisify(read);

/** A request file that is being sent. */
export class SourceFile {
  readonly #file: UploadFile;
  readonly #descriptor: number;
  readonly #opened: FileState;
  /** The reads that were begun; they use the descriptor until they end. */
  #reading: Promise<void> = Promise.resolve();
  #isClosed = false;

  private constructor(file: UploadFile, descriptor: number, opened: FileState) {
    this.#file = file;
    this.#descriptor = descriptor;
    this.#opened = opened;
  }

  /**
   * Opens a file at once, without a turn of the event loop: what other files have their turn for would come between it and
   * the announcement of its upload, and a round trip begins with that.
   *
   * @throws GembatchError `FILE_UNREADABLE`; `FILE_CHANGED` when it has not the size that was inspected.
   */
  static open(file: UploadFile): SourceFile {
    let descriptor: number | undefined;
    try {
      // It may be a pipe by now, which would keep everything waiting.
      descriptor = openSync(file.path, constants.O_RDONLY | constants.O_NONBLOCK);
      const opened = fstatSync(descriptor, {bigint: true});
      if (opened.size !== BigInt(file.sizeBytes)) throw changedError(file);
      return new SourceFile(file, descriptor, opened);
    } catch (error) {
      if (descriptor !== undefined) closeSync(descriptor);
      throw error instanceof GembatchError ? error : unreadableError(file, error);
    }
  }

  /**
   * Yields the bytes of a range, block by block, reading one ahead. A block keeps its bytes until the next but one is asked
   * for: new memory for each costs more than to send it.
   *
   * The end of the file is only yielded when it has not been touched since it was opened: so no one who waits for the end
   * takes in parts of two versions.
   *
   * @throws GembatchError `FILE_CHANGED`, `FILE_UNREADABLE`.
   */
  async *blocks({offset, endBytes}: ByteRange): AsyncGenerator<Buffer> {
    const buffers: Buffer[] = [];
    let ahead = this.#read({offset, endBytes}, buffers);
    for (let position = offset; position < endBytes;) {
      const bytes = await ahead;
      position += bytes.length;
      ahead = this.#read({offset: position, endBytes}, buffers);
      if (position === this.#file.sizeBytes) await this.#checkUntouched();
      yield bytes;
    }
  }

  /** Closes the file when nothing reads it any more. A second call does nothing. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#reading;
    closeSync(this.#descriptor);
  }

  /** @param buffers - of the range; the one that was used longest ago is taken. */
  #read({offset, endBytes}: ByteRange, buffers: Buffer[]): Promise<Buffer> {
    const sizeBytes = Math.min(BLOCK_BYTES, endBytes - offset);
    if (sizeBytes === 0) return Promise.resolve(Buffer.alloc(0));
    const buffer =
      (buffers.length < BUFFERS ? undefined : buffers.shift()) ?? Buffer.allocUnsafe(BLOCK_BYTES);
    buffers.push(buffer);
    const block = this.#readBlock(offset, buffer.subarray(0, sizeBytes));
    // A block that was read ahead may not be wanted any more; who wants it sees its failure.
    this.#reading = Promise.allSettled([this.#reading, block]).then(() => undefined);
    return block;
  }

  async #readBlock(offset: number, buffer: Buffer): Promise<Buffer> {
    // Another file may have the number of the descriptor by then.
    if (this.#isClosed) throw new Error(`${this.#file.path} is closed`);
    let bytesRead: number;
    try {
      ({bytesRead} = await readAt(this.#descriptor, buffer, 0, buffer.length, offset));
    } catch (error) {
      throw unreadableError(this.#file, error);
    }
    if (bytesRead === 0) throw changedError(this.#file);
    return buffer.subarray(0, bytesRead);
  }

  async #checkUntouched(): Promise<void> {
    const now = await stat(this.#file.path, {bigint: true}).catch(() => undefined);
    const {dev, ino, size, mtimeNs} = this.#opened;
    const isUntouched = now?.dev === dev && now.ino === ino && now.size === size && now.mtimeNs === mtimeNs;
    if (!isUntouched) throw changedError(this.#file);
  }
}

/**
 * Reads the file again, to its end, and compares it with what was inspected.
 *
 * @throws GembatchError `FILE_CHANGED`, `FILE_UNREADABLE`.
 */
export async function checkUnchanged(file: UploadFile): Promise<void> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file.path, {highWaterMark: BLOCK_BYTES}), hash);
  } catch (error) {
    throw unreadableError(file, error);
  }
  if (hash.digest('hex') !== file.sha256) throw changedError(file);
}

function changedError(file: UploadFile): GembatchError {
  return new GembatchError(
    'FILE_CHANGED',
    `${file.path} changed while it was being submitted; nothing was created for it.`,
  );
}

function unreadableError(file: UploadFile, cause: unknown): GembatchError {
  return new GembatchError(
    'FILE_UNREADABLE',
    `${file.path} cannot be read any more; nothing was created for it.`,
    {cause},
  );
}
