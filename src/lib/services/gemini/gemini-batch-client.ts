import type {GoogleGenAI} from '@google/genai';
import type {BatchJob} from '../../domain/job/batch-job.js';
import type {Clock} from '../../domain/clock.js';
import {CREATE_TIMEOUT_MS} from '../../domain/create-timeout.js';
import {GembatchError} from '../../domain/errors.js';
import {isPossibleKey} from '../../domain/request-key/key-form.js';
import {download} from './download.js';
import {fileDeletion, fileLookUp} from './file-calls.js';
import {
  parseReply,
  toBatchJob,
  toBatchPage,
  toFilePage,
  toModel,
  toModelPage,
  toRemoteFile,
  type Page,
} from './reply.js';
import type {
  BatchService,
  CallOptions,
  CreateBatchRequest,
  Deletion,
  DownloadOptions,
  Model,
  RemoteFile,
  UploadFile,
  UploadOptions,
} from '../batch-service.js';
import {ListLimit} from './list-limit.js';
import {SdkCalls, type SdkCall} from './sdk-calls.js';
import {isCertainRefusal} from './service-error.js';
import type {TransferContext} from './transfer-context.js';
import {VerifiedUploads} from './verified-uploads.js';

/** How a client is made. */
export interface GeminiBatchClientOptions {
  readonly apiKey: string;
  readonly clock: Clock;
  /** Address of the service; another one for an emulator or a proxy. */
  readonly baseUrl?: string;
  /** How long failures of the network and the service are waited out, in milliseconds; default 5 minutes. */
  readonly patienceMs?: number;
  /**
   * How long one call may take, in milliseconds; default 2 minutes. Of a transfer only the wait for the answer to what was
   * sent has this limit.
   */
  readonly timeoutMs?: number;
  /** How long nothing may move on a transfer before its connection is taken for dead, in milliseconds; default 1 minute. */
  readonly silenceMs?: number;
}

const DEFAULT_BASE_URL = 'https://generativelanguage.googleapis.com/';
const DEFAULT_PATIENCE_MS = 300_000;
const DEFAULT_SILENCE_MS = 60_000;
/** The most that the files list gives at once; without a size some lists have come back empty. */
const PAGE_SIZE = 100;

/** The Gemini Batch API as a batch service; the port, `BatchService`, describes its methods. */
export class GeminiBatchClient implements BatchService {
  readonly #transfer: TransferContext;
  readonly #calls: SdkCalls;
  readonly #uploads: VerifiedUploads;

  /** @throws GembatchError `KEY_REFUSED` when what is given as a key cannot be one. */
  constructor(options: GeminiBatchClientOptions) {
    if (!isPossibleKey(options.apiKey)) {
      throw new GembatchError(
        'KEY_REFUSED',
        'The API key is missing, empty, or holds a blank, a line break or another character that no key has.',
      );
    }
    const {clock, patienceMs = DEFAULT_PATIENCE_MS, timeoutMs = CREATE_TIMEOUT_MS} = options;
    const address = {apiKey: options.apiKey, baseUrl: options.baseUrl ?? DEFAULT_BASE_URL};
    this.#transfer = {
      address,
      clock,
      patienceMs,
      silenceMs: options.silenceMs ?? DEFAULT_SILENCE_MS,
      answerMs: timeoutMs,
    };
    this.#calls = new SdkCalls(address, {clock, patienceMs, timeoutMs});
    this.#uploads = new VerifiedUploads(this.#transfer, this.#calls);
  }

  async getModel(name: string, options: CallOptions = {}): Promise<Model> {
    const body = await this.#calls.patiently(
      {name, subject: 'model', resource: name, make: (ai) => ai.models.get({model: name})},
      options,
    );
    return toModel(parseReply(body, name), name);
  }

  async listModels(options: CallOptions = {}): Promise<readonly Model[]> {
    const models: Model[] = [];
    const pages = this.#pages(options, {
      name: 'list of models',
      make: (ai, config) => ai.models.list({config}),
      read: toModelPage,
    });
    for await (const page of pages) models.push(...page);
    return models;
  }

  uploadFile(file: UploadFile, options: UploadOptions = {}): Promise<RemoteFile> {
    return this.#uploads.upload(file, options);
  }

  async createBatch(request: CreateBatchRequest): Promise<BatchJob> {
    const call = {
      name: 'create',
      subject: 'create',
      // A connection that the service has just closed would leave open whether it had read the request.
      isAlone: true,
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
      return toBatchJob(parseReply(await this.#calls.once(call), call.name), call.name);
    } catch (error) {
      if (!(error instanceof GembatchError) || isCertainRefusal(error)) throw error;
      throw new GembatchError(
        'UNCLEAR',
        `${error.message}; it is not known whether the batch job was made.`,
        {details: error.details, cause: error},
      );
    }
  }

  async getBatch(name: string, options: CallOptions = {}): Promise<BatchJob> {
    const body = await this.#calls.patiently(
      {name, subject: 'batch', resource: name, make: (ai) => ai.batches.get({name})},
      options,
    );
    return toBatchJob(parseReply(body, name), name);
  }

  listBatches(options: CallOptions = {}): AsyncGenerator<readonly BatchJob[]> {
    return this.#pages(options, {
      name: 'list of batch jobs',
      make: (ai, config) => ai.batches.list({config}),
      read: toBatchPage,
    });
  }

  async cancelBatch(name: string, options: CallOptions = {}): Promise<void> {
    await this.#calls.patiently(
      {
        name: `cancel of ${name}`,
        subject: 'batch',
        resource: name,
        make: (ai) => ai.batches.cancel({name}),
      },
      options,
    );
  }

  deleteBatch(name: string, options: CallOptions = {}): Promise<Deletion> {
    return this.#delete(
      {
        name: `deletion of ${name}`,
        subject: 'batch',
        resource: name,
        make: (ai) => ai.batches.delete({name}),
      },
      options,
    );
  }

  async getFile(name: string, options: CallOptions = {}): Promise<RemoteFile> {
    return toRemoteFile(parseReply(await this.#calls.patiently(fileLookUp(name), options), name), name);
  }

  listFiles(options: CallOptions = {}): AsyncGenerator<readonly RemoteFile[]> {
    return this.#pages(options, {
      name: 'list of files',
      make: (ai, config) => ai.files.list({config}),
      read: toFilePage,
    });
  }

  deleteFile(name: string, options: CallOptions = {}): Promise<Deletion> {
    return this.#delete(fileDeletion(name), options);
  }

  download(fileName: string, options: DownloadOptions = {}): AsyncGenerator<Buffer, void, undefined> {
    return download(fileName, this.#transfer, options);
  }

  serviceTime(): number | undefined {
    return this.#calls.serviceClock.now();
  }

  async #delete(call: SdkCall, options: CallOptions): Promise<Deletion> {
    try {
      await this.#calls.patiently(call, options);
      return 'deleted';
    } catch (error) {
      if (error instanceof GembatchError && error.code === 'NOT_FOUND') return 'absent';
      throw error;
    }
  }

  /** Whoever concludes that something is not in the list must have seen all of it: a list without end is an error. */
  async *#pages<T>(
    options: CallOptions,
    list: {
      readonly name: string;
      readonly make: (ai: GoogleGenAI, config: {pageSize: number; pageToken?: string}) => Promise<unknown>;
      readonly read: (body: Record<string, unknown>, name: string) => Page<T>;
    },
  ): AsyncGenerator<readonly T[]> {
    const {name} = list;
    const limit = new ListLimit(name, this.#transfer.clock);
    let config: {pageSize: number; pageToken?: string} = {pageSize: PAGE_SIZE};
    for (;;) {
      // The SDK's pagers write into what they are given.
      const make = (ai: GoogleGenAI): Promise<unknown> => list.make(ai, {...config});
      const body = await this.#calls.patiently({name, subject: 'list', make}, options);
      const {items, nextPageToken: pageToken} = list.read(parseReply(body, name), name);
      limit.count(body.length, pageToken);
      yield items;
      if (pageToken === undefined) return;
      config = {pageSize: PAGE_SIZE, pageToken};
    }
  }
}
