import type {BucketInput} from '../../domain/bucket/bucket-input.js';
import type {GembatchError} from '../../domain/errors.js';
import type {JobOutcome} from '../../domain/job/job-progress.js';
import type {Range} from '../../domain/estimate/range.js';
import type {PricedService} from '../../domain/price/price-list.js';
import type {OutputLimit} from '../../domain/request/output-limit.js';
import type {RequestOutcome} from '../../domain/result/row-counts.js';
import type {BatchService} from '../../services/batch-service.js';
import type {JobStore} from '../../store/job-store.js';
import type {FileEstimator} from '../estimate/file-estimator.js';
import type {CreateFile} from '../poll/poll-run.js';
import type {LeftOut} from './retry-requests.js';

export interface RetryDeps {
  readonly store: JobStore;
  readonly client: BatchService;
  readonly createFile: CreateFile;
}

/** What is to be retried. */
export interface RetrySelection {
  /** Request files and batch jobs, as the person named them; none for all that did not work. */
  readonly names: readonly string[];
  /** Only rows with one of these outcomes; `missing` stands for all rows of a job without results. */
  readonly only?: ReadonlySet<RequestOutcome>;
  /** As `BatchService.address`: the jobs of another emulator or stand-in are left alone. */
  readonly address?: string | undefined;
  /** Where new jobs go: what another service has answered is sent again there. */
  readonly service?: PricedService;
  /** New output limit for answers that were cut off. */
  readonly outputLimit?: OutputLimit;
  /** The most tokens that a model answers with; undefined where that is not known. */
  readonly maxOutputOf?: (model: string | undefined) => number | undefined;
  /** Whether the user agrees to pay again for the named jobs that are lost or not seen. */
  readonly isLost?: boolean;
  /** Why a job is not retried now, whatever became of it; by batch name. */
  readonly withheld?: ReadonlyMap<string, GembatchError>;
  /** Writes nothing. */
  readonly isDryRun: boolean;
  readonly stop?: AbortSignal;
  /** Says what the retries will cost at a model, before anything is written; undefined when not asked for. */
  readonly estimatorOf?: (model: string | undefined) => FileEstimator;
}

/** A job that is retried, or why it is not. */
export interface Retry {
  readonly job: string;
  /** `input_file` of its record. */
  readonly file: string;
  readonly outcome: JobOutcome;
  /** Resource name of the model that the job went to. */
  readonly model?: string;
  /** How many requests are sent again. */
  readonly requests: number | null;
  /** The request files that are submitted, absolute; none when there is nothing to send. */
  readonly paths: readonly string[];
  /** What the content of the request file has to begin its fingerprint with, where all of it is sent again as it was. */
  readonly fingerprint?: string;
  /** What is submitted in place of a file, where the request file is in a bucket and all of it is sent again. */
  readonly object?: BucketInput | undefined;
  /** How many of its bad rows are not sent again, by the reason. */
  readonly leftOut: Readonly<Partial<Record<LeftOut, number>>>;
  /** What it will cost, null when that is not known; absent when not asked for. */
  readonly estimateUsd?: Range | null;
  readonly error?: GembatchError;
}

/** The retries of the selected jobs. */
export interface PreparedRetries {
  readonly retries: readonly Retry[];
  /** How many of the jobs are not over. */
  readonly running: number;
}
