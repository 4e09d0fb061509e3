import {GembatchError} from '../../domain/errors.js';
import {exitCodeOf, type ItemOutcome} from '../../domain/outcome.js';
import {failed, itemOutcome} from '../submit/file-outcome.js';
import {noteStates} from '../job-states/note-states.js';
import {refreshJobs} from '../job-states/refresh-jobs.js';
import {selectJobs} from '../job-states/select-jobs.js';
import {jobOutcome} from '../../domain/job/job-progress.js';
import {prepareRetries, type Retry, type RetryDeps, type RetrySelection} from './prepare-retries.js';
import {openSubmission} from '../submit/submit-files.js';
import type {Submission} from '../submit/submission.js';
import type {FileError, SubmitEvent, SubmitResult} from '../submit/submit-report.js';
import type {SubmitDeps, SubmitOptions} from '../submit/submit-run.js';

/** What to retry, and how to submit it. */
export interface RetryInput extends RetrySelection, SubmitOptions {
  /** As the person wrote it; undefined takes the model of each job. */
  readonly model: string | undefined;
  /** Asks whether the files whose jobs are lost or cannot be seen are to be submitted, and perhaps paid, again. */
  readonly confirmLost?: (files: readonly string[]) => Promise<boolean>;
}

/** Errors that concern every model alike. */
const FATAL_CODES: ReadonlySet<string> = new Set([
  'INTERRUPTED',
  'KEY_REFUSED',
  'LOCKED',
  'LOCK_LOST',
  'STORAGE',
]);

/** Shows one submission; there is one for each model. */
export interface SubmissionView {
  report(event: SubmitEvent): void;
  /** Submits the files of the submission, each with `submitOne`. */
  submitEach(submission: Submission): Promise<void>;
}

/** What became of the retry of one job; the element of `jobs` in the `--json` object. */
export interface RetryOutcome {
  /** The batch job that is retried. */
  readonly job: string;
  readonly file: string;
  /** What had become of it. */
  readonly was: Retry['outcome'];
  /** How many requests are sent again; null when nobody knows. */
  readonly requests: number | null;
  /** The request file that is submitted, as a record spells it. */
  readonly request_file: string | null;
  /** Why it could not be prepared, or its submission not be begun. */
  readonly error?: FileError;
}

/** The `--json` object of `gembatch retry`. */
export interface RetryResult {
  readonly job_info: string;
  readonly dry_run: boolean;
  readonly jobs: readonly RetryOutcome[];
  /** One for each model. */
  readonly submissions: readonly SubmitResult[];
  readonly exit_code: number;
}

/**
 * The use case of `gembatch retry`: jobs that did not fully work are submitted again, each linked to its retry.
 *
 * The jobs of each model are submitted together; what is wrong with one model does not keep the others from it.
 *
 * @throws GembatchError as `prepareRetries`.
 */
export async function retryJobs(
  deps: RetryDeps & Omit<SubmitDeps, 'report'>,
  input: RetryInput,
  viewOf: () => SubmissionView,
): Promise<RetryResult> {
  if (!input.isDryRun) await lookForUnseen(deps, input);
  const retries = await prepareRetries(deps, input);
  const lost = retries.filter(
    ({outcome, path}) => path !== null && (outcome === 'lost' || outcome === 'not_seen'),
  );
  if (lost.length > 0 && !input.isDryRun && (await input.confirmLost?.(lost.map(({file}) => file))) !== true)
    throw new GembatchError('USAGE', 'Nothing was sent.', {suggestions: []});
  const submissions: SubmitResult[] = [];
  const failures = new Map<string, GembatchError>();
  let fatal: GembatchError | undefined;
  for (const [model, group] of byModel(retries, input.model)) {
    if (input.isDryRun || input.stop?.aborted) break;
    try {
      if (fatal !== undefined) throw fatal;
      submissions.push(await submitGroup(deps, {...input, model}, {group, view: viewOf()}));
    } catch (error) {
      if (!(error instanceof GembatchError)) throw error;
      for (const {job} of group) failures.set(job, error);
      if (FATAL_CODES.has(error.code)) fatal = error;
    }
  }
  const jobs = retries.map((retry) => outcomeOf(deps, retry, failures.get(retry.job)));
  return {
    job_info: deps.store.path,
    dry_run: input.isDryRun,
    jobs,
    submissions,
    exit_code: exitCodeFor(jobs, submissions, input),
  };
}

/**
 * Asks once more, by name and in the list, for the selected jobs that could not be seen; what is there again is recorded.
 *
 * @throws GembatchError why the service could not be asked.
 */
async function lookForUnseen(
  {store, client, clock}: Pick<SubmitDeps, 'store' | 'client' | 'clock'>,
  {names, stop}: RetryInput,
): Promise<void> {
  const records = store.read().records.map(({record}) => record);
  const unseen = selectJobs(store, records, names).filter((record) =>
    ['lost', 'not_seen'].includes(jobOutcome(record)),
  );
  if (unseen.length === 0) return;
  const heard = await refreshJobs(
    client,
    unseen.map(({batch}) => batch),
    stop === undefined ? {} : {signal: stop},
  );
  await store.updateJobs(noteStates(unseen, heard, new Date(clock.now()).toISOString()));
  const error = heard.error ?? [...heard.refused.values()].at(0);
  if (error !== undefined) throw error;
}

/** Each job goes to the model that it went to, unless another one is named. */
function byModel(
  retries: readonly Retry[],
  wish: string | undefined,
): ReadonlyMap<string | undefined, readonly Retry[]> {
  const groups = new Map<string | undefined, Retry[]>();
  for (const retry of retries) {
    if (retry.path === null) continue;
    const model = wish ?? retry.model;
    groups.set(model, [...(groups.get(model) ?? []), retry]);
  }
  return groups;
}

async function submitGroup(
  deps: Omit<SubmitDeps, 'report'>,
  input: RetryInput,
  {group, view}: {group: readonly Retry[]; view: SubmissionView},
): Promise<SubmitResult> {
  const files = group.flatMap(({path, job}, position) => {
    if (path === null) return [];
    const inputFile = deps.store.inputName(path);
    return [{index: position + 1, path, name: inputFile, inputFile, retryOf: job}];
  });
  const submission = await openSubmission({...deps, report: (event) => view.report(event)}, files, input);
  return submission.closeAfter(view.submitEach(submission));
}

function outcomeOf(
  {store}: RetryDeps,
  {job, file, outcome, requests, path, error: unprepared}: Retry,
  unsubmitted: GembatchError | undefined,
): RetryOutcome {
  const error = unprepared ?? unsubmitted;
  return {
    job,
    file,
    was: outcome,
    requests,
    request_file: path === null ? null : store.inputName(path),
    ...(error === undefined ? {} : {error: failed(error)}),
  };
}

function exitCodeFor(
  jobs: readonly RetryOutcome[],
  submissions: readonly SubmitResult[],
  {stop}: RetryInput,
): number {
  const unprepared = jobs.flatMap(({error}): ItemOutcome[] =>
    error === undefined ? [] : [{kind: 'failed', code: error.code}],
  );
  const submitted = submissions.flatMap(({files}) => files).map((file) => itemOutcome(file));
  const reason: unknown = stop?.reason;
  return exitCodeOf([...unprepared, ...submitted], reason instanceof GembatchError ? reason : undefined);
}
