import type {BatchJob} from '../../domain/job/batch-job.js';
import type {BucketInput} from '../../domain/bucket/bucket-input.js';
import type {Clock} from '../../domain/clock.js';
import {CREATE_TIMEOUT_MS} from '../../domain/service/create-timeout.js';
import {parseJobDisplayName} from '../../domain/job/display-name.js';
import {GembatchError} from '../../domain/errors.js';
import {isTerminal, SUCCESS_STATES} from '../../domain/job/job-state.js';
import type {JsonObject} from '../../domain/json/json-object.js';
import {recordedAddress} from '../../domain/service/service-address.js';
import type {
  BatchService,
  CallOptions,
  CreateBatchRequest,
  Deletion,
  DownloadOptions,
  ListOptions,
  Model,
  RemoteFile,
  ResultsSize,
  TokenCount,
  UploadFile,
  UploadOptions,
} from '../batch-service.js';
import {HttpClient} from '../http/http-client.js';
import {ListLimit} from '../http/list-limit.js';
import {Outage, type OutageOptions} from '../http/outage.js';
import {proxiesFrom} from '../http/connection/proxy-variables.js';
import {isCertainRefusal, malformedReplyError} from '../http/service-error.js';
import {parseReply, textOf, toPage, toTokenCount} from '../reply.js';
import {BucketFiles} from './bucket-files.js';
import {BucketInputs} from './bucket-inputs.js';
import {CloudStorage} from './cloud-storage.js';
import {addressText, BucketLayout, fingerprintIn, parseAddress, resultsBeside} from './object-address.js';
import {ResultShards} from './result-shards.js';
import {CloudCalls, type Authorize, type CloudCall} from './vertex-calls.js';
import {
  ATTEMPT_LABEL,
  INPUT_LABEL,
  isBatchable,
  JOB_NAME,
  LEFT,
  RESULTS_LABEL,
  toModel,
  toVertexJob,
  type VertexJob,
} from './vertex-reply.js';

/** How a client is made. */
export interface VertexBatchClientOptions {
  /** Id or number of the project in Google Cloud; without it only known jobs can be asked for. */
  readonly project: string | undefined;
  /** A region, or `global`. */
  readonly location: string;
  /** Where request files and results go, `gs://bucket` or `gs://bucket/prefix`; without it only known ones can be had. */
  readonly bucket: string | undefined;
  readonly authorize: Authorize;
  readonly clock: Clock;
  /** Address of Vertex AI; another one for an emulator. */
  readonly baseUrl?: string;
  /** The same of Cloud Storage. */
  readonly storageUrl?: string;
  /** As those of `GeminiBatchClientOptions`. */
  readonly retryMs?: number;
  readonly timeoutMs?: number;
  readonly silenceMs?: number;
  readonly outage?: OutageOptions;
}

const DEFAULT_STORAGE_URL = 'https://storage.googleapis.com/';
const DEFAULT_RETRY_MS = 300_000;
const DEFAULT_SILENCE_MS = 60_000;
const PAGE_SIZE = 100;

/** Of the fingerprint, in hex digits; a label has 63 characters at most. */
const LABEL_DIGITS = 32;

/** Batch prediction on Vertex AI over Cloud Storage as a batch service; the port, `BatchService`, describes its methods. */
export class VertexBatchClient implements BatchService {
  readonly services = ['vertex'] as const;
  readonly #options: VertexBatchClientOptions;
  readonly #calls: CloudCalls;
  readonly #storage: CloudStorage;
  readonly #shards: ResultShards;
  readonly #files: BucketFiles;
  readonly #inputs: BucketInputs;
  /** Where jobs that are over have their results; null for none. */
  readonly #results = new Map<string, string | null>();

  /** @throws GembatchError `REFUSED` when the bucket is no address in Cloud Storage. */
  constructor(options: VertexBatchClientOptions) {
    const transport = {
      http: new HttpClient(proxiesFrom(process.env), 'Google Cloud'),
      clock: options.clock,
      retryMs: options.retryMs ?? DEFAULT_RETRY_MS,
      silenceMs: options.silenceMs ?? DEFAULT_SILENCE_MS,
      answerMs: options.timeoutMs ?? CREATE_TIMEOUT_MS,
      ...(options.outage === undefined ? {} : {outage: new Outage(options.clock, options.outage)}),
    };
    if (options.bucket !== undefined) parseAddress(options.bucket);
    this.#options = options;
    this.#calls = new CloudCalls(transport, options.authorize);
    this.#storage = new CloudStorage(this.#calls, options.storageUrl ?? DEFAULT_STORAGE_URL);
    this.#shards = new ResultShards(this.#storage);
    this.#inputs = new BucketInputs(this.#storage, options.bucket);
    this.#files = new BucketFiles({
      storage: this.#storage,
      isRead: (object, call) => this.#isRead(object, call),
      now: () => this.serviceTime() ?? options.clock.now(),
    });
  }

  /** Vertex AI does not list what a model can do; whether it takes a batch job shows with the create, which costs nothing then. */
  async getModel(name: string, options: CallOptions = {}): Promise<Model> {
    const id = encodeURIComponent(name.replace(/^models\//u, ''));
    const url = this.#url(`v1/publishers/google/models/${id}`);
    try {
      const reply = await this.#calls.withRetries(
        {name, subject: 'model', resource: name, method: 'GET', url},
        options,
      );
      return toModel(parseReply(reply.body, name), name);
    } catch (error) {
      // Not everybody who may create jobs may look at models.
      const mayExist = error instanceof GembatchError && error.details['status'] === 403;
      if (mayExist) return {name, supportedActions: [], isBatchable: isBatchable(name)};
      throw error;
    }
  }

  async listModels(options: CallOptions = {}): Promise<readonly Model[]> {
    const list = {name: 'list of models', path: 'v1beta1/publishers/google/models', field: 'publisherModels'};
    const models: Model[] = [];
    for await (const page of this.#pages(list, options))
      models.push(...page.map((model) => toModel(model, list.name)));
    return models.filter(({name}) => name.startsWith('models/gemini-'));
  }

  async countTokens(model: string, request: JsonObject, options: CallOptions = {}): Promise<TokenCount> {
    const name = 'countTokens';
    const path = `v1/${this.#parent}/publishers/google/${model}:countTokens`;
    const call = {
      name,
      subject: 'count',
      method: 'POST',
      url: this.#url(path),
      json: countable(request),
    } as const;
    return toTokenCount(parseReply((await this.#calls.withRetries(call, options)).body, name), name);
  }

  async uploadFile(file: UploadFile, options: UploadOptions = {}): Promise<RemoteFile> {
    return this.#files.upload(this.#bucket, file, options);
  }

  async createBatch(request: CreateBatchRequest): Promise<BatchJob> {
    const {model, fileName, displayName, inputSha256, resultsPlace} = request;
    const input = parseAddress(fileName);
    const {attempt = 'other'} = parseJobDisplayName(displayName) ?? {};
    const call: CloudCall = {
      name: 'create',
      subject: 'create',
      method: 'POST',
      url: this.#url(`v1/${this.#parent}/batchPredictionJobs`),
      // A connection that the service has just closed would leave open whether it had read the request.
      isAlone: true,
      json: {
        displayName,
        model: `publishers/google/${model}`,
        inputConfig: {instancesFormat: 'jsonl', gcsSource: {uris: [fileName]}},
        outputConfig: {
          predictionsFormat: 'jsonl',
          gcsDestination: {
            outputUriPrefix:
              resultsPlace === undefined
                ? addressText(
                    resultsBeside(
                      inputSha256 === undefined ? input : new BucketLayout(this.#bucket).base,
                      attempt,
                    ),
                  )
                : `${withSlash(resultsPlace)}${attempt}/`,
          },
        },
        labels: {
          [ATTEMPT_LABEL]: attempt,
          ...inputLabel(input.object, inputSha256),
          ...(resultsPlace === undefined ? {} : {[RESULTS_LABEL]: LEFT}),
        },
      },
    };
    // What is wrong with the credentials shows before anything is sent.
    const authorization = await this.#calls.authorize();
    try {
      const reply = await this.#calls.send(call, authorization);
      const {batch} = toVertexJob(parseReply(reply.body, call.name), call.name);
      checkIdentity(call.name, batch.display_name, displayName);
      checkIdentity(call.name, batch.src?.file_name, fileName);
      return batch;
    } catch (error) {
      if (!(error instanceof GembatchError) || isCertainRefusal(error)) throw error;
      throw new GembatchError('UNCLEAR', `${error.message}; unclear whether the batch job was made.`, {
        details: error.details,
        cause: error,
      });
    }
  }

  async getBatch(name: string, options: CallOptions = {}): Promise<BatchJob> {
    const reply = await this.#calls.withRetries(this.#jobCall(name, {name, method: 'GET'}), options);
    const job = toVertexJob(parseReply(reply.body, name), name);
    checkIdentity(name, idOf(job.batch.name), idOf(name));
    return this.#withResults({...job, batch: {...job.batch, name}}, options);
  }

  async *listBatches({attempts, ...options}: ListOptions = {}): AsyncGenerator<readonly BatchJob[]> {
    const labelled = attempts === undefined ? undefined : await this.#jobsOf(attempts, options);
    if (labelled !== undefined) return yield labelled;
    const name = 'list of batch jobs';
    for await (const page of this.#jobPages(undefined, options)) {
      const jobs: BatchJob[] = [];
      for (const item of page) {
        const job = toVertexJob(item, name);
        jobs.push(attemptOf(item) === undefined ? job.batch : await this.#withResults(job, options));
      }
      yield jobs;
    }
  }

  async cancelBatch(name: string, options: CallOptions = {}): Promise<void> {
    const call = this.#jobCall(name, {name: `cancel of ${name}`, method: 'POST', verb: ':cancel', json: {}});
    try {
      await this.#calls.withRetries(call, options);
    } catch (error) {
      // One that is over cannot be cancelled, which is as good.
      const isRefused = error instanceof GembatchError && error.code === 'REFUSED';
      if (!isRefused || !isTerminal((await this.getBatch(name, options)).state)) throw error;
    }
  }

  async deleteBatch(name: string, options: CallOptions = {}): Promise<Deletion> {
    const call = this.#jobCall(name, {name: `deletion of ${name}`, method: 'DELETE'});
    try {
      await this.#calls.withRetries(call, options);
      return 'deleted';
    } catch (error) {
      if (error instanceof GembatchError && error.code === 'NOT_FOUND') return 'absent';
      throw error;
    }
  }

  getFile(name: string, options: CallOptions = {}): Promise<RemoteFile> {
    return this.#files.get(name, options);
  }

  /** None when no bucket is named. */
  async *listFiles(options: CallOptions = {}): AsyncGenerator<readonly RemoteFile[]> {
    const {bucket} = this.#options;
    if (bucket !== undefined) yield* this.#files.list(bucket, options);
  }

  /**
   * Deletes a request file, or the results in a folder.
   *
   * @throws GembatchError `REFUSED` for a request file that an open job reads, or may be about to.
   */
  async deleteFile(name: string, options: CallOptions = {}): Promise<Deletion> {
    if (!name.endsWith('/')) return this.#files.delete(name, options);
    await this.#shards.delete(name, options);
    return 'deleted';
  }

  listInputs(pattern: string, options: CallOptions = {}): Promise<readonly BucketInput[]> {
    return this.#inputs.list(pattern, options);
  }

  openInput(input: BucketInput, options: CallOptions = {}): AsyncGenerator<Buffer, void, undefined> {
    return this.#inputs.open(input, options);
  }

  async *download(fileName: string, options: DownloadOptions = {}): AsyncGenerator<Buffer, void, undefined> {
    yield* this.#shards.read(fileName, options);
  }

  sizeOfResults(fileName: string, options: CallOptions = {}): Promise<ResultsSize> {
    return this.#shards.size(fileName, options);
  }

  get address(): string | undefined {
    return this.#options.baseUrl === undefined ? undefined : recordedAddress(this.#options.baseUrl);
  }

  get location(): string | undefined {
    const {project, location} = this.#options;
    return project === undefined ? undefined : `projects/${project}/locations/${location}`;
  }

  serviceTime(): number | undefined {
    return this.#calls.serviceClock.now();
  }

  close(): void {
    this.#calls.transport.http.close();
  }

  get #bucket(): string {
    const {bucket} = this.#options;
    if (bucket !== undefined) return bucket;
    throw new GembatchError(
      'USAGE',
      'Vertex AI reads and writes in a bucket, and none is named; nothing was sent.',
      {
        suggestions: [
          'Name one: --bucket gs://BUCKET',
          'To make one: gcloud storage buckets create gs://BUCKET',
        ],
      },
    );
  }

  get #parent(): string {
    const {location} = this;
    if (location !== undefined) return location;
    throw new GembatchError('USAGE', 'No Google Cloud project is named; nothing was sent.', {
      suggestions: ['Name one: export GOOGLE_CLOUD_PROJECT=PROJECT'],
    });
  }

  #url(path: string, location = this.#options.location): URL {
    const base = this.#options.baseUrl ?? vertexAddress(location);
    return new URL(path, base.endsWith('/') ? base : `${base}/`);
  }

  /** @throws GembatchError `REFUSED` for a name that is none of a batch job; it becomes a part of an address. */
  #jobCall(
    job: string,
    {name, method, verb = '', json}: {name: string; method: string; verb?: string; json?: unknown},
  ): CloudCall {
    const {location} = JOB_NAME.exec(job)?.groups ?? {};
    if (location === undefined)
      throw new GembatchError(
        'REFUSED',
        `${JSON.stringify(job)} is not the name of a batch job on Vertex AI; the service was not asked for it.`,
        {suggestions: ['Correct the name in the job-info file.']},
      );
    const url = this.#url(`v1/${job}${verb}`, location);
    return {name, subject: 'batch', resource: job, method, url, ...(json === undefined ? {} : {json})};
  }

  /**
   * The job with where its results are, once it is over. One that was cut off or has failed has what it had finished, of which
   * Vertex AI says nothing: the bucket tells.
   */
  async #withResults({batch, ...output}: VertexJob, options: CallOptions): Promise<BatchJob> {
    if (!isTerminal(batch.state)) return batch;
    let folder = this.#results.get(batch.name);
    if (folder === undefined) {
      folder = await this.#findResults({batch, ...output}, options);
      // Results may lag behind the state of a job that has succeeded.
      if (folder !== null || !SUCCESS_STATES.has(batch.state)) this.#results.set(batch.name, folder);
    }
    return folder === null ? batch : {...batch, dest: {file_name: folder}};
  }

  async #findResults(
    {batch, outputDirectory, outputPrefix}: VertexJob,
    options: CallOptions,
  ): Promise<string | null> {
    if (SUCCESS_STATES.has(batch.state) && outputDirectory !== undefined) return withSlash(outputDirectory);
    const place = outputDirectory ?? outputPrefix;
    if (place === undefined) return null;
    return (await this.#shards.hasAny(withSlash(place), options)) ? withSlash(place) : null;
  }

  /** Whether an open job reads the request file of this name. */
  async #isRead(object: string, options: CallOptions): Promise<boolean> {
    const label = inputLabel(object)[INPUT_LABEL] ?? '';
    for await (const page of this.#jobPages(`labels.${INPUT_LABEL}=${label}`, options)) {
      if (page.some((job) => !isTerminal(textOf(job['state']) ?? ''))) return true;
    }
    return false;
  }

  /** The jobs of creates by their label; undefined when one of them has none, of which only the whole list is proof. */
  async #jobsOf(attempts: readonly string[], options: CallOptions): Promise<readonly BatchJob[] | undefined> {
    const found: BatchJob[] = [];
    for (const attempt of attempts) {
      const before = found.length;
      for await (const page of this.#jobPages(`labels.${ATTEMPT_LABEL}=${attempt}`, options)) {
        for (const item of page.filter((job) => attemptOf(job) === attempt))
          found.push(await this.#withResults(toVertexJob(item, 'list of batch jobs'), options));
      }
      if (found.length === before) return undefined;
    }
    return found;
  }

  /** https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.batchPredictionJobs/list */
  #jobPages(filter: string | undefined, options: CallOptions): AsyncGenerator<readonly JsonObject[]> {
    const list = {
      name: 'list of batch jobs',
      path: `v1/${this.#parent}/batchPredictionJobs`,
      field: 'batchPredictionJobs',
    };
    return this.#pages(filter === undefined ? list : {...list, filter}, options);
  }

  /** Only a list read to its end proves that something is not in it: a list without end is an error. */
  async *#pages(
    list: {readonly name: string; readonly path: string; readonly field: string; readonly filter?: string},
    options: CallOptions,
  ): AsyncGenerator<readonly JsonObject[]> {
    const {name, path, field, filter} = list;
    const limit = new ListLimit(name, this.#options.clock);
    let pageToken: string | undefined;
    do {
      const url = this.#url(path);
      url.searchParams.set('pageSize', String(PAGE_SIZE));
      if (filter !== undefined) url.searchParams.set('filter', filter);
      if (pageToken !== undefined) url.searchParams.set('pageToken', pageToken);
      const reply = await this.#calls.withRetries({name, subject: 'list', method: 'GET', url}, options);
      const {items, nextPageToken} = toPage(parseReply(reply.body, name), {
        field,
        call: name,
        read: (item) => item,
      });
      limit.count(reply.body.length, nextPageToken);
      yield items;
      pageToken = nextPageToken;
    } while (pageToken !== undefined);
  }
}

/** The fields of a request that may be counted, in either spelling: others are refused. */
const COUNTABLE = [
  'contents',
  'systemInstruction',
  'system_instruction',
  'tools',
  'generationConfig',
  'generation_config',
];

/** https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.publishers.models/countTokens */
function countable(request: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(request).filter(([name]) => COUNTABLE.includes(name)));
}

/** The address of Vertex AI for a location, https://cloud.google.com/vertex-ai/generative-ai/docs/learn/locations. */
export function vertexAddress(location: string): string {
  if (location === 'global') return 'https://aiplatform.googleapis.com/';
  if (location === 'us' || location === 'eu') return `https://aiplatform.${location}.rep.googleapis.com/`;
  return `https://${location}-aiplatform.googleapis.com/`;
}

function inputLabel(object: string, known?: string): Readonly<Record<string, string>> {
  const sha256 = fingerprintIn(object) ?? known;
  return sha256 === undefined ? {} : {[INPUT_LABEL]: sha256.slice(0, LABEL_DIGITS)};
}

function attemptOf({labels}: JsonObject): unknown {
  return typeof labels === 'object' && labels !== null ? (labels as JsonObject)[ATTEMPT_LABEL] : undefined;
}

/** The last part of a name: Vertex AI names the project by its number, also when the request had its id. */
function idOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

function withSlash(text: string): string {
  return text.endsWith('/') ? text : `${text}/`;
}

/** @throws GembatchError `SERVICE` when the answer names something else than was asked for. It may leave the name out. */
function checkIdentity(call: string, answered: string | undefined, asked: string): void {
  if (answered !== undefined && answered !== asked)
    throw malformedReplyError(call, `it is about ${answered}, not ${asked}`);
}
