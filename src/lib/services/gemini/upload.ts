/**
 * Sends a request file to the service by its resumable upload protocol.
 *
 * The file is streamed from disk in large chunks. After a broken connection the service is asked how far it got
 * (`query`) and the rest is sent from there; where that does not work the upload starts again. An upload that is given
 * up is cancelled, so that nothing of it stays at the service; one that may have come to its end is asked about first.
 *
 * Protocol: `googleapis/js-genai` `src/_api_client.ts` and `src/cross/_cross_uploader.ts`; `query`, `finalize` and
 * `cancel` as in `firebase/firebase-js-sdk` `packages/storage/src/implementation/requests.ts` and
 * `googleapis/google-api-ruby-client` `google-apis-core/lib/google/apis/core/storage_upload.rb`.
 */
import {GembatchError} from '../../domain/errors.js';
import type {RemoteFile, UploadFile, UploadOptions} from '../batch-service.js';
import {parseReply} from '../reply.js';
import {toUploadedFile} from './reply.js';
import {RetryBudget, retrying} from '../http/retry-budget.js';
import {
  brokenTransferError,
  errorStatusIn,
  isMimeTypeRefusal,
  isTransient,
  malformedReplyError,
  replyError,
  type RawReply,
} from '../http/service-error.js';
import {SourceFile, type ByteRange} from '../transfer/source-file.js';
import type {TransferContext} from '../transfer/transfer-context.js';

/** What is known of an upload after a break: bytes that the service has, the finished file, or nothing. */
type UploadState = number | RemoteFile | 'lost';

const CALL = {name: 'upload', subject: 'upload'} as const;

/**
 * Bytes of one request, a multiple of the protocol's 256 KiB. Each costs a round trip: with one of 100 ms, 2 GiB over a
 * connection as fast as memory take 28 s by 8 MiB (the SDK's size), 8 s by 32, 5 s by 64 and 2 s by 256 MiB. It is also
 * the most that is sent twice, should the service keep nothing of a request that breaks off.
 */
const CHUNK_BYTES = 64 * 1024 * 1024;

/** What the service answers when it does not know the upload, or not at this offset. */
const LOST_SESSION_STATUSES: ReadonlySet<unknown> = new Set([400, 404, 409, 410, 412, 416]);
const MAX_LOST_SESSIONS = 3;

/** How long each request about an upload that is given up may take; the service forgets it by itself, only later. */
const GIVE_UP_MS = 2_000;

/** One upload, from its start to the file at the service. */
export class Upload {
  readonly #file: UploadFile;
  readonly #mimeType: string;
  readonly #context: TransferContext;
  readonly #options: UploadOptions;
  readonly #retries: RetryBudget;
  /** The most that the service ever had of the file; only more than that is progress. */
  #mostBytes = 0;
  #lostSessions = 0;
  /** Whether the end of the upload was sent and has no answer yet: the service may have made the file. */
  #isEndOpen = false;
  #leftFile: RemoteFile | undefined;

  constructor(file: UploadFile, mimeType: string, context: TransferContext, options: UploadOptions) {
    this.#file = file;
    this.#mimeType = mimeType;
    this.#context = context;
    this.#options = options;
    this.#retries = new RetryBudget(context, options);
  }

  /** The file that the service has although the upload failed; the caller is to delete it. */
  get leftFile(): RemoteFile | undefined {
    return this.#leftFile;
  }

  /**
   * Runs the upload. After an error nothing but `leftFile` is at the service, as far as it could be told.
   *
   * @returns the file as the service describes it, not compared with anything yet.
   * @throws GembatchError `FILE_CHANGED` when the file was touched on the way, `FILE_UNREADABLE`, `INTERRUPTED`,
   *   `KEY_REFUSED`, `REFUSED`, `QUOTA`, `SERVICE`.
   */
  async run(): Promise<RemoteFile> {
    const source = SourceFile.open(this.#file);
    try {
      for (;;) {
        const session = await retrying(() => this.#start(), this.#retries);
        const uploaded = await this.#sendAll(source, session);
        if (uploaded !== 'lost') return uploaded;
      }
    } finally {
      await source.close();
    }
  }

  async #start(): Promise<URL> {
    const {displayName, sizeBytes} = this.#file;
    const metadata = Buffer.from(
      JSON.stringify({file: {mimeType: this.#mimeType, displayName, sizeBytes: String(sizeBytes)}}),
    );
    const url = new URL('upload/v1beta/files', withSlash(this.#context.address.baseUrl));
    const reply = await this.#post(url, {
      headers: {
        'content-type': 'application/json',
        'x-goog-upload-protocol': 'resumable',
        'x-goog-upload-command': 'start',
        'x-goog-upload-header-content-length': String(sizeBytes),
        'x-goog-upload-header-content-type': this.#mimeType,
      },
      body: metadata,
    });
    const session = reply.headers.get('x-goog-upload-url');
    if (session === undefined || !URL.canParse(session))
      throw malformedReplyError(CALL.name, 'it names no upload URL');
    return this.#atOurAddress(new URL(session));
  }

  /**
   * The upload URL on the host that the base URL names, as the SDK does it: behind a proxy or an emulator the service
   * may call itself by another name, and the API key must not go to a host that the user did not choose.
   */
  #atOurAddress(session: URL): URL {
    const {protocol, hostname, port} = new URL(this.#context.address.baseUrl);
    session.protocol = protocol;
    session.hostname = hostname;
    session.port = port;
    return session;
  }

  /** Sends until the service has it all, or has lost the upload and a new one is needed. */
  async #sendAll(source: SourceFile, session: URL): Promise<RemoteFile | 'lost'> {
    let state: UploadState = 0;
    try {
      while (typeof state === 'number') {
        state = await this.#sendChunk(source, session, state).catch(async (error: unknown) => {
          if (this.#isSessionLost(error)) return 'lost';
          await this.#retries.waitAfter(error);
          return this.#query(session);
        });
        if (typeof state === 'number') this.#reached(state);
      }
      return state;
    } catch (error) {
      await this.#giveUp(session);
      throw error;
    }
  }

  /** Whether the service has forgotten the upload, or where it is; that may happen a few times, more often it is a refusal. */
  #isSessionLost(error: unknown): boolean {
    const isLost =
      error instanceof GembatchError &&
      error.code === 'REFUSED' &&
      LOST_SESSION_STATUSES.has(error.details['status']) &&
      !isMimeTypeRefusal(error);
    if (isLost) this.#lostSessions += 1;
    return isLost && this.#lostSessions <= MAX_LOST_SESSIONS;
  }

  #reached(bytes: number): void {
    if (bytes <= this.#mostBytes) return;
    this.#mostBytes = bytes;
    this.#retries.progressed();
  }

  async #sendChunk(source: SourceFile, session: URL, offset: number): Promise<UploadState> {
    const {sizeBytes} = this.#file;
    const endBytes = Math.min(offset + (this.#context.chunkBytes ?? CHUNK_BYTES), sizeBytes);
    const commands = [
      ...(endBytes > offset ? ['upload'] : []),
      ...(endBytes === sizeBytes ? ['finalize'] : []),
    ];
    const reply = await this.#post(session, {
      headers: {
        'content-type': this.#mimeType,
        'content-length': String(endBytes - offset),
        'x-goog-upload-command': commands.join(', '),
        'x-goog-upload-offset': String(offset),
      },
      body: this.#bytesOf(source, {offset, endBytes}),
    });
    this.#isEndOpen = false;
    const status = reply.headers.get('x-goog-upload-status');
    if (status === 'final') return this.#uploaded(reply);
    if (status === 'active' && endBytes < sizeBytes) return endBytes;
    throw brokenTransferError(CALL.name, `its status is ${status ?? 'not said'}`);
  }

  async *#bytesOf(source: SourceFile, range: ByteRange): AsyncGenerator<Buffer> {
    let sentBytes = range.offset;
    for await (const bytes of source.blocks(range)) {
      yield bytes;
      sentBytes += bytes.length;
      this.#options.onProgress?.(sentBytes);
    }
    this.#isEndOpen = range.endBytes === this.#file.sizeBytes;
  }

  /** Asks how far the upload is. */
  async #query(session: URL): Promise<UploadState> {
    let reply: RawReply;
    try {
      const ask = {headers: {'x-goog-upload-command': 'query'}};
      reply = await retrying(() => this.#post(session, ask), this.#retries);
    } catch (error) {
      // It does not know the upload, or not this question.
      if (error instanceof GembatchError && error.code === 'REFUSED') return 'lost';
      throw error;
    }
    const status = reply.headers.get('x-goog-upload-status');
    if (status === 'final') return this.#uploadedBefore(reply);
    const received = Number(reply.headers.get('x-goog-upload-size-received') ?? Number.NaN);
    const isPlausible = Number.isSafeInteger(received) && received >= 0 && received <= this.#file.sizeBytes;
    return status === 'active' && isPlausible ? received : 'lost';
  }

  /** The file in the answer to the end of the upload, which may be a success with an error inside. */
  #uploaded(reply: RawReply): RemoteFile {
    const status = errorStatusIn(reply.body);
    if (status !== undefined) throw replyError({...reply, status}, CALL);
    return toUploadedFile(parseReply(reply.body, CALL.name), CALL.name);
  }

  /** A finished upload whose file cannot be learnt costs nothing: it is sent again, the other one expires. */
  #uploadedBefore(reply: RawReply): RemoteFile | 'lost' {
    try {
      return this.#uploaded(reply);
    } catch (error) {
      if (error instanceof GembatchError && (isTransient(error) || error.details['malformed'] === true))
        return 'lost';
      throw error;
    }
  }

  /** Best effort: what matters is the error that ended the upload, and the service forgets it by itself. */
  async #giveUp(session: URL): Promise<void> {
    if (this.#isEndOpen) this.#leftFile = await this.#fileOf(session);
    if (this.#leftFile === undefined) await this.#command(session, 'cancel').catch(() => undefined);
  }

  /** The file that came of an upload; undefined when there is none or it cannot be learnt. */
  async #fileOf(session: URL): Promise<RemoteFile | undefined> {
    try {
      return this.#uploaded(await this.#command(session, 'query'));
    } catch {
      return undefined;
    }
  }

  #command(session: URL, command: 'query' | 'cancel'): Promise<RawReply> {
    return this.#context.http.sendWhole({
      ...CALL,
      method: 'POST',
      url: session,
      headers: {...this.#key, 'x-goog-upload-command': command},
      silenceMs: GIVE_UP_MS,
      answerMs: GIVE_UP_MS,
      totalMs: GIVE_UP_MS,
    });
  }

  async #post(
    url: URL,
    parts: {headers: Readonly<Record<string, string>>; body?: Buffer | AsyncIterable<Buffer>},
  ): Promise<RawReply> {
    const {signal} = this.#options;
    const {http, silenceMs, answerMs} = this.#context;
    const reply = await http.sendWhole({
      ...CALL,
      method: 'POST',
      url,
      ...parts,
      headers: {...this.#key, ...parts.headers},
      silenceMs,
      answerMs,
      ...(signal === undefined ? {} : {signal}),
    });
    if (reply.status < 200 || reply.status >= 300) throw replyError(reply, CALL);
    return reply;
  }

  get #key(): Readonly<Record<string, string>> {
    return {'x-goog-api-key': this.#context.address.apiKey};
  }
}

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}
