/**
 * Sees to it that results are on disk, and reads them: joined to their requests, or only the rows that did not work.
 *
 * What a record says of a file is not taken for granted. A result file that was moved away is fetched again as
 * long as the service has it, and answers are matched only to the request file that was sent.
 */
import {itemError, type ItemError} from '../../domain/item-error.js';
import pMap from 'p-map';
import {GembatchError} from '../../domain/errors.js';
import {isCloudAddress} from '../../domain/bucket/bucket-input.js';
import {jobsWithEarlierResults} from '../../domain/job/earlier-results.js';
import {
  badRowCount,
  isLeft,
  jobOutcome,
  type JobOutcome,
  type ResultsOnDisk,
} from '../../domain/job/job-progress.js';
import {mergeTargetOf, replacedJobs, retriedWhole} from '../../domain/job/replaced-jobs.js';
import type {JobRecord, StoredResults} from '../../domain/job/job-record.js';
import {resultsLeftError} from '../../domain/bucket/results-left.js';
import {exitCodeBesideUnreadable, exitCodeOfFollowed, outcomesOfJob} from '../../domain/outcome.js';
import {asUnchecked} from '../../domain/result/row-counts.js';
import type {JobStore} from '../../store/job-store.js';
import {fetchMissing, missingResults} from '../fetch/fetch-missing.js';
import type {PollDeps} from '../poll/poll-run.js';
import {refuseChanged} from '../request-file/refuse-changed.js';
import {objectOfJob} from '../retry/object-of-job.js';
import {selectJobs} from '../job-states/select-jobs.js';
import {vanishedRecords} from '../job-states/vanished-records.js';

/** Which results are wanted, and what for. */
export interface ResultsInput {
  /** Request files and batch jobs, as the person named them; none for all. */
  readonly names: readonly string[];
  /** Whether answers are matched to their requests afterwards, so that the request files have to be those that were sent. */
  readonly needsRequests: boolean;
  readonly keepsRemote: boolean;
  /** Folder for results that are fetched; null for `results` beside each request file. */
  readonly resultsDir: string | null;
  /** Whether results are fetched that were left in their bucket. */
  readonly fetchesLeft: boolean;
  /** Whether answers are checked against what their requests ask for. */
  readonly checksAnswers: boolean;
  readonly stop: AbortSignal;
}

/** The results of one request file; the element of `jobs` in the `--json` object. */
export interface JobResults {
  readonly job: string;
  /** `input_file` of its record. */
  readonly file: string;
  readonly outcome: JobOutcome;
  /** Where they are; null when they are not here. */
  readonly results: StoredResults | null;
  /** The folder, `gs://…/`, that the job leaves its results in. */
  readonly results_left?: string;
  readonly bad_rows: number;
  /** Whether they were fetched now. */
  readonly fetched: boolean;
  /** What a person should know about the fetch, one sentence each. */
  readonly notes: readonly string[];
  /** Why they could not be fetched, or cannot be matched to their requests. */
  readonly error?: ItemError;
}

/** The `--json` object of `gembatch results`. */
export interface ResultsReport {
  readonly job_info: string;
  readonly jobs: readonly JobResults[];
  readonly exit_code: number;
}

/** What fetching needs, and requests in a bucket; made only when something is missing, because it takes an API key. */
export type FetchDeps = () => Promise<PollDeps>;

const CONCURRENT_CHECKS = 4;

/**
 * Fetches what is finished and not on disk, and says where all results are.
 *
 * @throws GembatchError `USAGE` when a name means no job, `STORAGE`, `KEY_MISSING` when something has to be fetched,
 *   `KEY_REFUSED`, and the reason of `stop`; what was fetched before is recorded.
 */
export async function collectResults(
  store: JobStore,
  fetchDeps: FetchDeps,
  input: ResultsInput,
): Promise<ResultsReport> {
  const chosen = currentJobs(store, input.names);
  const missing = await missingResults(store, chosen, input);
  const errors = new Map(missing.unusable);
  const notes = new Map<string, readonly string[]>();
  if (missing.fetchable.length > 0) {
    const fetched = await fetchMissing(await fetchDeps(), missing.fetchable, input);
    for (const [name, error] of fetched.errors) errors.set(name, error);
    for (const [name, texts] of fetched.notes) notes.set(name, texts);
  }
  const vanished = vanishedRecords(store, chosen);
  for (const [name, error] of vanished) errors.set(name, error);
  const gone = chosen.filter(({batch}) => vanished.has(batch.name));
  const records = [...gone, ...(gone.length === chosen.length ? [] : currentJobs(store, input.names))];
  for (const record of records) {
    const {name} = record.batch;
    if (isLeft(record) && !errors.has(name)) errors.set(name, resultsLeftError(record));
  }
  if (input.needsRequests) {
    const usable = records.filter(({batch}) => !errors.has(batch.name));
    for (const [name, error] of await changedRequests(store, usable, fetchDeps)) errors.set(name, error);
  }
  const jobs = records.map((recorded) => {
    const record = input.checksAnswers ? recorded : withAnyAnswer(recorded);
    const {name} = record.batch;
    const onDisk = missing.onDisk(record);
    return jobResults(record, {onDisk, error: errors.get(name), notes: notes.get(name)});
  });
  const unreadable = input.names.length === 0 ? store.read().problems : [];
  if (jobs.length === 0) store.requireReadable({problems: unreadable});
  const items = jobs.flatMap(({outcome, results, error}) =>
    outcomesOfJob({outcome, goodRows: results?.rows.ok ?? 0, errorCode: error?.code}),
  );
  return {
    job_info: store.path,
    jobs,
    exit_code: exitCodeBesideUnreadable(exitCodeOfFollowed(items), unreadable.length),
  };
}

/**
 * Of work that was retried, the job that holds the merged answers stands for all: the first one with results. Earlier results
 * of a request file are meant only where their job is named.
 */
function currentJobs(store: JobStore, names: readonly string[]): readonly JobRecord[] {
  const all = store.read().records.map(({record}) => record);
  const replaced = replacedJobs(all);
  const whole = retriedWhole(all);
  const byName = new Map(all.map((record) => [record.batch.name, record]));
  const chosen = selectJobs(store, all, names);
  const earlier = jobsWithEarlierResults(
    chosen.map(({batch, input_file: file, results}) => ({name: batch.name, file, results})),
  );
  return chosen.filter((record) => {
    const {name} = record.batch;
    if (earlier.has(name)) return false;
    const isMergedElsewhere = mergeTargetOf(record, byName) !== undefined;
    const isOvertaken = whole.has(name) || (replaced.has(name) && whole.has(record.retry_of ?? ''));
    const hasAnswers = record.results !== undefined && !isOvertaken;
    return !isMergedElsewhere && (hasAnswers || !replaced.has(name));
  });
}

/** Why answers cannot be matched to their requests; by batch name. */
async function changedRequests(
  store: JobStore,
  records: readonly JobRecord[],
  fetchDeps: FetchDeps,
): Promise<ReadonlyMap<string, GembatchError>> {
  const errors = new Map<string, GembatchError>();
  const answered = records.filter(({results}) => results !== undefined);
  await pMap(
    answered,
    async (record) => {
      try {
        if (isCloudAddress(record.input_file)) await objectOfJob((await fetchDeps()).client, record);
        else await refuseChanged(store, record);
      } catch (error) {
        if (!(error instanceof GembatchError)) throw error;
        errors.set(record.batch.name, error);
      }
    },
    {concurrency: CONCURRENT_CHECKS},
  );
  return errors;
}

/** The job as it is where answers need not be what was asked for. */
function withAnyAnswer(record: JobRecord): JobRecord {
  const {results} = record;
  if (results === undefined) return record;
  return {...record, results: {...results, rows: asUnchecked(results.rows)}};
}

function jobResults(
  record: JobRecord,
  {
    onDisk,
    error,
    notes,
  }: {
    onDisk: ResultsOnDisk;
    error: GembatchError | undefined;
    notes: readonly string[] | undefined;
  },
): JobResults {
  const {results} = record;
  return {
    job: record.batch.name,
    file: record.input_file,
    outcome: jobOutcome(record, onDisk),
    results: results ?? null,
    ...(record.results_left === undefined ? {} : {results_left: record.results_left}),
    bad_rows: results === undefined ? 0 : badRowCount(results.rows),
    fetched: notes !== undefined,
    notes: notes ?? [],
    ...(error === undefined ? {} : {error: itemError(error)}),
  };
}
