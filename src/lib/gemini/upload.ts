/**
 * Sends a request file to the service by its resumable upload protocol.
 *
 * The file is streamed from disk in large chunks. After a broken connection the service is asked how far it got
 * (`query`) and the rest is sent from there; where that does not work the upload starts again. What the service has
 * at the end is compared with what was inspected, byte count and fingerprint, before anybody relies on it.
 *
 * Protocol: `googleapis/js-genai` `src/_api_client.ts` and `src/cross/_cross_uploader.ts`; `query` as in
 * `firebase/firebase-js-sdk` `packages/storage/src/implementation/requests.ts`.
 */
import {createHash, type Hash} from 'node:crypto';
import {open as openFile, type FileHandle} from 'node:fs/promises';
import type {Clock} from '../domain/clock.js';
import {GembatchError} from '../domain/errors.js';
import {exchange} from './http-exchange.js';
import {parseReply, toUploadedFile, type RemoteFile} from './reply.js';
import {Patience, throwIfAborted, type CallOptions} from './retry.js';
import type {ServiceAddress} from './sdk-calls.js';
import {errorInBody, malformedReplyError, networkError, replyError, type RawReply} from './service-error.js';

/** A request file that was inspected, to be sent. */
export interface UploadFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** SHA-256 of what was inspected, 64 lower-case hex digits. */
  readonly sha256: string;
  readonly displayName: string;
}

/** What an upload may be given. */
export interface UploadOptions extends CallOptions {
  /** Told how many bytes the service has been sent; goes back after a break. */
  readonly onProgress?: (sentBytes: number) => void;
}

/** What an upload needs to know besides its file. */
export interface UploadContext {
  readonly address: ServiceAddress;
  readonly clock: Clock;
  /** How long failures are waited out without progress, in milliseconds. */
  readonly patienceMs: number;
}

/**
 * Bytes of one request. A multiple of the protocol's 256 KiB; large, because each chunk costs a round trip, and no
 * larger, because a service that does not answer `query` in mid-chunk gets a broken chunk again.
 */
const CHUNK_BYTES = 32 * 1024 * 1024;
/** Bytes read from disk at a time; two such buffers are alive at most. */
const BLOCK_BYTES = 1024 * 1024;

/** What the service answers when it does not know the upload, or not at this offset. */
const LOST_SESSION_STATUSES: ReadonlySet<unknown> = new Set([404, 409, 410, 412]);
const MAX_LOST_SESSIONS = 3;

/** One upload, from its start to the file at the service. */
export class Upload {
  readonly #file: UploadFile;
  readonly #mimeType: string;
  readonly #context: UploadContext;
  readonly #options: UploadOptions;
  readonly #patience: Patience;
  readonly #hash: Hash = createHash('sha256');
  #hashedBytes = 0;
  #lostSessions = 0;

  constructor(file: UploadFile, mimeType: string, context: UploadContext, options: UploadOptions) {
    this.#file = file;
    this.#mimeType = mimeType;
    this.#context = context;
    this.#options = options;
    this.#patience = new Patience(context.clock, context.patienceMs, options);
  }

  /**
   * Runs the upload.
   *
   * @returns the file as the service describes it; its content is not compared yet with anything but the file on disk.
   * @throws GembatchError `FILE_CHANGED` when the file is not what was inspected, `FILE_UNREADABLE`, `INTERRUPTED`,
   *   `KEY_REFUSED`, `REFUSED`, `QUOTA`, `SERVICE`.
   */
  async run(): Promise<RemoteFile> {
    const handle = await openForReading(this.#file);
    try {
      for (;;) {
        const session = await this.#patiently(() => this.#start());
        const reply = await this.#sendAll(handle, session);
        if (reply !== undefined)
          return toUploadedFile(parseReply(reply.body, this.#callName), this.#callName);
      }
    } finally {
      await handle.close();
    }
  }

  /** SHA-256 of the bytes that were sent, when all of them were. */
  get sentSha256(): string | undefined {
    return this.#hashedBytes === this.#file.sizeBytes ? this.#hash.copy().digest('hex') : undefined;
  }

  get #callName(): string {
    return 'upload';
  }

  /** Sends until the service has it all; undefined when the session is lost and a new one is needed. */
  async #sendAll(handle: FileHandle, session: URL): Promise<RawReply | undefined> {
    let offset = 0;
    for (;;) {
      try {
        const reply = await this.#sendChunk(handle, session, offset);
        if (reply.headers.get('x-goog-upload-status') === 'final') return this.#finalised(reply);
        offset += Math.min(CHUNK_BYTES, this.#file.sizeBytes - offset);
        this.#patience.progressed();
      } catch (error) {
        if (this.#isSessionLost(error)) return undefined;
        await this.#patience.waitAfter(error);
        const state = await this.#query(session);
        if (state === 'lost') return undefined;
        if (typeof state !== 'number') return state;
        if (state > offset) this.#patience.progressed();
        offset = state;
      }
    }
  }

  /** Whether the service has forgotten the upload; that may happen once or twice, more often is a refusal. */
  #isSessionLost(error: unknown): boolean {
    if (!(error instanceof GembatchError) || !LOST_SESSION_STATUSES.has(error.details['status']))
      return false;
    this.#lostSessions += 1;
    return this.#lostSessions <= MAX_LOST_SESSIONS;
  }

  async #start(): Promise<URL> {
    const metadata = JSON.stringify({
      file: {
        mimeType: this.#mimeType,
        displayName: this.#file.displayName,
        sizeBytes: String(this.#file.sizeBytes),
      },
    });
    const url = new URL('upload/v1beta/files', withSlash(this.#context.address.baseUrl));
    const reply = await this.#post(url, {
      headers: {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(metadata)),
        'x-goog-upload-protocol': 'resumable',
        'x-goog-upload-command': 'start',
        'x-goog-upload-header-content-length': String(this.#file.sizeBytes),
        'x-goog-upload-header-content-type': this.#mimeType,
      },
      writeBody: (write) => write(Buffer.from(metadata)),
    });
    const session = reply.headers.get('x-goog-upload-url');
    if (session === null || !URL.canParse(session))
      throw malformedReplyError(this.#callName, 'it names no upload URL');
    return this.#atOurAddress(new URL(session));
  }

  /**
   * The upload URL on the host that the base URL names, as the SDK does it: behind a proxy or an emulator the service
   * may call itself by another name, and the API key must not go to a host that nobody chose.
   */
  #atOurAddress(session: URL): URL {
    const {protocol, host} = new URL(this.#context.address.baseUrl);
    session.protocol = protocol;
    session.host = host;
    return session;
  }

  async #sendChunk(handle: FileHandle, session: URL, offset: number): Promise<RawReply> {
    const endBytes = Math.min(offset + CHUNK_BYTES, this.#file.sizeBytes);
    const reply = await this.#post(session, {
      headers: {
        'content-type': this.#mimeType,
        'content-length': String(endBytes - offset),
        'x-goog-upload-command': endBytes === this.#file.sizeBytes ? 'upload, finalize' : 'upload',
        'x-goog-upload-offset': String(offset),
      },
      writeBody: (write) => this.#writeRange(handle, {offset, endBytes}, write),
    });
    const status = reply.headers.get('x-goog-upload-status');
    if (status !== 'active' && status !== 'final')
      throw malformedReplyError(this.#callName, 'it has no upload status');
    return reply;
  }

  async #writeRange(
    handle: FileHandle,
    range: {offset: number; endBytes: number},
    write: (bytes: Buffer) => Promise<void>,
  ): Promise<void> {
    for (let position = range.offset; position < range.endBytes;) {
      const buffer = Buffer.allocUnsafe(Math.min(BLOCK_BYTES, range.endBytes - position));
      const {bytesRead} = await handle.read(buffer, 0, buffer.length, position);
      if (bytesRead === 0) throw changedError(this.#file);
      const bytes = buffer.subarray(0, bytesRead);
      this.#note(bytes, position);
      await write(bytes);
      position += bytesRead;
      this.#options.onProgress?.(position);
    }
  }

  /** Hashes each byte of the file once, in order, however often parts of it are sent. */
  #note(bytes: Buffer, position: number): void {
    const known = this.#hashedBytes - position;
    if (known >= bytes.length) return;
    this.#hash.update(bytes.subarray(known));
    this.#hashedBytes = position + bytes.length;
  }

  /** How many bytes the service has; the answer to the end of the upload if it is over; `lost` if it knows nothing. */
  async #query(session: URL): Promise<number | RawReply | 'lost'> {
    const reply = await this.#patiently(() =>
      this.#post(session, {headers: {'content-length': '0', 'x-goog-upload-command': 'query'}}),
    ).catch((error: unknown) => {
      if (error instanceof GembatchError && (error.code === 'REFUSED' || error.code === 'NOT_FOUND'))
        return undefined;
      throw error;
    });
    const received = Number(reply?.headers.get('x-goog-upload-size-received') ?? Number.NaN);
    const status = reply?.headers.get('x-goog-upload-status');
    // A finished upload whose file nobody was told costs nothing; it is sent again, the other one expires.
    if (reply !== undefined && status === 'final')
      return reply.body.includes('"name"') ? this.#finalised(reply) : 'lost';
    const isUsable =
      status === 'active' && Number.isSafeInteger(received) && received >= 0 && received <= this.#hashedBytes;
    return isUsable ? received : 'lost';
  }

  /** The service may answer the end of an upload with success and an error inside (`googleapis/python-genai` issue 1547). */
  #finalised(reply: RawReply): RawReply {
    const error = errorInBody(reply.body);
    if (error !== undefined) throw replyError({...reply, status: error.status}, 'file', this.#callName);
    return reply;
  }

  async #patiently<T>(call: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        await this.#patience.waitAfter(error);
      }
    }
  }

  async #post(
    url: URL,
    parts: {
      headers: Readonly<Record<string, string>>;
      writeBody?: (write: (bytes: Buffer) => Promise<void>) => Promise<void>;
    },
  ): Promise<RawReply> {
    const {signal} = this.#options;
    let reply: RawReply;
    try {
      reply = await exchange({
        method: 'POST',
        url,
        headers: {...parts.headers, 'x-goog-api-key': this.#context.address.apiKey},
        ...(parts.writeBody === undefined ? {} : {writeBody: parts.writeBody}),
        ...(signal === undefined ? {} : {signal}),
      });
    } catch (error) {
      throwIfAborted(signal);
      throw error instanceof GembatchError ? error : networkError(error, this.#callName);
    }
    if (reply.status < 200 || reply.status >= 300) throw replyError(reply, 'file', this.#callName);
    return reply;
  }
}

/** The error for a file that is not what was inspected any more. */
export function changedError(file: UploadFile): GembatchError {
  return new GembatchError(
    'FILE_CHANGED',
    `${file.path}: changed while it was being submitted; nothing was created for it.`,
  );
}

async function openForReading(file: UploadFile): Promise<FileHandle> {
  let handle: FileHandle;
  try {
    handle = await openFile(file.path, 'r');
  } catch (error) {
    throw new GembatchError(
      'FILE_UNREADABLE',
      `${file.path}: cannot be read any more; nothing was created for it.`,
      {
        cause: error,
      },
    );
  }
  const {size} = await handle.stat();
  if (size === file.sizeBytes) return handle;
  await handle.close();
  throw changedError(file);
}

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}
