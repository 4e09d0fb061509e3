import type {ItemError} from '../../domain/item-error.js';
import type {Range} from '../../domain/estimate/range.js';
import type {PartOf} from '../../domain/job/job-record.js';
import type {Estimate} from '../estimate/estimate-files.js';
import type {RequestFile} from './collect-inputs.js';

/** Where one request file is on its way through a submission; `checked` waits for its turn to be sent, `waiting` for quota. */
export type SubmitPhase = 'inspecting' | 'checked' | 'uploading' | 'waiting' | 'creating' | 'reconciling';

/** What became of one request file; the element of `files` in the `--json` object. */
export interface FileOutcome {
  /** The file as the user named it. */
  readonly file: string;
  /**
   * - `submitted`: a batch job exists and is recorded; also when an earlier, unclear create is found to have worked.
   * - `skipped`: a batch job for it exists already, or the file is one of ours; nothing was sent.
   * - `changed`: its content, or the model that is named, is another than was submitted; nothing was sent.
   * - `would_submit`: `--dry-run`, and it would have been sent.
   * - `failed`: no batch job was made.
   * - `unclear`: a create was sent and its outcome is unknown; it is in the journal and is reconciled by the next run.
   * - `not_started`: the run ended before its turn; nothing was paid.
   */
  readonly outcome:
    'submitted' | 'skipped' | 'changed' | 'would_submit' | 'failed' | 'unclear' | 'not_started';
  /** The place of the file in a larger one that was split. */
  readonly part_of?: PartOf;
  /** With `would_submit`: how many parts it would be split into. */
  readonly parts?: number;
  /** Requests, that is non-empty lines; null of an object in a bucket that was not read, absent when the file was not inspected to its end. */
  readonly count?: number | null;
  readonly size_bytes?: number;
  readonly sha256?: string;
  /** What it was estimated at; null when that is not known. */
  readonly estimate_usd?: Range | null;
  readonly uploaded_file_name?: string;
  /** The batch job, made now or before: the existing one of a skipped file. */
  readonly job?: {readonly name: string; readonly display_name?: string; readonly state: string};
  /** Why it was skipped; `adopted`: the service has its job, which is recorded now. */
  readonly reason?: 'same_file' | 'same_content' | 'own_file' | 'adopted';
  /** With `same_content`: the other request file, as its record or this run's command line spells it. */
  readonly same_as?: string;
  /** With `same_file`: whether the file has changed since it was submitted; null when unclear. */
  readonly changed?: boolean | null;
  /** Why it failed, has changed, is unclear or was not started; of a skipped file, why its job brought no results. */
  readonly error?: ItemError;
  /** What is worth knowing but did not stop the file: a failed deletion, a questionable field. */
  readonly warnings?: readonly string[];
  /** From the start of its inspection to its outcome, in milliseconds. */
  readonly duration_ms?: number;
}

/** The result of a submission and the `--json` object of `gembatch submit`. */
export interface SubmitResult {
  /** Path of the job-info file as it was opened. */
  readonly job_info: string;
  /** Resource name of the model, `models/<id>`. */
  readonly model: string;
  readonly dry_run: boolean;
  readonly files: readonly FileOutcome[];
  /** Creates of earlier runs that were still open when this one started, and what was found. */
  readonly settled: readonly EarlierCreate[];
  readonly summary: SubmitSummary;
  /**
   * What the files that have no batch job yet will use and cost; with `--dry-run`, those that would be submitted. Null when all of
   * them are in a bucket, and not read.
   */
  readonly estimate?: Estimate | null;
}

/** An unclear create of an earlier run and what became of it. */
export interface EarlierCreate {
  readonly file: string;
  readonly attempt: string;
  /** `adopted`: the job exists and is recorded. `aborted`: there is no such job. `unclear`: still not known. */
  readonly outcome: 'adopted' | 'aborted' | 'unclear';
  readonly job?: string;
  readonly message: string;
}

/**
 * Totals of a submission. `requests` and `bytes` are those of the files that were, or would be, submitted; `requests` is null as soon as
 * nobody has counted those of one.
 */
export interface SubmitSummary {
  readonly files: number;
  readonly submitted: number;
  readonly skipped: number;
  readonly changed: number;
  readonly would_submit: number;
  readonly failed: number;
  readonly unclear: number;
  readonly not_started: number;
  readonly requests: number | null;
  readonly bytes: number;
  readonly duration_ms: number;
  readonly exit_code: number;
}

/** One step of progress. The workflow reports, the output layer decides what a person sees of it. */
export type SubmitEvent =
  /** First event once the inputs are known. A file keeps its `index`, from 1. */
  | {readonly type: 'files'; readonly files: readonly Pick<RequestFile, 'index' | 'name'>[]}
  /** Something about the whole run: the lock that is waited for, a journal that was found, a model that is looked up. */
  | {readonly type: 'status'; readonly message: string}
  /** Something about the whole run that a person must not miss. */
  | {readonly type: 'warning'; readonly message: string}
  /** What the files that have no batch job yet will use and cost. */
  | {readonly type: 'estimate'; readonly estimate: Estimate}
  | {readonly type: 'phase'; readonly index: number; readonly phase: SubmitPhase}
  /** Bytes of the current phase so far. After a broken transfer `bytes` may go back. */
  | {readonly type: 'progress'; readonly index: number; readonly bytes: number; readonly totalBytes: number}
  /** The file waits; `reason` is what the service said or what broke. */
  | {readonly type: 'wait'; readonly index: number; readonly reason: string; readonly delayMs: number}
  /** The service has no quota for more jobs: all that is left waits, at most for `leftMs` from now. */
  | {
      readonly type: 'quota';
      readonly reason: string;
      readonly delayMs: number;
      readonly leftMs: number;
    }
  | {readonly type: 'outcome'; readonly index: number; readonly outcome: FileOutcome}
  | {readonly type: 'summary'; readonly summary: SubmitSummary};
