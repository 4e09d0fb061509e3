import type {BatchJob} from '../domain/job/batch-job.js';
import type {BucketInput} from '../domain/bucket/bucket-input.js';
import type {GembatchError} from '../domain/errors.js';
import type {JsonObject} from '../domain/json/json-object.js';
import type {PricedService} from '../domain/price/price-list.js';
import type {ByModality} from '../domain/price/usage.js';

/**
 * A service that runs batch jobs, as the workflows need it. Clients stand behind it, one in a folder of its own; a workflow
 * knows this type and no client. `test/lib/services/contract.test.ts` says what each must do.
 *
 * The client may send every call again when the network or the service fails, except `createBatch`, which costs money. All throw GembatchError `KEY_REFUSED`, `REFUSED`, `QUOTA`, `SERVICE`, `INTERRUPTED` besides what is said.
 */
export interface BatchService {
  /** Whose jobs and files it reaches, and its lists hold. New jobs are made at the first. */
  readonly services: readonly [PricedService, ...PricedService[]];

  /** Where it is, as records have it; undefined for Google's own address. See `domain/job/service-address.ts`. */
  readonly address?: string | undefined;
  /** Of which project and location it lists the jobs, `projects/<id>/locations/<location>`; undefined where that is not said. */
  readonly location?: string | undefined;

  /** @throws GembatchError `MODEL_UNAVAILABLE` when the service does not have the model. */
  getModel(name: string, options?: CallOptions): Promise<Model>;

  /** All models that may be used. */
  listModels(options?: CallOptions): Promise<readonly Model[]>;

  /**
   * How many tokens a request has as input: the `request` of a line, with its system instruction, tools and files. It is
   * not answered and, as far as is known, costs nothing.
   *
   * @param model - resource name.
   * @throws GembatchError `REFUSED` for a request that the service does not take, `MODEL_UNAVAILABLE`.
   */
  countTokens(model: string, request: JsonObject, options?: CallOptions): Promise<TokenCount>;

  /**
   * Puts a request file where a job can read it. On return the service has exactly the bytes that were inspected. After an
   * error it has none of them, unless `onNotDeleted` named a file.
   *
   * @throws GembatchError `FILE_CHANGED` when the file is not what was inspected, `FILE_UNREADABLE`.
   */
  uploadFile(file: UploadFile, options?: UploadOptions): Promise<RemoteFile>;

  /**
   * Creates a batch job. One request is sent, never a second, and no signal ends it: it costs money and is not idempotent.
   *
   * @throws GembatchError `UNCLEAR` when it is not known whether the job was made. Every other error says that it was
   *   not: `QUOTA`, `REFUSED`, `KEY_REFUSED`, `MODEL_UNAVAILABLE`, and `SERVICE` with `details.sent` false.
   */
  createBatch(request: CreateBatchRequest): Promise<BatchJob>;

  /** @throws GembatchError `NOT_FOUND` when the service has no such job (any more). */
  getBatch(name: string, options?: CallOptions): Promise<BatchJob>;

  /**
   * All batch jobs of the project, page by page, newest first as a rule. Each has the display name that it was created
   * with, so that a job whose create had no answer is found by the attempt in it. A list that cannot be read to its end
   * is an error.
   */
  listBatches(options?: ListOptions): AsyncGenerator<readonly BatchJob[]>;

  /**
   * Asks for a job to be cancelled; it may still end in another way.
   *
   * @throws GembatchError `NOT_FOUND` when the service has no such job.
   */
  cancelBatch(name: string, options?: CallOptions): Promise<void>;

  /** Deletes a job; one that is not there is as good as deleted. */
  deleteBatch(name: string, options?: CallOptions): Promise<Deletion>;

  /** @throws GembatchError `NOT_FOUND` when the service has no such file (any more), or it is another project's. */
  getFile(name: string, options?: CallOptions): Promise<RemoteFile>;

  /** The files that can be deleted, page by page: request files that were put there, by anybody in the project. */
  listFiles(options?: CallOptions): AsyncGenerator<readonly RemoteFile[]>;

  /** Deletes a file; one that is not there is as good as deleted. */
  deleteFile(name: string, options?: CallOptions): Promise<Deletion>;

  /**
   * The request files in Cloud Storage that an address names, `gs://bucket/object`: one object, a pattern in which `*` does not cross
   * `/` and `**` does, or with a slash at its end the `*.jsonl` right below it. In natural order, without what gembatch and the
   * service have written; none when nothing matches.
   *
   * @throws GembatchError `USAGE` when the service reads no objects, `REFUSED` for what is no address.
   */
  listInputs(pattern: string, options?: CallOptions): Promise<readonly BucketInput[]>;

  /**
   * The bytes of a request file in Cloud Storage as it was when it was listed, each once and in order, over broken connections.
   *
   * @throws GembatchError `FILE_CHANGED` when it is another one by now, `USAGE`.
   */
  openInput(input: BucketInput, options?: CallOptions): AsyncGenerator<Buffer, void, undefined>;

  /**
   * The bytes of a result from an offset on, each once and in order, over broken connections.
   *
   * @throws GembatchError `NOT_FOUND`.
   */
  download(fileName: string, options?: DownloadOptions): AsyncGenerator<Buffer, void, undefined>;

  /**
   * What there is of results, without reading them.
   *
   * @param fileName - `dest` of a job whose results were left where they are.
   * @throws GembatchError `NOT_FOUND` when there are none; `SERVICE` when some of them are missing.
   */
  sizeOfResults(fileName: string, options?: CallOptions): Promise<ResultsSize>;

  /**
   * The service's clock, in milliseconds since 1970: its latest answer's `Date`, which counts whole seconds, and the time
   * that has passed since. Undefined before its first answer.
   */
  serviceTime(): number | undefined;

  /** Gives up what would keep a process alive that is done. */
  close?(): void;
}

/** How much there is of results. */
export interface ResultsSize {
  readonly objects: number;
  readonly sizeBytes: number;
}

/** What came of a deletion; `absent` is what was not there. */
export type Deletion = 'deleted' | 'absent';

/** A pause before a call is made again, and what made it necessary. */
export interface Wait {
  readonly reason: string;
  readonly delayMs: number;
}

/** What a call may be given. */
export interface CallOptions {
  /** Ends the call, also while it waits. */
  readonly signal?: AbortSignal;
  /** Called before each pause. */
  readonly onWait?: (wait: Wait) => void;
}

/** What the list of batch jobs may be given. */
export interface ListOptions extends CallOptions {
  /** Creates whose jobs are looked for. A service that can look jobs up by them, and has all of these, may leave out the others. */
  readonly attempts?: readonly string[];
}

/** What an upload may be given. */
export interface UploadOptions extends CallOptions {
  /** Called with how many bytes have been sent; goes back after a break. */
  readonly onProgress?: (sentBytes: number) => void;
  /** Called with the name of an upload that is of no use but could not be deleted, and why. */
  readonly onNotDeleted?: (fileName: string, error: GembatchError) => void;
}

/** What a download may be given. */
export interface DownloadOptions extends CallOptions {
  /** The first byte to read, from 0. */
  readonly fromByte?: number;
  /** The most that the file may have, in bytes; without it there is no limit. */
  readonly maxBytes?: number;
}

/** A model and what it can be asked to do. */
export interface Model {
  /** Resource name, `models/<id>`. */
  readonly name: string;
  /** Names of the methods that it takes, such as `batchGenerateContent`. */
  readonly supportedActions: readonly string[];
  /** Whether it takes batch jobs: of requests for embeddings, or of those that generate content. */
  readonly isBatchable: boolean;
}

/** The input of a request as the service counts it. */
export interface TokenCount {
  readonly total: number;
  /** Empty where the service does not say. */
  readonly by_modality: ByModality;
}

/** A request file that was inspected, to be sent. */
export interface UploadFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** SHA-256 of what was inspected, 64 lower-case hex digits. */
  readonly sha256: string;
  readonly displayName: string;
}

/** A file at the service. */
export interface RemoteFile {
  /** Resource name, `files/<id>`. */
  readonly name: string;
  readonly displayName?: string;
  readonly sizeBytes?: number;
  /** SHA-256 of its content, 64 lower-case hex digits. */
  readonly sha256?: string;
  /** `PROCESSING`, `ACTIVE` or `FAILED`. */
  readonly state?: string;
  readonly createTime?: string;
  readonly expirationTime?: string;
}

/** A batch job to be made. */
export interface CreateBatchRequest {
  /** Resource name, `models/<id>`; whether the requests are for embeddings depends on it. */
  readonly model: string;
  /** The uploaded request file, `files/<id>`, or the address of an object that was in a bucket already. */
  readonly fileName: string;
  /** The fingerprint of such an object. */
  readonly inputSha256?: string;
  /** Bears the attempt, by which the job is found again; see `domain/job/display-name.ts`. */
  readonly displayName: string;
  /** Address that the service notifies when the job ends; not of embeddings. */
  readonly webhookUri?: string;
  /**
   * The folder, `gs://…/`, in which the job is given one of its own, named by its attempt, and in which its results stay. Without it
   * they are put where the client finds and deletes them.
   */
  readonly resultsPlace?: string;
}
