import type {ItemError} from '../../domain/item-error.js';
import type {BatchStats} from '../../domain/job/batch-job.js';
import type {JobOutcome} from '../../domain/job/job-progress.js';
import type {LeftResults, PartOf, RowCounts, StoredResults} from '../../domain/job/job-record.js';

/** A batch job as `gembatch poll` shows it; the `job` of its `--json` events. Times are RFC 3339. */
export interface PolledJob {
  /** Resource name, `batches/<id>`. */
  readonly name: string;
  /** `input_file` of the job record. */
  readonly file: string;
  /** The place of the file in a larger one that was split. */
  readonly part_of?: PartOf;
  readonly model?: string;
  /** `JOB_STATE_*`, or whatever else the service says. */
  readonly state: string;
  readonly outcome: JobOutcome;
  /** Whether another job stands for its work, so that its outcome does not count: a later one, or the one it is merged into. */
  readonly replaced: boolean;
  /** Requests of the job; null when they were not counted. */
  readonly requests: number | null;
  /** Requests by what became of them, as far as the service says. */
  readonly stats?: BatchStats;
  readonly create_time?: string;
  readonly end_time?: string;
  /** Why the job as a whole did not work. */
  readonly error?: {readonly code?: number; readonly message: string};
  /** Where the results are and how many rows are good and bad, once they are on disk. */
  readonly results?: StoredResults;
  /** The folder, `gs://…/`, that the job leaves its results in. */
  readonly results_left?: string;
  /** What there is of them, once they are there and were not fetched. */
  readonly left?: LeftResults;
  /** With `results` or `left`: rows that need attention; of results that were left by the counts of the service. */
  readonly bad_rows?: number;
  /** USD; absent when it is not known. */
  readonly cost_usd?: number;
  /** The likely cost as it was estimated, in USD; absent when it is not known. */
  readonly estimate_usd?: number;
  /** Why the results could not be fetched the last time. */
  readonly results_error?: {readonly message: string; readonly at: string};
}

/** Why `gembatch poll` ended: all is over, it was asked for one look, its time was up, or it was stopped. */
export type PollEnd = 'finished' | 'once' | 'timeout' | 'interrupted';

/** The result of polling, and its last `--json` event. Jobs that were replaced are in `replaced` alone. */
export interface PollSummary {
  /** Path of the job-info file as it was opened. */
  readonly job_info: string;
  readonly ended: PollEnd;
  readonly jobs: number;
  readonly done: number;
  readonly bad_rows: number;
  /** Jobs whose result file is not what was fetched; its rows are not among those below. */
  readonly altered: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly expired: number;
  readonly lost: number;
  /** Jobs that the service does not show any more, which says nothing about their end. */
  readonly not_seen: number;
  readonly running: number;
  readonly replaced: number;
  /** Creates of earlier runs whose outcome is unknown. */
  readonly unclear: number;
  /** Jobs that were followed and whose record is not in the job-info file any more. */
  readonly vanished: number;
  /** What all jobs have cost, those that were replaced too; null as soon as one is not known. */
  readonly cost_usd: number | null;
  readonly cost_usd_known: number;
  /** Models of which answers say when the service ends them. */
  readonly retiring: readonly {readonly model: string; readonly on: string}[];
  /** Of the jobs that are done, with bad rows or without: those whose results were left in a bucket, and what there is of them. */
  readonly left: number;
  readonly left_bytes: number;
  /** Rows of all results on disk. */
  readonly rows: RowCounts;
  /** Those of them that need attention, and those of results that were left by the counts of the service. */
  readonly bad_row_count: number;
  readonly duration_ms: number;
  readonly exit_code: number;
}

/** One step of progress. The workflow reports, the output layer decides what a person sees of it. */
export type PollEvent =
  /** First event: all jobs that are followed, those that are over included. */
  | {readonly type: 'jobs'; readonly jobs: readonly PolledJob[]}
  /** A job is new, or something about it has changed. */
  | {readonly type: 'state'; readonly job: PolledJob}
  /** The results of a job are on disk and recorded. */
  | {readonly type: 'result'; readonly job: PolledJob}
  /** Bytes of a result file that have arrived. */
  | {readonly type: 'download'; readonly name: string; readonly bytes: number}
  /** Something failed and is tried again after `retryMs`, or not in this run when that is null. */
  | {
      readonly type: 'error';
      readonly name?: string;
      readonly file?: string;
      readonly error: ItemError;
      readonly retryMs: number | null;
    }
  /** The service cannot be asked right now; `reason` is what it said or what broke. */
  | {
      readonly type: 'wait';
      readonly name?: string;
      readonly file?: string;
      readonly reason: string;
      readonly delayMs: number;
    }
  /** The service was asked; it is asked again after `delayMs`. */
  | {readonly type: 'asked'; readonly delayMs: number}
  /** Something about the whole run: a submission that is waited for, a journal that was found. */
  | {readonly type: 'status'; readonly message: string}
  /** Something that a person must not miss. */
  | {readonly type: 'warning'; readonly name?: string; readonly message: string}
  /** Last event; the jobs as they are in the end. */
  | {readonly type: 'summary'; readonly summary: PollSummary; readonly jobs: readonly PolledJob[]};
