import type {ItemError} from '../../domain/item-error.js';

/** What became of a job that was to be cancelled; an element of `jobs` in the `--json` object of `gembatch cancel`. */
export interface CancelledJob {
  /** Resource name, `batches/<id>`. */
  readonly name: string;
  /** `input_file` of the job record. */
  readonly file: string;
  /**
   * - `cancelled`: the service says so.
   * - `requested`: the service took the request, and did not say yet that the job is over; it may still succeed.
   * - `ended`: it was over before, by `state`.
   * - `failed`: `error` says why. Nothing is known to have changed.
   * - `not_started`: the service was not asked, because the run ended before that.
   */
  readonly outcome: 'cancelled' | 'requested' | 'ended' | 'failed' | 'not_started';
  /** `JOB_STATE_*` as last heard. */
  readonly state: string;
  /** With another outcome than `failed`: why it is not recorded. */
  readonly error?: ItemError;
}

/** The result of `gembatch cancel`, and its `--json` object. */
export interface CancelResult {
  /** Path of the job-info file as it was opened. */
  readonly job_info: string;
  readonly jobs: readonly CancelledJob[];
  readonly summary: {
    readonly jobs: number;
    readonly cancelled: number;
    readonly requested: number;
    readonly ended: number;
    readonly failed: number;
    readonly not_started: number;
    readonly exit_code: number;
  };
}
