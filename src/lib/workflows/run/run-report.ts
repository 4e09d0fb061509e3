import type {Range} from '../../domain/estimate/range.js';
import type {PollEvent, PollSummary} from '../poll/poll-report.js';
import type {RetryResult} from '../retry/retry-jobs.js';
import type {SubmissionView} from '../submit/submission.js';
import type {SubmitResult} from '../submit/submit-report.js';

/** Why request files wait to be submitted, and until when. */
export interface QueueWait {
  /**
   * - `open_jobs`, `open_tokens`, `storage`: as much as is allowed is open; a job that ends makes room.
   * - `canary`: its answers decide whether they are sent.
   * - `cost_cap`: what they cost at most does not fit under a cap; a job that ends may make room.
   * - `quota`: the service takes no more for now.
   * - `service`: it could not be reached, or did not answer properly.
   */
  readonly reason: 'open_jobs' | 'open_tokens' | 'storage' | 'canary' | 'cost_cap' | 'quota' | 'service';
  /** How many files wait. */
  readonly files: number;
  /** Their requests, as they were counted or estimated; null where some are in a bucket. */
  readonly requests: number | null;
  /** Batch jobs that are open, by the job-info file, and how many may be. */
  readonly open_jobs: number;
  readonly max_open_jobs: number;
  /** Tokens that are open of this model, four bytes of a request file for one; with the limit where there is one. */
  readonly open_tokens: number;
  readonly max_open_tokens: number | null;
  /** When it is tried again even if no job ends before, RFC 3339; null when only that makes room. */
  readonly retry_at: string | null;
  /** What the service said. */
  readonly message?: string;
}

/** The first requests of a run, and what their answers say of the rest. */
export interface CanaryReport {
  /** The file of that part, as the user named it. */
  readonly file: string;
  readonly requests: number;
  /** Null as long as it has none. */
  readonly job: string | null;
  readonly bad_rows: number | null;
  /** What the files that waited for it will cost by what it used; null when that is not known. */
  readonly rest_usd: Range | null;
  /** Null as long as its answers are not here, and when nothing waited for them. */
  readonly verdict: 'passed' | 'stopped' | null;
  /** Why nothing else was sent. */
  readonly reason: 'not_sent' | 'no_results' | 'bad_rows' | 'cost' | null;
}

/** The result of a run and the `--json` object of `gembatch run`. */
export interface RunResult {
  readonly submit: SubmitResult;
  /** Null when there was nothing to follow, or the submission was interrupted. */
  readonly poll: PollSummary | null;
  /** Why files were still waiting when the run ended; null when none was. */
  readonly waiting: QueueWait | null;
  /** With `--canary`, those of earlier runs too. */
  readonly canaries?: readonly CanaryReport[];
  /** What `--retries` sent again, round by round. */
  readonly retries?: readonly RetryResult[];
  readonly exit_code: number;
}

/** Shows how the jobs are followed, and why files wait. */
export interface PollingView {
  report(event: PollEvent): void;
  /** Says why files wait and until when; null when none waits any more. */
  wait(wait: QueueWait | null): void;
  /** Leaves the screen to a submission, or takes it again. */
  hide(isHidden: boolean): void;
  close(): void | Promise<void>;
}

/** How the parts of a run are shown. */
export interface RunViews {
  readonly submission: () => SubmissionView;
  readonly polling: () => PollingView;
}
