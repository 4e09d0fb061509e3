import {createHash} from 'node:crypto';
import {MessageChannel, type MessagePort} from 'node:worker_threads';
import {SharedThread} from './shared-thread.js';

const hashThread = new SharedThread(new URL('./hash-worker.js', import.meta.url));

/** Large enough that the calls cost nothing beside the work on the bytes. */
const CHUNK_BYTES = 1024 * 1024;
/** Chunks of a file in memory: one is read, one is checked, the others wait for their hash. */
const SHARED_BUFFERS = 4;
/** A smaller file is hashed before a thread has started. */
const MIN_THREAD_BYTES = 16 * 1024 * 1024;

/** Hashes a file chunk by chunk, in the buffers that the chunks are read into. */
export interface ChunkHash {
  /** Lends the buffer for the next chunk. A chunk is valid until the next but one buffer is asked for. */
  nextBuffer(): Promise<Buffer>;
  /** Takes the next chunk, which is in the buffer that was lent for it. */
  update(chunk: Uint8Array): void;
  /** The SHA-256 of all chunks, in hex; undefined when it was lost with its thread. */
  digest(): Promise<string | undefined>;
  /** Gives the buffers and the thread up. */
  close(): Promise<void>;
}

/** Starts to hash a file of about this size: beside the caller when that is worth a thread and there is a core for it. */
export function openHash(sizeBytes: number): ChunkHash {
  return (sizeBytes < MIN_THREAD_BYTES ? undefined : ThreadHash.open()) ?? new OwnHash();
}

class OwnHash implements ChunkHash {
  readonly #hash = createHash('sha256');
  #current = Buffer.allocUnsafe(CHUNK_BYTES);
  #next = Buffer.allocUnsafe(CHUNK_BYTES);

  async nextBuffer(): Promise<Buffer> {
    [this.#current, this.#next] = [this.#next, this.#current];
    return this.#current;
  }

  update(chunk: Uint8Array): void {
    this.#hash.update(chunk);
  }

  async digest(): Promise<string> {
    return this.#hash.digest('hex');
  }

  async close(): Promise<void> {}
}

class ThreadHash implements ChunkHash {
  readonly #port: MessagePort;
  readonly #release: () => Promise<void>;
  readonly #memory = new SharedArrayBuffer(SHARED_BUFFERS * CHUNK_BYTES);
  #lent = 0;
  #hashed = 0;
  #digest: string | undefined;
  #isClosed = false;
  #wake: () => void = () => undefined;

  static open(): ThreadHash | undefined {
    const {port1, port2} = new MessageChannel();
    const release = hashThread.serve(port2);
    if (release !== undefined) return new ThreadHash(port1, release);
    port1.close();
    return undefined;
  }

  private constructor(port: MessagePort, release: () => Promise<void>) {
    this.#port = port;
    this.#release = release;
    port.on('message', (digest: string | null) => {
      if (digest === null) this.#hashed++;
      else this.#digest = digest;
      this.#wake();
    });
    port.on('close', () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  async nextBuffer(): Promise<Buffer> {
    await this.#until(() => this.#lent - this.#hashed < SHARED_BUFFERS);
    return Buffer.from(this.#memory, (this.#lent++ % SHARED_BUFFERS) * CHUNK_BYTES, CHUNK_BYTES);
  }

  update(chunk: Uint8Array): void {
    this.#port.postMessage(chunk);
  }

  async digest(): Promise<string | undefined> {
    this.#port.postMessage(null);
    await this.#until(() => this.#digest !== undefined);
    return this.#digest;
  }

  async close(): Promise<void> {
    this.#port.close();
    await this.#release();
  }

  /** Waits for it, or for the end of the thread. */
  async #until(isSo: () => boolean): Promise<void> {
    while (!this.#isClosed && !isSo()) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}
