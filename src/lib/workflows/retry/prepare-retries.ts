/**
 * Decides what is submitted again, and writes the request files for it.
 *
 * Work that failed as a whole is submitted from its own request file. Of work that has results, only the requests
 * without a good answer are: they go into a new request file, whose path follows from the job, so that preparing them
 * twice gives one file and one submission.
 */
import {basename, join} from 'node:path';
import {GembatchError} from '../../domain/errors.js';
import type {BucketInput} from '../../domain/bucket/bucket-input.js';
import {
  isLeft,
  jobOutcome,
  replacedJobs,
  type JobOutcome,
  type ResultsOnDisk,
} from '../../domain/job/job-progress.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import {resultsLeftError} from '../../domain/bucket/results-left.js';
import {SERVICE_NAMES, serviceOfJob} from '../../domain/service/service-of.js';
import type {PricedService} from '../../domain/price/price-list.js';
import {isOfService} from '../../domain/service/service-address.js';
import {fieldOf} from '../../domain/json/json-object.js';
import type {OutputLimit} from '../../domain/request/output-limit.js';
import {areAnswersChecked, type RequestOutcome} from '../../domain/result/row-counts.js';
import type {JobStore} from '../../store/job-store.js';
import type {CreateFile} from '../poll/poll-run.js';
import type {BatchService} from '../../services/batch-service.js';
import {refuseChanged} from '../request-file/refuse-changed.js';
import type {FileEstimate, FileEstimator} from '../estimate/file-estimator.js';
import {objectOfJob} from './object-of-job.js';
import {RetryFiles} from './retry-files.js';
import {retryRequests, type LeftOut} from './retry-requests.js';
import {alteredError, lookAtResults, resultsError} from '../job-states/result-files.js';
import {selectJobs, withRetries} from '../job-states/select-jobs.js';
import {ownCommand} from '../../domain/program-name.js';

export interface RetryDeps {
  readonly store: JobStore;
  readonly client: BatchService;
  readonly createFile: CreateFile;
}

/** What is to be retried. */
export interface RetrySelection {
  /** Request files and batch jobs, as the person named them; none for all that did not work. */
  readonly names: readonly string[];
  /** Only rows with one of these outcomes; `missing` stands for all rows of a job without results. */
  readonly only?: ReadonlySet<RequestOutcome>;
  /** As `BatchService.address`: the jobs of another emulator or stand-in are left alone. */
  readonly address?: string | undefined;
  /** Where new jobs go: what another service has answered is sent again there. */
  readonly service?: PricedService;
  /** New output limit for answers that were cut off. */
  readonly outputLimit?: OutputLimit;
  /** The most tokens that a model answers with; undefined where that is not known. */
  readonly maxOutputOf?: (model: string | undefined) => number | undefined;
  /** Whether the user agrees to pay again for the named jobs that are lost or not seen. */
  readonly isLost?: boolean;
  /** Why a job is not retried now, whatever became of it; by batch name. */
  readonly withheld?: ReadonlyMap<string, GembatchError>;
  /** Writes nothing. */
  readonly isDryRun: boolean;
  readonly stop?: AbortSignal;
  /** Says what the retries will cost at a model, before anything is written; undefined when not asked for. */
  readonly estimatorOf?: (model: string | undefined) => FileEstimator;
}

/** A job that is retried, or why it is not. */
export interface Retry {
  readonly job: string;
  /** `input_file` of its record. */
  readonly file: string;
  readonly outcome: JobOutcome;
  /** Resource name of the model that the job went to. */
  readonly model?: string;
  /** How many requests are sent again. */
  readonly requests: number | null;
  /** The request files that are submitted, absolute; none when there is nothing to send. */
  readonly paths: readonly string[];
  /** What is submitted in place of a file, where the request file is in a bucket and all of it is sent again. */
  readonly object?: BucketInput | undefined;
  /** How many of its bad rows are not sent again, by the reason. */
  readonly leftOut: Readonly<Partial<Record<LeftOut, number>>>;
  /** What it will cost; absent when not asked for. */
  readonly estimate?: FileEstimate | undefined;
  readonly error?: GembatchError;
}

/** The retries of the selected jobs. */
export interface PreparedRetries {
  readonly retries: readonly Retry[];
  /** How many of the jobs are not over. */
  readonly running: number;
}

/**
 * Prepares the retries of all selected jobs that did not fully work and were not retried yet. One that is done, and whose
 * results are not what was fetched, is among them with its error.
 *
 * @throws GembatchError `USAGE` when a name means no job, `STORAGE` when the job-info file cannot be read. What concerns
 *   one job is in its `error`.
 */
export async function prepareRetries(deps: RetryDeps, selection: RetrySelection): Promise<PreparedRetries> {
  const {store} = deps;
  const jobs = currentJobs(store, selection);
  const done = jobs.filter((record) => jobOutcome(record) === 'done');
  const looks = await lookAtResults(store, done, {stop: selection.stop ?? new AbortController().signal});
  const retries: Retry[] = [];
  let running = 0;
  for (const record of jobs) {
    selection.stop?.throwIfAborted();
    const onDisk = looks.get(record.batch.name)?.state ?? 'intact';
    if (onDisk !== 'intact') {
      const error = resultsError(record, onDisk);
      if (error !== undefined) retries.push({...retryOf(record, onDisk), requests: null, paths: [], error});
    } else if (jobOutcome(record) === 'running') running += 1;
    else if (jobOutcome(record) !== 'done') retries.push(await prepare(deps, record, selection));
  }
  return {retries, running};
}

/**
 * The selected jobs, and retries of them, that did not fully work and were not retried yet.
 *
 * @throws GembatchError as `prepareRetries`.
 */
export function retriable(store: JobStore, selection: JobSelection): readonly JobRecord[] {
  return currentJobs(store, selection).filter((record) => !['done', 'running'].includes(jobOutcome(record)));
}

type JobSelection = Pick<RetrySelection, 'names' | 'address'>;

/** The selected jobs, and retries of them, that no later job stands for. */
function currentJobs(store: JobStore, {names, address}: JobSelection): readonly JobRecord[] {
  const records = store.read().records.map(({record}) => record);
  const replaced = replacedJobs(records);
  return withRetries(records, selectJobs(store, records, names)).filter(
    (record) => isOfService(record, address) && !replaced.has(record.batch.name),
  );
}

function retryOf(record: JobRecord, onDisk: ResultsOnDisk = 'intact'): Retry {
  return {
    job: record.batch.name,
    file: record.input_file,
    outcome: jobOutcome(record, onDisk),
    ...(record.batch.model === undefined ? {} : {model: record.batch.model}),
    requests: record.count,
    paths: [],
    leftOut: {},
  };
}

const WHICH_ROWS = ' Which of its rows are bad shows once they are here; nothing was sent.';

async function prepare(deps: RetryDeps, record: JobRecord, selection: RetrySelection): Promise<Retry> {
  const retry = {...retryOf(record), paths: [deps.store.resolveInput(record.input_file)]};
  const doubt =
    selection.withheld?.get(retry.job) ??
    otherService(retry, selection.service) ??
    (isLeft(record) ? resultsLeftError(record, WHICH_ROWS) : undefined) ??
    (selection.isLost === true ? undefined : doubtOf(retry));
  if (doubt !== undefined) return {...retry, paths: [], error: doubt};
  if (record.results === undefined) {
    if (selection.only?.has('missing') !== false) return prepareWhole(deps, record, {retry, selection});
    return {...retry, requests: 0, paths: [], leftOut: {not_named: record.count ?? 0}};
  }
  try {
    return {...retry, ...(await prepareRows(deps, record, selection))};
  } catch (error) {
    return {...retry, requests: null, paths: [], error: unusableError(record, error)};
  }
}

async function prepareWhole(
  {client}: RetryDeps,
  record: JobRecord,
  {retry, selection}: {readonly retry: Retry; readonly selection: RetrySelection},
): Promise<Retry> {
  try {
    const object = await objectOfJob(client, record);
    return {...retry, object, ...(await estimateOfWhole(retry, selection))};
  } catch (error) {
    return {...retry, paths: [], error: unusableError(record, error)};
  }
}

/** A request file that is gone cannot be sent, either: that is said then. */
async function estimateOfWhole(
  {file, model, paths: [path = '']}: Retry,
  {estimatorOf}: RetrySelection,
): Promise<Pick<Retry, 'estimate'>> {
  if (estimatorOf === undefined) return {};
  const estimating = estimatorOf(model).estimate({path, name: file});
  return {estimate: await estimating.catch(() => undefined)};
}

function otherService(
  {file, job}: Retry,
  service: PricedService = serviceOfJob(job),
): GembatchError | undefined {
  const there = serviceOfJob(job);
  if (there === service) return undefined;
  return new GembatchError(
    'PROJECT_CHANGED',
    `${file}: its job ${job} is at ${SERVICE_NAMES[there]}, now you ask for ${SERVICE_NAMES[service]}. Nothing was sent.`,
    {
      suggestions: [
        there === 'vertex'
          ? `Retry it there: ${ownCommand(`retry ${file} --vertex --bucket gs://BUCKET`)}`
          : `Retry it there: ${ownCommand(`retry ${file}`)}`,
      ],
    },
  );
}

/** Why only a person may decide that a job is paid for again. */
function doubtOf({file, job, outcome}: Retry): GembatchError | undefined {
  if (outcome === 'lost') {
    return new GembatchError('NOT_FOUND', `${file}: the results of ${job} are lost. Nothing was sent.`, {
      suggestions: [`To pay for the work again: ${ownCommand(`retry --lost ${file}`)}`],
    });
  }
  if (outcome !== 'not_seen') return undefined;
  return new GembatchError(
    'UNCLEAR',
    `${file}: ${job} is not shown by the service, which does not mean that it failed. Nothing was sent.`,
    {
      suggestions: [
        'Use the API key that the file was submitted with; poll finds the job again.',
        `If you know that the job is gone, retry it with --lost: ${ownCommand('retry --help')}`,
      ],
    },
  );
}

/** A file of one job that cannot be used, as an error of that job: the others are retried all the same. */
function unusableError({input_file: file}: JobRecord, error: unknown): GembatchError {
  if (error instanceof GembatchError) return error;
  const code = fieldOf(error, 'code');
  if (typeof code !== 'string') throw error;
  return new GembatchError(
    'FILE_UNREADABLE',
    `${file}: its request file or its results cannot be read (${code}), so its bad rows are unknown.`,
    {
      suggestions: [`Put the file back, or fetch the results again: ${ownCommand(`results ${file}`)}`],
      cause: error,
    },
  );
}

/** @throws GembatchError `FILE_CHANGED`, `FILE_*`, `STORAGE`. */
async function prepareRows(
  deps: RetryDeps,
  record: JobRecord,
  {
    outputLimit,
    maxOutputOf,
    only,
    isDryRun,
    estimatorOf,
    stop = new AbortController().signal,
  }: RetrySelection,
): Promise<Pick<Retry, 'requests' | 'paths' | 'leftOut' | 'estimate'>> {
  const {store, client} = deps;
  const object = await objectOfJob(client, record);
  if (object === undefined) await refuseChanged(store, record);
  const requestPath = object === undefined ? store.resolveInput(record.input_file) : placeHere(store, object);
  const looks = await lookAtResults(store, [record], {isThorough: true, stop});
  if (looks.get(record.batch.name)?.state === 'altered') throw unknownRows(record);
  const requests = retryRequests({
    requestPath,
    stop,
    ...(object === undefined ? {} : {readRequests: () => client.openInput(object, {signal: stop})}),
    checksAnswers: record.results !== undefined && areAnswersChecked(record.results.rows),
    resultPaths: record.results === undefined ? [] : [store.resolveInput(record.results.file)],
    ...(only === undefined ? {} : {only}),
    ...(outputLimit === undefined
      ? {}
      : {maxOutputTokens: atMost(outputLimit, maxOutputOf?.(record.batch.model))}),
  });
  const sent = new Set(store.read().records.map(({record: {input_file: file}}) => store.resolveInput(file)));
  const files = new RetryFiles({
    requestPath,
    record,
    isSent: (path) => sent.has(path),
    createFile: isDryRun ? undefined : deps.createFile,
  });
  const leftOut: Partial<Record<LeftOut, number>> = {};
  const estimated = estimatorOf?.(record.batch.model).lines(record.input_file);
  try {
    for await (const request of requests) {
      if ('leftOut' in request) {
        leftOut[request.leftOut] = (leftOut[request.leftOut] ?? 0) + 1;
        continue;
      }
      estimated?.add(request.bytes);
      await files.add(request.bytes, request.isForSmallJob);
    }
    const estimate = estimated === undefined ? {} : {estimate: estimated.estimate()};
    return {requests: files.requests, paths: await files.finish(), leftOut, ...estimate};
  } finally {
    await files.discard();
  }
}

/** What is sent again of a file in a bucket goes beside the job-info file; an object may have names that no file can have. */
function placeHere(store: JobStore, {address}: BucketInput): string {
  const name = basename(address).replaceAll(/[\\:*?"<>|]/gu, '_');
  return join(store.folder, /^\.*$/u.test(name) ? 'object.jsonl' : name);
}

/** A factor goes no further than the model; a number of tokens is as the person says. */
function atMost(limit: OutputLimit, most: number | undefined): OutputLimit {
  return typeof limit === 'number' ? limit : {...limit, most};
}

/** Why the rows of a job cannot be sent again: which of them were answered is not known any more. */
function unknownRows(record: JobRecord): GembatchError {
  const {code, message, suggestions} = alteredError(record);
  return new GembatchError(code, `${message} It is unclear which rows were answered; nothing was sent.`, {
    suggestions: [
      ...suggestions,
      `Or pay for all of its requests again: ${ownCommand(`submit --force ${record.input_file}`)}`,
    ],
  });
}
