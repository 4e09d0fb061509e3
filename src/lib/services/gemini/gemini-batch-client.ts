import type {CreateEmbeddingsBatchJobParameters, GoogleGenAI} from '@google/genai/web';
import type {BatchJob} from '../../domain/job/batch-job.js';
import {noObjectsError, type BucketInput} from '../../domain/bucket/bucket-input.js';
import type {Clock} from '../../domain/clock.js';
import {CREATE_TIMEOUT_MS} from '../../domain/service/create-timeout.js';
import {isEmbeddingModel, isModelName} from '../../domain/service/model-choice.js';
import {checkedBatchName} from '../../domain/job/batch-name.js';
import {GembatchError} from '../../domain/errors.js';
import type {JsonObject} from '../../domain/json/json-object.js';
import {recordedAddress} from '../../domain/service/service-address.js';
import {looksLikeApiKey} from '../../domain/api-key/api-key-form.js';
import {tokenCount} from './count-tokens.js';
import {download} from './download.js';
import {fileDeletion, fileLookUp} from './file-calls.js';
import {toBatchJob, toBatchPage, toFilePage, toModel, toModelPage, toRemoteFile} from './reply.js';
import {parseReply, toTokenCount, type Page} from '../reply.js';
import type {
  BatchService,
  CallOptions,
  CreateBatchRequest,
  Deletion,
  DownloadOptions,
  Model,
  RemoteFile,
  TokenCount,
  UploadFile,
  UploadOptions,
} from '../batch-service.js';
import {ListLimit} from '../http/list-limit.js';
import {HttpClient} from '../http/http-client.js';
import {Outage, type OutageOptions} from '../http/outage.js';
import {proxiesFrom} from '../http/connection/proxy-variables.js';
import {SdkCalls, type SdkCall, type SdkConfig} from './sdk-calls.js';
import {isCertainRefusal, malformedReplyError} from '../http/service-error.js';
import type {TransferContext} from '../transfer/transfer-context.js';
import {VerifiedUploads} from './verified-uploads.js';

/** How a client is made. */
export interface GeminiBatchClientOptions {
  readonly apiKey: string;
  readonly clock: Clock;
  /** Address of the service; another one for an emulator or a proxy. */
  readonly baseUrl?: string;
  /** How long failures of the network and the service are tried again, in milliseconds; default 5 minutes. */
  readonly retryMs?: number;
  /**
   * How long one call may take, in milliseconds; default 2 minutes. Of a transfer only the wait for the answer to what was
   * sent has this limit.
   */
  readonly timeoutMs?: number;
  /** How long nothing may move on a transfer before its connection is taken for dead, in milliseconds; default 1 minute. */
  readonly silenceMs?: number;
  /** Bytes of one request of an upload, a multiple of 256 KiB; default 64 MiB. */
  readonly chunkBytes?: number;
  /** Ends all calls when none was answered for this long; without it each call goes on for its own `retryMs`. */
  readonly outage?: OutageOptions;
}

const DEFAULT_BASE_URL = 'https://generativelanguage.googleapis.com/';
const DEFAULT_RETRY_MS = 300_000;
const DEFAULT_SILENCE_MS = 60_000;

/** Which page of a list to ask for. */
interface PageConfig extends SdkConfig {
  readonly pageSize: number;
  readonly pageToken?: string;
}

/** The most that the files list returns at once. It is always sent: without it some lists came back empty. */
const PAGE_SIZE = 100;

/** The Gemini Batch API as a batch service; the port, `BatchService`, describes its methods. */
export class GeminiBatchClient implements BatchService {
  readonly services = ['gemini'] as const;
  readonly #context: TransferContext;
  readonly #calls: SdkCalls;
  readonly #uploads: VerifiedUploads;

  /** @throws GembatchError `KEY_REFUSED` when `apiKey` cannot be an API key. */
  constructor(options: GeminiBatchClientOptions) {
    if (!looksLikeApiKey(options.apiKey)) {
      throw new GembatchError(
        'KEY_REFUSED',
        'The API key is missing, empty, or contains a space, a line break or another character that no API key has.',
      );
    }
    this.#context = {
      address: {apiKey: options.apiKey, baseUrl: options.baseUrl ?? DEFAULT_BASE_URL},
      http: new HttpClient(proxiesFrom(process.env)),
      clock: options.clock,
      retryMs: options.retryMs ?? DEFAULT_RETRY_MS,
      silenceMs: options.silenceMs ?? DEFAULT_SILENCE_MS,
      answerMs: options.timeoutMs ?? CREATE_TIMEOUT_MS,
      ...(options.chunkBytes === undefined ? {} : {chunkBytes: options.chunkBytes}),
      ...(options.outage === undefined ? {} : {outage: new Outage(options.clock, options.outage)}),
    };
    this.#calls = new SdkCalls(this.#context);
    this.#uploads = new VerifiedUploads(this.#context, this.#calls);
  }

  async getModel(name: string, options: CallOptions = {}): Promise<Model> {
    if (!isModelName(name))
      throw new GembatchError('MODEL_UNAVAILABLE', `${JSON.stringify(name)} is not the name of a model.`);
    const body = await this.#calls.withRetries(
      {name, subject: 'model', resource: name, make: (ai, config) => ai.models.get({model: name, config})},
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

  async countTokens(model: string, request: JsonObject, options: CallOptions = {}): Promise<TokenCount> {
    const call = tokenCount(model, request);
    return toTokenCount(parseReply(await this.#calls.withRetries(call, options), call.name), call.name);
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
      make: (ai: GoogleGenAI, config: SdkConfig) => sendCreate(ai, request, config),
    } as const;
    try {
      const job = toBatchJob(parseReply(await this.#calls.once(call), call.name), call.name);
      checkIdentity(call.name, job.display_name, request.displayName);
      checkIdentity(call.name, job.src?.file_name, request.fileName);
      return job;
    } catch (error) {
      if (!(error instanceof GembatchError) || isCertainRefusal(error)) throw error;
      throw new GembatchError('UNCLEAR', `${error.message}; unclear whether the batch job was made.`, {
        details: error.details,
        cause: error,
      });
    }
  }

  async getBatch(name: string, options: CallOptions = {}): Promise<BatchJob> {
    const body = await this.#calls.withRetries(
      {
        name,
        subject: 'batch',
        resource: name,
        make: (ai, config) => ai.batches.get({name: checkedBatchName(name), config}),
      },
      options,
    );
    const job = toBatchJob(parseReply(body, name), name);
    checkIdentity(name, job.name, name);
    return job;
  }

  listBatches(options: CallOptions = {}): AsyncGenerator<readonly BatchJob[]> {
    return this.#pages(options, {
      name: 'list of batch jobs',
      make: (ai, config) => ai.batches.list({config}),
      read: toBatchPage,
    });
  }

  async cancelBatch(name: string, options: CallOptions = {}): Promise<void> {
    await this.#calls.withRetries(
      {
        name: `cancel of ${name}`,
        subject: 'batch',
        resource: name,
        make: (ai, config) => ai.batches.cancel({name: checkedBatchName(name), config}),
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
        make: (ai, config) => ai.batches.delete({name: checkedBatchName(name), config}),
      },
      options,
    );
  }

  async getFile(name: string, options: CallOptions = {}): Promise<RemoteFile> {
    return toRemoteFile(parseReply(await this.#calls.withRetries(fileLookUp(name), options), name), name);
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

  /** @throws GembatchError `USAGE`: the Gemini API reads no objects. */
  async listInputs(pattern: string): Promise<never> {
    throw noObjectsError(pattern);
  }

  // oxlint-disable-next-line require-yield
  async *openInput({address}: BucketInput): AsyncGenerator<never, void, undefined> {
    throw noObjectsError(address);
  }

  download(fileName: string, options: DownloadOptions = {}): AsyncGenerator<Buffer, void, undefined> {
    return download(fileName, this.#context, options);
  }

  get address(): string | undefined {
    return recordedAddress(this.#context.address.baseUrl);
  }

  serviceTime(): number | undefined {
    return this.#calls.serviceClock.now();
  }

  close(): void {
    this.#context.http.close();
  }

  /** @throws GembatchError `REFUSED`: only results in Cloud Storage can be left there. */
  sizeOfResults(fileName: string): Promise<never> {
    return Promise.reject(
      new GembatchError('REFUSED', `${fileName} is no place that results can be left in.`, {suggestions: []}),
    );
  }

  async #delete(call: SdkCall, options: CallOptions): Promise<Deletion> {
    try {
      await this.#calls.withRetries(call, options);
      return 'deleted';
    } catch (error) {
      if (error instanceof GembatchError && error.code === 'NOT_FOUND') return 'absent';
      throw error;
    }
  }

  /** Callers conclude from a list that something does not exist, so a list that is not complete is an error. */
  async *#pages<T>(
    options: CallOptions,
    list: {
      readonly name: string;
      readonly make: (ai: GoogleGenAI, config: PageConfig) => Promise<unknown>;
      readonly read: (body: Record<string, unknown>, name: string) => Page<T>;
    },
  ): AsyncGenerator<readonly T[]> {
    const {name} = list;
    const limit = new ListLimit(name, this.#context.clock);
    let page: {pageSize: number; pageToken?: string} = {pageSize: PAGE_SIZE};
    for (;;) {
      const {pageSize, pageToken: from} = page;
      const make = (ai: GoogleGenAI, config: SdkConfig): Promise<unknown> =>
        list.make(ai, {...config, pageSize, ...(from === undefined ? {} : {pageToken: from})});
      const body = await this.#calls.withRetries({name, subject: 'list', make}, options);
      const {items, nextPageToken: pageToken} = list.read(parseReply(body, name), name);
      limit.count(body.length, pageToken);
      yield items;
      if (pageToken === undefined) return;
      page = {pageSize: PAGE_SIZE, pageToken};
    }
  }
}

/** Sends a create, of embeddings where the model makes them. Embeddings never go inline: their answers come without keys. */
function sendCreate(
  ai: GoogleGenAI,
  {model, fileName, displayName, webhookUri}: CreateBatchRequest,
  config: SdkConfig,
): Promise<unknown> {
  if (isEmbeddingModel(model)) {
    // `createEmbeddings` calls this too, but first prints a warning, which would land in the middle of the live screen.
    const batches = ai.batches as unknown as EmbeddingBatches;
    return batches.createEmbeddingsInternal({model, src: {fileName}, config: {...config, displayName}});
  }
  const webhook = webhookUri === undefined ? {} : {webhookConfig: {uris: [webhookUri]}};
  return ai.batches.create({model, src: fileName, config: {...config, displayName, ...webhook}});
}

interface EmbeddingBatches {
  createEmbeddingsInternal(parameters: CreateEmbeddingsBatchJobParameters): Promise<unknown>;
}

/** @throws GembatchError `SERVICE` when the answer names something else than was asked for. It may leave the name out. */
function checkIdentity(call: string, answered: string | undefined, asked: string): void {
  if (answered !== undefined && answered !== asked)
    throw malformedReplyError(call, `it is about ${answered}, not ${asked}`);
}
