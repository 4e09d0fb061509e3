/**
 * Uploads a request file to Cloud Storage: resumable
 * (https://cloud.google.com/storage/docs/performing-resumable-uploads), and only if no object of that name is there. The name has the
 * fingerprint of the content, so what is there is what was to be sent, which its size and checksum have to confirm.
 */
import {createHash, type Hash} from 'node:crypto';
import {GembatchError} from '../../domain/errors.js';
import type {UploadFile, UploadOptions} from '../batch-service.js';
import {RetryBudget, retrying} from '../http/retry-budget.js';
import {brokenTransferError, malformedReplyError, type RawReply} from '../http/service-error.js';
import {SourceFile, type ByteRange} from '../transfer/source-file.js';
import type {CloudStorage} from './cloud-storage.js';
import {Crc32c} from './crc32c.js';
import {addressText, type ObjectAddress} from './object-address.js';
import {parseReply} from '../reply.js';
import {toObject, type StorageObject} from './vertex-reply.js';

/** What is known of an upload after a break: bytes that Cloud Storage has, the finished object, or nothing. */
type UploadState = number | StorageObject | 'lost';

/** Bytes of one request, a multiple of the protocol's 256 KiB; see `gemini/upload.ts`. */
const CHUNK_BYTES = 64 * 1024 * 1024;
/** What is answered for an upload that is not known, or not any more: 499 is one that was cancelled. */
const LOST_STATUSES: ReadonlySet<unknown> = new Set([404, 410, 499]);
const MAX_LOST_SESSIONS = 3;
/** How long the request that gives an upload up may take; it is forgotten by itself after a week. */
const GIVE_UP_MS = 2_000;

/** One upload of one request file. */
export class ObjectUpload {
  readonly #storage: CloudStorage;
  readonly #address: ObjectAddress;
  readonly #file: UploadFile;
  readonly #options: UploadOptions;
  readonly #retries: RetryBudget;
  readonly #hash: Hash = createHash('sha256');
  readonly #crc = new Crc32c();
  /** Bytes from the start that went into the hashes. */
  #hashedBytes = 0;
  #mostBytes = 0;

  constructor(storage: CloudStorage, address: ObjectAddress, file: UploadFile, options: UploadOptions) {
    this.#storage = storage;
    this.#address = address;
    this.#file = file;
    this.#options = options;
    this.#retries = new RetryBudget(storage.calls.transport, options);
  }

  /**
   * Runs the upload.
   *
   * @throws GembatchError `FILE_CHANGED`, `FILE_UNREADABLE`, `INTERRUPTED`, `KEY_REFUSED`, `REFUSED` also when the object that is
   *   there is another, `QUOTA`, `SERVICE`.
   */
  async run(): Promise<void> {
    const source = SourceFile.open(this.#file);
    try {
      for (let sessions = 1; ; sessions += 1) {
        const session = await retrying(() => this.#start(), this.#retries);
        const state = session === undefined ? 'lost' : await this.#sendAll(source, session);
        if (state !== 'lost') return await this.#check(state);
        if (session === undefined && (await this.#isThere(source))) return;
        if (sessions > MAX_LOST_SESSIONS) throw brokenTransferError(this.#name, 'Cloud Storage has lost it');
      }
    } finally {
      await source.close();
    }
  }

  get #name(): string {
    return `upload of ${this.#file.path}`;
  }

  /** Begins an upload; undefined when the object is there. */
  async #start(): Promise<URL | undefined> {
    const {object} = this.#address;
    const {sizeBytes, displayName} = this.#file;
    const query = {uploadType: 'resumable', name: object, ifGenerationMatch: '0'};
    const reply = await this.#call('POST', this.#storage.uploadUrl(this.#address, query), {
      headers: {
        'x-upload-content-type': 'application/jsonl',
        'x-upload-content-length': String(sizeBytes),
      },
      json: {name: object, contentType: 'application/jsonl', metadata: {gembatch: displayName}},
      expected: [412],
    });
    if (reply.status === 412) return undefined;
    const session = reply.headers.get('location');
    if (session === undefined || !URL.canParse(session))
      throw malformedReplyError(this.#name, 'it names no address for the upload');
    return this.#storage.atOurAddress(new URL(session));
  }

  /** Sends until all of it is there, or the upload is lost and a new one is needed. */
  async #sendAll(source: SourceFile, session: URL): Promise<StorageObject | 'lost'> {
    let state: UploadState = 0;
    try {
      while (typeof state === 'number') {
        state = await this.#sendChunk(source, session, state).catch(async (error: unknown) => {
          if (isLost(error)) return 'lost' as const;
          await this.#retries.waitAfter(error);
          return retrying(() => this.#query(session), this.#retries);
        });
        if (typeof state === 'number' && state > this.#mostBytes) {
          this.#mostBytes = state;
          this.#retries.progressed();
        }
      }
      return state;
    } catch (error) {
      await this.#giveUp(session);
      throw error;
    }
  }

  async #sendChunk(source: SourceFile, session: URL, offset: number): Promise<UploadState> {
    const {sizeBytes} = this.#file;
    const endBytes = Math.min(offset + CHUNK_BYTES, sizeBytes);
    const reply = await this.#call('PUT', session, {
      headers: {
        'content-length': String(endBytes - offset),
        'content-range': `bytes ${endBytes > offset ? `${offset}-${endBytes - 1}` : '*'}/${sizeBytes}`,
      },
      bytes: this.#bytesOf(source, {offset, endBytes}),
      expected: [308, 412],
    });
    return this.#stateIn(reply);
  }

  /** Asks how far the upload is. */
  async #query(session: URL): Promise<UploadState> {
    const headers = {'content-length': '0', 'content-range': `bytes */${this.#file.sizeBytes}`};
    try {
      return this.#stateIn(await this.#call('PUT', session, {headers, expected: [308, 412]}));
    } catch (error) {
      if (isLost(error)) return 'lost';
      throw error;
    }
  }

  /** 412 is the answer when another process was faster: the object exists, and the next start finds it. */
  #stateIn(reply: RawReply): UploadState {
    if (reply.status === 412) return 'lost';
    if (reply.status !== 308) return toObject(parseReply(reply.body, this.#name), this.#name);
    const [, last] = /^bytes=0-(?<last>\d+)$/u.exec(reply.headers.get('range') ?? '') ?? [];
    const received = last === undefined ? 0 : Number(last) + 1;
    if (!Number.isSafeInteger(received) || received > this.#file.sizeBytes) return 'lost';
    // All of it is there and still no object: the end has to be sent again.
    return Math.min(received, Math.max(0, this.#file.sizeBytes - 1));
  }

  /** The end of the file is sent only when all of it is what was inspected: an object never differs from its fingerprint. */
  async *#bytesOf(source: SourceFile, range: ByteRange): AsyncGenerator<Buffer> {
    let position = range.offset;
    for await (const bytes of source.blocks(range)) {
      this.#take(bytes, position);
      position += bytes.length;
      yield bytes;
      this.#options.onProgress?.(position);
    }
  }

  /** Hashes what was not hashed before. */
  #take(bytes: Buffer, position: number): void {
    const fresh = bytes.subarray(Math.max(0, this.#hashedBytes - position));
    if (fresh.length === 0 || this.#hashedBytes < position) return;
    this.#hash.update(fresh);
    this.#crc.update(fresh);
    this.#hashedBytes += fresh.length;
    if (this.#hashedBytes === this.#file.sizeBytes && this.#hash.copy().digest('hex') !== this.#file.sha256)
      throw new GembatchError(
        'FILE_CHANGED',
        `${this.#file.path} changed while it was being submitted; nothing was created for it.`,
      );
  }

  /** Whether the object that was in the way holds this very content; false when it is gone meanwhile. */
  async #isThere(source: SourceFile): Promise<boolean> {
    for await (const bytes of source.blocks({offset: this.#hashedBytes, endBytes: this.#file.sizeBytes}))
      this.#take(bytes, this.#hashedBytes);
    try {
      const object = await this.#storage.get(this.#address, this.#options);
      if (!this.#isIntact(object))
        throw new GembatchError(
          'REFUSED',
          `${this.#file.path}: ${addressText(this.#address)} is there and holds something else; nothing was created for it.`,
          {suggestions: ['Delete that object, or name another place: --bucket gs://BUCKET/PREFIX']},
        );
      await this.#storage.note(this.#address, {gembatch: this.#file.displayName}, this.#options);
      return true;
    } catch (error) {
      if (error instanceof GembatchError && error.code === 'NOT_FOUND') return false;
      throw error;
    }
  }

  /** @throws GembatchError `SERVICE` when something else has arrived; it is deleted. */
  async #check(object: StorageObject): Promise<void> {
    if (this.#isIntact(object)) return;
    await this.#storage.delete(this.#address, object, this.#options);
    throw new GembatchError('SERVICE', 'upload: the service received something else than was sent.');
  }

  #isIntact({sizeBytes, crc32c}: StorageObject): boolean {
    const isHashed = this.#hashedBytes === this.#file.sizeBytes;
    const isSame = crc32c === undefined || !isHashed || crc32c === this.#crc.digest();
    return (sizeBytes === undefined || sizeBytes === this.#file.sizeBytes) && isSame;
  }

  /** Best effort: what matters is the error that ended the upload, and it is forgotten by itself. */
  async #giveUp(session: URL): Promise<void> {
    const signal = AbortSignal.timeout(GIVE_UP_MS);
    const call = {
      name: this.#name,
      subject: 'upload',
      method: 'DELETE',
      url: session,
      expected: [499],
    } as const;
    await this.#storage.calls.once({...call, signal}).catch(() => undefined);
  }

  #call(
    method: string,
    url: URL,
    parts: {
      readonly headers: Readonly<Record<string, string>>;
      readonly json?: unknown;
      readonly bytes?: AsyncIterable<Buffer>;
      readonly expected: readonly number[];
    },
  ): Promise<RawReply> {
    const {signal} = this.#options;
    const call = {name: this.#name, subject: 'upload', method, url, ...parts} as const;
    return this.#storage.calls.once({...call, ...(signal === undefined ? {} : {signal})});
  }
}

function isLost(error: unknown): boolean {
  return error instanceof GembatchError && LOST_STATUSES.has(error.details['status']);
}
