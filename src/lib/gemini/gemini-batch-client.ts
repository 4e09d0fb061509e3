import type {GoogleGenAI} from '@google/genai';
import type {BatchJob} from '../domain/batch-job.js';
import type {Clock} from '../domain/clock.js';
import {GembatchError} from '../domain/errors.js';
import {download, type DownloadOptions} from './download.js';
import {
  parseReply,
  toBatchJob,
  toBatchPage,
  toFilePage,
  toModel,
  toModelPage,
  toRemoteFile,
  type Model,
  type Page,
  type RemoteFile,
} from './reply.js';
import {Patience, retrying, throwIfAborted, type CallOptions} from './retry.js';
import {SdkCalls, type SdkCall, type ServiceAddress} from './sdk-calls.js';
import {changedError, Upload, type UploadFile, type UploadOptions} from './upload.js';

export type {Model, RemoteFile} from './reply.js';
export type {CallOptions, Wait} from './retry.js';

/** How a client is made. */
export interface GeminiBatchClientOptions {
  readonly apiKey: string;
  readonly clock: Clock;
  /** Address of the service; another one for an emulator or a proxy. */
  readonly baseUrl?: string;
  /** How long failures of the network and the service are waited out, in milliseconds; default 5 minutes. */
  readonly patienceMs?: number;
  /** How long one call may take, in milliseconds; default 2 minutes. Transfers have no such limit. */
  readonly timeoutMs?: number;
}

/** A batch job to be made. */
export interface CreateBatchRequest {
  /** Resource name, `models/<id>`. */
  readonly model: string;
  /** The uploaded request file, `files/<id>`. */
  readonly fileName: string;
  readonly displayName: string;
  /** Address that the service notifies when the job ends. */
  readonly webhookUri?: string;
}

const DEFAULT_BASE_URL = 'https://generativelanguage.googleapis.com/';
const DEFAULT_PATIENCE_MS = 300_000;
const DEFAULT_TIMEOUT_MS = 120_000;
const MAX_REPLY_BYTES = 64 * 1024 * 1024;
/** The most that the files list gives at once; without a size some lists have come back empty. */
const PAGE_SIZE = 100;
/** No list is longer; a service that goes on for ever is cut off. */
const MAX_PAGES = 10_000;
/** A request file is text and ready at once; a service that takes longer to accept it is asked again. */
const PROCESSING_PAUSE_MS = 1_000;
/**
 * MIME types for a request file, in the order in which they are tried: each has been refused with 400 at one time or
 * another (`googleapis/python-genai` issues 1547 and 1590).
 */
const MIME_TYPES = ['application/jsonl', 'text/plain', 'application/json'] as const;

/** A create that is answered like this may have taken effect; every other 4xx says that it has not. */
const UNCLEAR_STATUSES: ReadonlySet<unknown> = new Set([409, 499]);

/**
 * The Gemini Batch API as this program uses it.
 *
 * Every call may be repeated by the client itself while the network or the service is in trouble, except
 * `createBatch`, which costs money and is sent once.
 */
export class GeminiBatchClient {
  readonly #address: ServiceAddress;
  readonly #clock: Clock;
  readonly #patienceMs: number;
  readonly #calls: SdkCalls;
  /** The first is the one that worked last. */
  #mimeTypes: readonly string[] = MIME_TYPES;

  constructor(options: GeminiBatchClientOptions) {
    this.#address = {apiKey: options.apiKey, baseUrl: options.baseUrl ?? DEFAULT_BASE_URL};
    this.#clock = options.clock;
    this.#patienceMs = options.patienceMs ?? DEFAULT_PATIENCE_MS;
    this.#calls = new SdkCalls(this.#address, {
      timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      maxBodyBytes: MAX_REPLY_BYTES,
    });
  }

  /** @throws GembatchError `MODEL_UNAVAILABLE` when the service does not have the model. */
  async getModel(name: string, options: CallOptions = {}): Promise<Model> {
    const call = {
      name: `look-up of ${name}`,
      subject: 'model',
      make: (ai: GoogleGenAI) => ai.models.get({model: name}),
    } as const;
    return toModel(parseReply(await this.#repeatable(call, options), call.name), call.name);
  }

  /** All models that the API key may use. */
  async listModels(options: CallOptions = {}): Promise<readonly Model[]> {
    const models: Model[] = [];
    const pages = this.#pages(options, {
      name: 'list of models',
      subject: 'model',
      make: (ai, config) => ai.models.list({config}),
      read: toModelPage,
    });
    for await (const page of pages) models.push(...page);
    return models;
  }

  /**
   * Uploads a request file. On return the service has exactly the bytes that were inspected.
   *
   * @throws GembatchError `FILE_CHANGED` when the file is not what was inspected; nothing of it is left at the service
   *   then. `FILE_UNREADABLE`, `KEY_REFUSED`, `REFUSED`, `QUOTA`, `SERVICE`, `INTERRUPTED`.
   */
  async uploadFile(file: UploadFile, options: UploadOptions = {}): Promise<RemoteFile> {
    const patience = this.#patience(options);
    return retrying(async () => {
      const {uploaded, sentSha256} = await this.#upload(file, options);
      if (sentSha256 !== undefined && sentSha256 !== file.sha256) {
        await this.deleteFile(uploaded.name, options);
        throw changedError(file);
      }
      if (!isIntact(uploaded, file)) {
        await this.deleteFile(uploaded.name, options);
        throw new GembatchError('SERVICE', 'upload: the service has other bytes than were sent.');
      }
      return this.#whenActive(uploaded, options);
    }, patience);
  }

  /**
   * Creates a batch job. One request is sent, never a second, and it is not ended by any signal: it costs money and is
   * not idempotent.
   *
   * @throws GembatchError `UNCLEAR` when it is not known whether the job was made. Every other error says that it was
   *   not: `QUOTA`, `REFUSED`, `KEY_REFUSED`, `MODEL_UNAVAILABLE`, and `SERVICE` with `details.sent` false.
   */
  async createBatch(request: CreateBatchRequest): Promise<BatchJob> {
    const call = {
      name: 'create',
      subject: 'create',
      make: (ai: GoogleGenAI) =>
        ai.batches.create({
          model: request.model,
          src: request.fileName,
          config: {
            displayName: request.displayName,
            ...(request.webhookUri === undefined ? {} : {webhookConfig: {uris: [request.webhookUri]}}),
          },
        }),
    } as const;
    try {
      return toBatchJob(parseReply(await this.#calls.call(call), call.name), call.name);
    } catch (error) {
      if (!(error instanceof GembatchError)) throw error;
      const isUnclear =
        (error.code === 'SERVICE' && error.details['sent'] !== false) ||
        UNCLEAR_STATUSES.has(error.details['status']);
      if (!isUnclear) throw error;
      throw new GembatchError(
        'UNCLEAR',
        `${error.message}; it is not known whether the batch job was made.`,
        {
          details: error.details,
          cause: error,
        },
      );
    }
  }

  /** @throws GembatchError `NOT_FOUND` when the service has no such job (any more). */
  async getBatch(name: string, options: CallOptions = {}): Promise<BatchJob> {
    const call = {name, subject: 'batch', make: (ai: GoogleGenAI) => ai.batches.get({name})} as const;
    return toBatchJob(parseReply(await this.#repeatable(call, options), name), name);
  }

  /** All batch jobs of the project, page by page, newest first as a rule. */
  listBatches(options: CallOptions = {}): AsyncGenerator<readonly BatchJob[]> {
    return this.#pages(options, {
      name: 'list of batch jobs',
      subject: 'batch',
      make: (ai, config) => ai.batches.list({config}),
      read: toBatchPage,
    });
  }

  /** Asks for a job to be cancelled; it may still end in another way. */
  async cancelBatch(name: string, options: CallOptions = {}): Promise<void> {
    await this.#repeatable(
      {name: `cancel of ${name}`, subject: 'batch', make: (ai) => ai.batches.cancel({name})},
      options,
    );
  }

  /** Deletes a job; one that is not there is as good as deleted. */
  deleteBatch(name: string, options: CallOptions = {}): Promise<'deleted' | 'absent'> {
    return this.#delete(
      {name: `deletion of ${name}`, subject: 'batch', make: (ai) => ai.batches.delete({name})},
      options,
    );
  }

  /** @throws GembatchError `NOT_FOUND` */
  async getFile(name: string, options: CallOptions = {}): Promise<RemoteFile> {
    const call = {name, subject: 'file', make: (ai: GoogleGenAI) => ai.files.get({name})} as const;
    return toRemoteFile(parseReply(await this.#repeatable(call, options), name), name);
  }

  /** All files of the project, page by page. */
  listFiles(options: CallOptions = {}): AsyncGenerator<readonly RemoteFile[]> {
    return this.#pages(options, {
      name: 'list of files',
      subject: 'file',
      make: (ai, config) => ai.files.list({config}),
      read: toFilePage,
    });
  }

  /** Deletes a file; one that is not there is as good as deleted. */
  deleteFile(name: string, options: CallOptions = {}): Promise<'deleted' | 'absent'> {
    return this.#delete(
      {name: `deletion of ${name}`, subject: 'file', make: (ai) => ai.files.delete({name})},
      options,
    );
  }

  /** The bytes of a result file, each once and in order; see `download.ts`. */
  download(fileName: string, options: DownloadOptions = {}): AsyncGenerator<Buffer, void, undefined> {
    return download(
      fileName,
      {address: this.#address, clock: this.#clock, patienceMs: this.#patienceMs},
      options,
    );
  }

  /** Uploads with the MIME type that worked last; the service has changed its mind about them. */
  async #upload(
    file: UploadFile,
    options: UploadOptions,
  ): Promise<{uploaded: RemoteFile; sentSha256: string | undefined}> {
    const context = {address: this.#address, clock: this.#clock, patienceMs: this.#patienceMs};
    let refusal: unknown;
    for (const mimeType of this.#mimeTypes) {
      const upload = new Upload(file, mimeType, context, options);
      try {
        const uploaded = await upload.run();
        this.#mimeTypes = [mimeType, ...MIME_TYPES.filter((other) => other !== mimeType)];
        return {uploaded, sentSha256: upload.sentSha256};
      } catch (error) {
        if (!(error instanceof GembatchError) || error.code !== 'REFUSED' || error.details['status'] !== 400)
          throw error;
        refusal ??= error;
      }
    }
    throw refusal;
  }

  async #whenActive(uploaded: RemoteFile, options: CallOptions): Promise<RemoteFile> {
    let file = uploaded;
    while (file.state === 'PROCESSING') {
      await this.#clock.sleep(PROCESSING_PAUSE_MS, options.signal);
      throwIfAborted(options.signal);
      file = await this.getFile(uploaded.name, options);
    }
    if (file.state !== 'FAILED') return file;
    throw new GembatchError('REFUSED', `${file.name}: the service could not take the file in.`);
  }

  async #delete(call: SdkCall, options: CallOptions): Promise<'deleted' | 'absent'> {
    try {
      await this.#repeatable(call, options);
      return 'deleted';
    } catch (error) {
      if (error instanceof GembatchError && error.code === 'NOT_FOUND') return 'absent';
      throw error;
    }
  }

  async *#pages<T>(
    options: CallOptions,
    list: Pick<SdkCall, 'name' | 'subject'> & {
      make: (ai: GoogleGenAI, config: {pageSize: number; pageToken?: string}) => Promise<unknown>;
      read: (body: Record<string, unknown>, name: string) => Page<T>;
    },
  ): AsyncGenerator<readonly T[]> {
    let pageToken: string | undefined;
    for (let pages = 0; pages < MAX_PAGES; pages += 1) {
      const config = {pageSize: PAGE_SIZE, ...(pageToken === undefined ? {} : {pageToken})};
      const body = await this.#repeatable({...list, make: (ai) => list.make(ai, config)}, options);
      const page = list.read(parseReply(body, list.name), list.name);
      yield page.items;
      if (page.nextPageToken === undefined) return;
      // Whoever concludes that something is not in the list must have seen all of it.
      if (page.nextPageToken === pageToken) break;
      pageToken = page.nextPageToken;
    }
    throw new GembatchError('SERVICE', `${list.name}: the service's list has no end.`);
  }

  #repeatable(call: SdkCall, options: CallOptions): Promise<string> {
    const signal = options.signal === undefined ? {} : {signal: options.signal};
    return retrying(() => this.#calls.call({...call, ...signal}), this.#patience(options));
  }

  #patience(options: CallOptions): Patience {
    return new Patience(this.#clock, this.#patienceMs, options);
  }
}

/** Whether the service describes the bytes that were inspected, as far as it describes them. */
function isIntact(uploaded: RemoteFile, file: UploadFile): boolean {
  const isSameSize = uploaded.sizeBytes === undefined || uploaded.sizeBytes === file.sizeBytes;
  return isSameSize && (uploaded.sha256 === undefined || uploaded.sha256 === file.sha256);
}
