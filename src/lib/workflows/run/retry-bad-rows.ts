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
 * Sends what did not work again and follows it, as often as it is allowed and helps. Retries of an earlier run that are
 * still open are followed first, so that nothing is sent beside them.
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
    const selection = withRetries(deps, first);
    try {
      return await pollJobs(
        {...deps, report: (event) => view.report(event)},
        {...input, timeoutMs, selection},
      );
    } finally {
      await view.close();
    }
  };
  const retries: RetryResult[] = [];
  let poll = result.poll;
  if (poll !== null && withRetries(deps, first).length > new Set(first).size) poll = await follow();
  while (poll !== null && retries.length < rounds && isWorthRetry(poll, input.stop)) {
    const names = withRetries(deps, first);
    const retry = await retryJobs({...deps, store}, {...submit, names, isDryRun: false}, views.submission);
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
  return {...result, poll, retries, exit_code: exitCode};
}

function isWorthRetry(
  {ended, bad_rows: bad, failed, expired, cancelled}: PollSummary,
  stop: AbortSignal,
): boolean {
  return ended === 'finished' && !stop.aborted && bad + failed + expired + cancelled > 0;
}

/** The jobs and all that retry them, in the order of the job-info file. */
function withRetries({store}: Pick<PollDeps, 'store'>, jobs: readonly string[]): readonly string[] {
  const family = new Set(jobs);
  for (const {record} of store.read().records) {
    if (record.retry_of !== undefined && family.has(record.retry_of)) family.add(record.batch.name);
  }
  return [...family];
}
