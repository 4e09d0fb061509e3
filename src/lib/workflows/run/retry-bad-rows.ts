import {exitCodeOfRun} from '../../domain/outcome.js';
import {pollJobs} from '../poll/poll-jobs.js';
import type {PollSummary} from '../poll/poll-report.js';
import type {PollDeps, PollInput} from '../poll/poll-run.js';
import {retryJobs, type RetryResult} from '../retry/retry-jobs.js';
import type {SubmitOptions} from '../submit/submit-run.js';
import type {RunResult, RunViews} from './run-report.js';

/** How often bad rows are sent again, and how. */
export interface RetryRounds {
  readonly rounds: number;
  readonly submit: SubmitOptions;
  readonly poll: Omit<PollInput, 'selection'>;
}

/**
 * Sends what did not work again and follows it, as often as it is allowed and helps.
 *
 * @throws GembatchError as `retryJobs` and `pollJobs` do.
 */
export async function retryBadRows(
  deps: Omit<PollDeps, 'report'>,
  result: RunResult,
  {rounds, submit, poll: input}: RetryRounds,
  views: RunViews,
): Promise<RunResult> {
  const {clock, store} = deps;
  const first = result.submit.files.flatMap(({job, outcome}) =>
    job === undefined || outcome === 'changed' ? [] : [job.name],
  );
  const deadlineMs = input.timeoutMs === null ? null : clock.monotonic() + input.timeoutMs;
  const follow = async (): Promise<PollSummary> => {
    const view = views.polling();
    const timeoutMs = deadlineMs === null ? null : Math.max(0, deadlineMs - clock.monotonic());
    try {
      return await pollJobs(
        {...deps, report: (event) => view.report(event)},
        {...input, timeoutMs, selection: first},
      );
    } finally {
      await view.close();
    }
  };
  const retries: RetryResult[] = [];
  // No name would stand for all jobs.
  let poll = first.length === 0 ? null : result.poll;
  while (poll !== null && retries.length < rounds && isWorthRetry(poll, input.stop)) {
    const retry = await retryJobs(
      {...deps, store},
      {...submit, names: first, isDryRun: false},
      views.submission,
    );
    retries.push(retry);
    const hasJobs = retry.submissions.some(({files}) => files.some(({job}) => job !== undefined));
    if (!hasJobs || input.stop.aborted) break;
    poll = await follow();
  }
  const isUnfinished = result.waiting !== null && poll?.ended === 'timeout';
  const retryCodes = retries.map(({exit_code: code}) => code);
  const exitCode =
    poll === null
      ? result.exit_code
      : exitCodeOfRun(result.submit.summary.exit_code, poll.exit_code, {isUnfinished, retryCodes});
  return {...result, poll: poll ?? result.poll, retries, exit_code: exitCode};
}

function isWorthRetry(
  {ended, bad_rows: bad, failed, expired, cancelled}: PollSummary,
  stop: AbortSignal,
): boolean {
  return ended === 'finished' && !stop.aborted && bad + failed + expired + cancelled > 0;
}
