import {exitCodeOfStop, exitCodeWithRest} from '../../domain/outcome.js';
import {itemError} from '../../domain/item-error.js';
import {abortError} from '../../domain/interruption.js';
import {replacedJobs} from '../../domain/job/replaced-jobs.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import {ResultFiles} from '../job-states/result-files.js';
import {vanishedError} from '../job-states/vanished-records.js';
import {JobFollower} from './job-follower.js';
import {mergeRetries} from '../retry/merge-retry.js';
import {joinParts} from '../split/join-parts.js';
import type {PollEnd, PollSummary} from './poll-report.js';
import {polledJob} from './polled-job.js';
import type {PollDeps, PollInput} from './poll-run.js';
import {summarisePoll, vanishedJobs, type PollOutcome} from './poll-summary.js';

/**
 * The use case of `gembatch poll`: recorded batch jobs become verified results on disk.
 *
 * When it returns, each job that is over is recorded as such, and each result that was fetched is durable; nothing was
 * deleted at the service before that. It may be stopped and started again at any moment, and run beside a submission or
 * another poll.
 *
 * @throws GembatchError `NO_INPUT` when there is nothing to follow, `USAGE` when a named job is not recorded,
 *   `KEY_REFUSED`, `STORAGE`, `LOCKED`, `LOCK_LOST`; `SERVICE` and `QUOTA` when it was to look only once. What concerns a
 *   single job is in the summary.
 */
export async function pollJobs(
  deps: PollDeps,
  input: PollInput,
  follower = new JobFollower(deps, input),
): Promise<PollSummary> {
  let ended: PollEnd | undefined;
  try {
    ended = await follower.follow();
  } finally {
    await follower.end();
  }
  const outcome = follower.outcome(ended ?? 'finished');
  const unmerged = [...(await mergeRetries(deps)), ...(await joinParts(deps, input.resultsDir))];
  for (const message of unmerged) deps.report({type: 'warning', message});
  const records = newest(deps, outcome.records);
  const onDisk = outcome.ended === 'interrupted' ? outcome.onDisk : await lookAgain(deps, records, input);
  const final = {...outcome, records, onDisk};
  for (const [name, file] of vanishedJobs(final)) reportVanished(deps, name, file);
  const totals = summarisePoll(final);
  const summary: PollSummary = {
    job_info: deps.store.path,
    ...totals,
    duration_ms: Math.round(deps.clock.monotonic() - follower.startedMs),
    exit_code:
      outcome.ended === 'interrupted'
        ? exitCodeOfStop(abortError(input.stop))
        : // Answers that are not where a person looks for them are a part that is not done.
          exitCodeWithRest(totals.exit_code, unmerged.length > 0 ? 'partial' : undefined),
  };
  const replaced = replacedJobs(records, onDisk);
  const jobs = records.map((record) =>
    polledJob(record, {isReplaced: replaced.has(record.batch.name), onDisk: onDisk(record)}),
  );
  deps.report({type: 'summary', summary, jobs});
  return summary;
}

function reportVanished({store, report}: PollDeps, name: string, file: string): void {
  const error = vanishedError(store, {name, file});
  report({type: 'error', name, file, error: itemError(error), retryMs: null});
}

/** A run may take a day; a result file may have been altered meanwhile. */
async function lookAgain(
  {store}: PollDeps,
  records: readonly JobRecord[],
  {fetchesLeft, stop}: PollInput,
): Promise<PollOutcome['onDisk']> {
  const files = new ResultFiles(store, {wantsLeft: fetchesLeft});
  await files.look(records, stop);
  return (record) => files.stateOf(record);
}

/** The records as they are now: merging has changed some. */
function newest({store}: PollDeps, followed: readonly JobRecord[]): readonly JobRecord[] {
  const names = new Set(followed.map(({batch}) => batch.name));
  return store.read().records.flatMap(({record}) => (names.has(record.batch.name) ? [record] : []));
}
