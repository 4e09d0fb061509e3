import {awaitsFetch, badRowCount, jobOutcome, replacedJobs, type JobOutcome} from '../domain/job-progress.js';
import {EXIT, GembatchError} from '../domain/errors.js';
import type {JobRecord, StoredResults} from '../domain/job-record.js';
import {exitCodeOf, type ItemOutcome} from '../domain/outcome.js';
import {failedRows, type FailedRow} from './failed-rows.js';
import {fetchResult} from './fetch-result.js';
import {failed} from './file-outcome.js';
import {joinResults, type JoinedRow} from './join-results.js';
import {mergeRetries} from './merge-retry.js';
import type {PollDeps} from './poll-run.js';
import {selectJobs} from './select-jobs.js';
import type {FileError} from './submit-report.js';

/** Which results are wanted. */
export interface ResultsInput {
  /** Request files and batch jobs, as the person named them; none for all. */
  readonly names: readonly string[];
  readonly keepsRemote: boolean;
  /** Folder for results that are fetched; null for `results` beside each request file. */
  readonly resultsDir: string | null;
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
  readonly bad_rows: number;
  /** Whether they were fetched now. */
  readonly fetched: boolean;
  /** Why they could not be fetched. */
  readonly error?: FileError;
}

/** The `--json` object of `gembatch results`. */
export interface ResultsReport {
  readonly job_info: string;
  readonly jobs: readonly JobResults[];
  readonly exit_code: number;
}

/** What fetching needs; made only when something is missing, because it takes an API key. */
export type FetchDeps = () => Promise<Omit<PollDeps, 'report'>>;

/**
 * Sees to it that the results of all finished jobs are on disk, and says where they are.
 *
 * @throws GembatchError `USAGE` when a name means no job, `STORAGE`, and `KEY_MISSING` when something has to be fetched.
 */
export async function collectResults(
  store: PollDeps['store'],
  fetchDeps: FetchDeps,
  input: ResultsInput,
): Promise<ResultsReport> {
  const before = currentJobs(store, input.names);
  const missing = before.filter(awaitsFetch);
  const errors =
    missing.length === 0
      ? new Map<string, GembatchError>()
      : await fetchAll(await fetchDeps(), missing, input);
  const jobs = currentJobs(store, input.names).map((record): JobResults => {
    const {name} = record.batch;
    const error = errors.get(name);
    return {
      job: name,
      file: record.input_file,
      outcome: jobOutcome(record),
      results: record.results ?? null,
      bad_rows: record.results === undefined ? 0 : badRowCount(record.results.rows),
      fetched: record.results !== undefined && missing.some(({batch}) => batch.name === name),
      ...(error === undefined ? {} : {error: failed(error)}),
    };
  });
  return {job_info: store.path, jobs, exit_code: exitCodeFor(jobs)};
}

/** Joins the answers of all jobs to their requests, job by job, in request order. Jobs without results are left out. */
export async function* joinedRows(
  {store}: Pick<PollDeps, 'store'>,
  {jobs}: ResultsReport,
  format: 'text' | 'json',
): AsyncGenerator<JoinedRow & {readonly file: string}> {
  for (const {file, results} of jobs) {
    if (results === null) continue;
    const paths = {requestPath: store.resolveInput(file), resultPaths: [store.resolveInput(results.file)]};
    for await (const row of joinResults({...paths, format})) yield {file, ...row};
  }
}

/** Lists the rows of all jobs that did not work. */
export async function* badRows(
  {store}: Pick<PollDeps, 'store'>,
  {jobs}: ResultsReport,
): AsyncGenerator<Omit<FailedRow, 'path'> & {readonly file: string}> {
  for (const {file, results, bad_rows: count} of jobs) {
    if (results === null || count === 0) continue;
    const paths = {requestPath: store.resolveInput(file), resultPaths: [store.resolveInput(results.file)]};
    for await (const {path, ...row} of failedRows(paths)) yield {file: store.inputName(path), ...row};
  }
}

/** Of work that was retried, the job that holds the merged answers stands for all: the first one with results. */
function currentJobs(store: PollDeps['store'], names: readonly string[]): readonly JobRecord[] {
  const all = store.read().records.map(({record}) => record);
  const replaced = replacedJobs(all);
  const hasResults = new Set(all.flatMap(({batch, results}) => (results === undefined ? [] : [batch.name])));
  return selectJobs(store, all, names).filter(({batch, retry_of: parent, results}) => {
    const isMergedElsewhere = parent !== undefined && hasResults.has(parent);
    return !isMergedElsewhere && (results !== undefined || !replaced.has(batch.name));
  });
}

async function fetchAll(
  deps: Omit<PollDeps, 'report'>,
  records: readonly JobRecord[],
  {keepsRemote, resultsDir, stop}: ResultsInput,
): Promise<ReadonlyMap<string, GembatchError>> {
  const errors = new Map<string, GembatchError>();
  for (const record of records) {
    if (stop.aborted) break;
    try {
      await fetchResult({...deps, report: () => undefined}, record, {
        keepsRemote,
        resultsDir,
        stop,
        isPatient: true,
      });
    } catch (error) {
      if (!(error instanceof GembatchError)) throw error;
      errors.set(record.batch.name, error);
    }
  }
  await mergeRetries(deps);
  return errors;
}

function exitCodeFor(jobs: readonly JobResults[]): number {
  const items = jobs.flatMap((job): ItemOutcome[] => {
    if (job.error !== undefined) return [{kind: 'failed', code: job.error.code}];
    if (job.outcome === 'done') return [{kind: 'done'}];
    if (job.outcome === 'running') return [];
    return [
      ...((job.results?.rows.ok ?? 0) > 0 ? [{kind: 'done'} as const] : []),
      {kind: 'failed', code: 'REFUSED'},
    ];
  });
  const isRunning = jobs.some(({outcome, error}) => outcome === 'running' && error === undefined);
  return isRunning ? EXIT.running : exitCodeOf(items);
}
