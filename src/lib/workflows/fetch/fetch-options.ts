import type {PollDeps} from '../poll/poll-run.js';
import type {FetchLimiters} from './fetch-limiters.js';
import type {ReceiveOptions} from './receive-result.js';

export interface FetchDeps extends PollDeps {
  readonly limiters: FetchLimiters;
}

/** How to fetch. */
export interface FetchOptions extends ReceiveOptions {
  readonly keepsRemote: boolean;
  /** Absolute path of the folder for the results; null for `results` beside each request file. */
  readonly resultsDir: string | null;
  /** Whether results are fetched that were left in their bucket. */
  readonly fetchesLeft: boolean;
}

/** What is true after a fetch. */
export interface FetchedResult {
  /** What a person should know, one sentence each. */
  readonly notes: readonly string[];
}
