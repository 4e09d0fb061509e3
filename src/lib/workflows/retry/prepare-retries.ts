/**
 * Decides what is submitted again, and writes the request files for it.
 *
 * Work that failed as a whole, or whose results are lost, is submitted from its own request file. Of work that has results,
 * only the requests without a good answer are: they go into a new request file, whose path follows from the job, so that
 * preparing them twice gives one file and one submission.
 */
import {resultsLeftError} from '../../domain/bucket/results-left.js';
import {isLeft, jobOutcome} from '../../domain/job/job-progress.js';
import {alteredError} from '../job-states/result-files.js';
import {refuseChanged, sentFingerprint} from '../request-file/refuse-changed.js';
import {currentJobs, isForPerson, type CurrentJob} from './current-jobs.js';
import {objectOfJob} from './object-of-job.js';
import {prepareRows} from './prepare-rows.js';
import {NOTHING_SENT, doubtOf, otherServiceError, unusableError} from './refusals.js';
import type {PreparedRetries, Retry, RetryDeps, RetrySelection} from './retry-selection.js';

/**
 * Prepares the retries of all selected jobs that did not fully work and were not retried yet. One whose results are not what
 * was fetched is among them with its error.
 *
 * @throws GembatchError `USAGE` when a name means no job, `STORAGE` when the job-info file cannot be read. What concerns
 *   one job is in its `error`.
 */
export async function prepareRetries(deps: RetryDeps, selection: RetrySelection): Promise<PreparedRetries> {
  const jobs = await currentJobs(deps.store, selection);
  const retries: Retry[] = [];
  let running = 0;
  for (const job of jobs) {
    selection.stop?.throwIfAborted();
    const isWithheld = selection.withheld?.has(job.record.batch.name) === true;
    if (job.outcome === 'running' && !isWithheld) running += 1;
    else if (job.outcome !== 'done') retries.push(await prepare(deps, job, selection));
  }
  return {retries, running};
}

function retryOf({record, outcome}: CurrentJob): Retry {
  return {
    job: record.batch.name,
    file: record.input_file,
    outcome,
    ...(record.batch.model === undefined ? {} : {model: record.batch.model}),
    requests: record.count,
    paths: [],
    leftOut: {},
  };
}

const WHICH_ROWS = ' Which of its rows are bad shows once they are here; nothing was sent.';

async function prepare(deps: RetryDeps, job: CurrentJob, selection: RetrySelection): Promise<Retry> {
  const {record, outcome} = job;
  const retry = retryOf(job);
  const isWhole = record.results === undefined || isForPerson(job);
  if (outcome === 'altered' && jobOutcome(record) === 'done')
    return {...retry, requests: null, error: alteredError(record)};
  const doubt =
    selection.withheld?.get(retry.job) ??
    otherServiceError(record, selection.service) ??
    (isLeft(record) ? resultsLeftError(record, WHICH_ROWS) : undefined) ??
    (selection.isLost === true ? undefined : doubtOf(record, outcome));
  if (doubt !== undefined) return {...retry, error: doubt};
  try {
    if (!isWhole) return {...retry, ...(await prepareRows(deps, record, selection))};
    if (selection.only?.has('missing') !== false) return await prepareWhole(deps, job, selection);
    return {...retry, requests: 0, leftOut: {not_named: record.count ?? 0}};
  } catch (error) {
    return {...retry, ...(isWhole ? {} : {requests: null}), error: unusableError(record, error)};
  }
}

async function prepareWhole(
  {client, store}: RetryDeps,
  job: CurrentJob,
  {estimatorOf}: RetrySelection,
): Promise<Retry> {
  const {record} = job;
  const retry = retryOf(job);
  const path = store.resolveInput(record.input_file);
  const object = await objectOfJob(client, record, NOTHING_SENT);
  // A file of a job that failed may have been corrected since.
  const isSame = object === undefined && isForPerson(job);
  if (isSame) await refuseChanged(store, record, NOTHING_SENT);
  const fingerprint = isSame ? (record.sha256 ?? sentFingerprint(record.batch)) : undefined;
  // A request file that is gone cannot be sent, either: that is said then.
  const estimate = await estimatorOf?.(retry.model)
    .estimate({path, name: retry.file})
    .catch(() => undefined);
  return {
    ...retry,
    paths: [path],
    object,
    ...(fingerprint === undefined ? {} : {fingerprint}),
    ...(estimatorOf === undefined ? {} : {estimateUsd: estimate?.cost_usd ?? null}),
  };
}
