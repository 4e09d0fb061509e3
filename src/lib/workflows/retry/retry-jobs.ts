import {itemError, type ItemError} from '../../domain/item-error.js';
import {GembatchError} from '../../domain/errors.js';
import {abortError} from '../../domain/interruption.js';
import {exitCodeOf, type ItemOutcome} from '../../domain/outcome.js';
import {itemOutcome} from '../submit/file-outcome.js';
import type {Range} from '../../domain/estimate/range.js';
import {DEFAULT_MODEL} from '../../domain/service/model-choice.js';
import {entryOf} from '../../domain/price/price-list.js';
import {PRICES} from '../../domain/price/prices.js';
import {describeLockWait} from '../../domain/lock-holder.js';
import {fetchAgain, lookForUnseen, reconcileRetries} from './before-retry.js';
import {isForPerson, retriable, type CurrentJob} from './current-jobs.js';
import {prepareRetries} from './prepare-retries.js';
import {NOTHING_SENT} from './refusals.js';
import type {PreparedRetries, Retry, RetryDeps, RetrySelection} from './retry-selection.js';
import {FileEstimator} from '../estimate/file-estimator.js';
import type {RequestFile} from '../submit/collect-inputs.js';
import {haltOn, openSubmission} from '../submit/submit-files.js';
import type {SubmissionView} from '../submit/submission.js';
import type {SubmitEvent, SubmitResult} from '../submit/submit-report.js';
import type {SubmitDeps, SubmitOptions} from '../submit/submit-run.js';

/** What to retry, and how to submit it. */
export interface RetryInput extends RetrySelection, SubmitOptions {
  /** As the person wrote it; undefined takes the model of each job. */
  readonly model: string | undefined;
  /** Asks whether the work of jobs that are lost or cannot be seen is to be submitted, and perhaps paid, again. */
  readonly confirmLost?: (jobs: readonly CurrentJob[]) => Promise<boolean>;
}

/** Errors that concern every model alike. */
const FATAL_CODES: ReadonlySet<string> = new Set([
  'INTERRUPTED',
  'KEY_REFUSED',
  'LOCKED',
  'LOCK_LOST',
  'STORAGE',
]);

/** What became of the retry of one job; the element of `jobs` in the `--json` object. */
export interface RetryOutcome {
  /** The batch job that is retried. */
  readonly job: string;
  readonly file: string;
  /** What had become of it. */
  readonly was: Retry['outcome'];
  /** How many requests are sent again; null when unknown. */
  readonly requests: number | null;
  /** The request file that is submitted, as a record spells it; of several the first. */
  readonly request_file: string | null;
  /** All request files that are submitted: rows that fail in large jobs go in small ones. */
  readonly request_files: readonly string[];
  /** How many of its bad rows are not sent again, by the reason. */
  readonly left_out: Retry['leftOut'];
  /** What it will cost, of a dry run; null when that is not known. */
  readonly estimate_usd?: Range | null;
  /** Why it could not be prepared, or its submission not be begun. */
  readonly error?: ItemError;
}

/** The `--json` object of `gembatch retry`. */
export interface RetryResult {
  readonly job_info: string;
  readonly dry_run: boolean;
  readonly jobs: readonly RetryOutcome[];
  /** How many of the jobs that were asked for are not over, so that there is nothing to retry yet. */
  readonly running: number;
  /** One for each model. */
  readonly submissions: readonly SubmitResult[];
  readonly exit_code: number;
}

/**
 * The use case of `gembatch retry`: jobs that did not fully work are submitted again, each linked to its retry.
 *
 * The jobs of each model are submitted together; what is wrong with one model does not keep the others from it. One
 * session lasts from the look at earlier retries to the last record, so that no request file is written anew that another
 * retry has sent or is sending.
 *
 * @throws GembatchError as `prepareRetries`; `LOCKED`, `LOCK_LOST`, `INTERRUPTED`, and why the service could not be asked
 *   for jobs that were not seen.
 */
export async function retryJobs(
  deps: RetryDeps & Omit<SubmitDeps, 'report'>,
  given: RetryInput,
  viewOf: () => SubmissionView,
): Promise<RetryResult> {
  const {store} = deps;
  const prices = given.prices ?? PRICES;
  const input = {
    ...given,
    address: deps.client.address,
    service: deps.client.services[0],
    maxOutputOf: (model = DEFAULT_MODEL) =>
      entryOf(prices, given.model ?? model)?.max_output_tokens ?? undefined,
  };
  if (input.isDryRun) {
    const estimatorOf = estimators(deps, input);
    return resultOf(deps, input, await prepareRetries(deps, {...input, estimatorOf}));
  }
  const halt = haltOn(input.stop);
  const stop = halt.signal;
  const view = viewOf();
  const looking = {...deps, prices, report: (event: SubmitEvent): void => view.report(event)};
  store.requireReadable(store.read(), NOTHING_SENT);
  await lookForUnseen(looking, await retriable(store, input), stop);
  const jobs = await retriable(store, input);
  await confirm(jobs, input);
  const unfetched = await fetchAgain(looking, jobs, stop);
  return store.withSession(
    {
      timeoutMs: input.lockTimeoutMs,
      signal: stop,
      onWait: (holder) => view.report({type: 'status', message: describeLockWait(holder, store.path)}),
    },
    async (session) => {
      const unclear = await reconcileRetries(looking, session, {createGraceMs: input.createGraceMs, halt});
      const prepared = await prepareRetries(deps, {...input, withheld: new Map([...unfetched, ...unclear])});
      return submitRetries({...deps, openedSession: session}, input, {...prepared, viewOf});
    },
  );
}

/** One for each model: that which was named, or that of the job. */
function estimators(
  {store, clock, client}: Pick<SubmitDeps, 'store' | 'clock' | 'client'>,
  {model: named, prices = PRICES}: RetryInput,
): (model: string | undefined) => FileEstimator {
  const [service] = client.services;
  const records = store.read().records.map(({record}) => record);
  const made = new Map<string, FileEstimator>();
  return (own) => {
    const model = named ?? own ?? DEFAULT_MODEL;
    const known =
      made.get(model) ??
      new FileEstimator({model, service, prices, records, nowMs: clock.now(), isOnce: true});
    made.set(model, known);
    return known;
  };
}

/** @throws GembatchError `USAGE` when the user does not agree to pay again for jobs that are lost or not seen. */
async function confirm(jobs: readonly CurrentJob[], input: RetryInput): Promise<void> {
  if (input.isLost !== true) return;
  const lost = jobs.filter(isForPerson);
  if (lost.length === 0 || (await input.confirmLost?.(lost)) === true) return;
  throw new GembatchError('USAGE', 'Nothing was sent.', {suggestions: []});
}

/** Submits what is prepared, the files of each model in a submission of their own. */
async function submitRetries(
  deps: RetryDeps & Omit<SubmitDeps, 'report'>,
  input: RetryInput,
  {retries, running, viewOf}: PreparedRetries & {readonly viewOf: () => SubmissionView},
): Promise<RetryResult> {
  const submissions: SubmitResult[] = [];
  const failures = new Map<string, GembatchError>();
  let fatal: GembatchError | undefined;
  for (const [model, group] of byModel(retries, input.model)) {
    if (input.stop?.aborted) break;
    try {
      if (fatal !== undefined) throw fatal;
      const view = viewOf();
      const submitting = {...deps, report: (event: SubmitEvent): void => view.report(event)};
      const files = requestFilesOf(deps.store, group);
      const submission = await openSubmission(submitting, files, {...input, model});
      submissions.push(await submission.closeAfter(view.submitEach(submission)));
    } catch (error) {
      if (!(error instanceof GembatchError)) throw error;
      for (const {job} of group) failures.set(job, error);
      if (FATAL_CODES.has(error.code)) fatal = error;
    }
  }
  return resultOf(deps, input, {retries, running, submissions, failures});
}

function resultOf(
  deps: RetryDeps,
  input: RetryInput,
  ended: PreparedRetries & {
    readonly submissions?: readonly SubmitResult[];
    /** Why the submission of a job was not begun; by batch name. */
    readonly failures?: ReadonlyMap<string, GembatchError>;
  },
): RetryResult {
  const {retries, running, submissions = [], failures} = ended;
  const jobs = retries.map((retry) => outcomeOf(deps, retry, failures?.get(retry.job)));
  return {
    job_info: deps.store.path,
    dry_run: input.isDryRun,
    jobs,
    running,
    submissions,
    exit_code: exitCodeFor(jobs, submissions, input),
  };
}

/** Each job goes to the model that it went to, unless another one is named. */
function byModel(
  retries: readonly Retry[],
  named: string | undefined,
): ReadonlyMap<string | undefined, readonly Retry[]> {
  const groups = new Map<string | undefined, Retry[]>();
  for (const retry of retries) {
    if (retry.paths.length === 0) continue;
    const model = named ?? retry.model;
    const group = groups.get(model);
    if (group === undefined) groups.set(model, [retry]);
    else group.push(retry);
  }
  return groups;
}

function requestFilesOf(store: RetryDeps['store'], retries: readonly Retry[]): readonly RequestFile[] {
  const sent = retries.flatMap(({paths, job, object, fingerprint}) =>
    paths.map((path) => ({
      path,
      retryOf: job,
      ...(object === undefined ? {} : {object}),
      ...(fingerprint === undefined ? {} : {fingerprint}),
    })),
  );
  return sent.map((file, position) => {
    const inputFile = store.inputName(file.path);
    return {...file, index: position + 1, name: inputFile, inputFile};
  });
}

function outcomeOf(
  {store}: RetryDeps,
  {job, file, outcome, requests, paths, leftOut, ...retry}: Retry,
  unsubmitted: GembatchError | undefined,
): RetryOutcome {
  const error = retry.error ?? unsubmitted;
  // To find the one name of a path takes a look at the disk, which 100,000 whole jobs need not have.
  const own = store.resolveInput(file);
  const requestFiles = paths.map((path) => (path === own ? file : store.inputName(path)));
  return {
    job,
    file,
    was: outcome,
    requests,
    request_file: requestFiles[0] ?? null,
    request_files: requestFiles,
    left_out: leftOut,
    ...(retry.estimateUsd === undefined ? {} : {estimate_usd: retry.estimateUsd}),
    ...(error === undefined ? {} : {error: itemError(error)}),
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
  return exitCodeOf([...unprepared, ...submitted], abortError(stop));
}
