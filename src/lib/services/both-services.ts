import type {BatchJob} from '../domain/job/batch-job.js';
import type {BucketInput} from '../domain/bucket/bucket-input.js';
import {serviceOfFile, serviceOfJob} from '../domain/service/service-of.js';
import type {JsonObject} from '../domain/json/json-object.js';
import type {PricedService} from '../domain/price/price-list.js';
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
} from './batch-service.js';

/**
 * Two services as one, for a job-info file with jobs of both. The name of a job or a file says which service has it; new jobs and
 * uploads go to the first.
 */
export class BothServices implements BatchService {
  readonly services: BatchService['services'];
  readonly #first: BatchService;
  readonly #second: BatchService;

  constructor(first: BatchService, second: BatchService) {
    this.services = [...first.services, ...second.services];
    this.#first = first;
    this.#second = second;
  }

  get address(): string | undefined {
    return this.#first.address;
  }

  get location(): string | undefined {
    return this.#first.location ?? this.#second.location;
  }

  getModel(name: string, options?: CallOptions): Promise<Model> {
    return this.#first.getModel(name, options);
  }

  listModels(options?: CallOptions): Promise<readonly Model[]> {
    return this.#first.listModels(options);
  }

  countTokens(model: string, request: JsonObject, options?: CallOptions): Promise<TokenCount> {
    return this.#first.countTokens(model, request, options);
  }

  uploadFile(file: UploadFile, options?: UploadOptions): Promise<RemoteFile> {
    return this.#first.uploadFile(file, options);
  }

  createBatch(request: CreateBatchRequest): Promise<BatchJob> {
    return this.#first.createBatch(request);
  }

  getBatch(name: string, options?: CallOptions): Promise<BatchJob> {
    return this.#of(serviceOfJob(name)).getBatch(name, options);
  }

  async *listBatches(options?: ListOptions): AsyncGenerator<readonly BatchJob[]> {
    yield* this.#first.listBatches(options);
    yield* this.#second.listBatches(options);
  }

  cancelBatch(name: string, options?: CallOptions): Promise<void> {
    return this.#of(serviceOfJob(name)).cancelBatch(name, options);
  }

  deleteBatch(name: string, options?: CallOptions): Promise<Deletion> {
    return this.#of(serviceOfJob(name)).deleteBatch(name, options);
  }

  getFile(name: string, options?: CallOptions): Promise<RemoteFile> {
    return this.#of(serviceOfFile(name)).getFile(name, options);
  }

  async *listFiles(options?: CallOptions): AsyncGenerator<readonly RemoteFile[]> {
    yield* this.#first.listFiles(options);
    yield* this.#second.listFiles(options);
  }

  deleteFile(name: string, options?: CallOptions): Promise<Deletion> {
    return this.#of(serviceOfFile(name)).deleteFile(name, options);
  }

  listInputs(pattern: string, options?: CallOptions): Promise<readonly BucketInput[]> {
    return this.#of(serviceOfFile(pattern)).listInputs(pattern, options);
  }

  openInput(input: BucketInput, options?: CallOptions): AsyncGenerator<Buffer, void, undefined> {
    return this.#of(serviceOfFile(input.address)).openInput(input, options);
  }

  download(fileName: string, options?: DownloadOptions): AsyncGenerator<Buffer, void, undefined> {
    return this.#of(serviceOfFile(fileName)).download(fileName, options);
  }

  sizeOfResults(fileName: string, options?: CallOptions): Promise<ResultsSize> {
    return this.#of(serviceOfFile(fileName)).sizeOfResults(fileName, options);
  }

  serviceTime(): number | undefined {
    return this.#first.serviceTime() ?? this.#second.serviceTime();
  }

  close(): void {
    this.#first.close?.();
    this.#second.close?.();
  }

  #of(service: PricedService): BatchService {
    return this.#second.services.includes(service) ? this.#second : this.#first;
  }
}
