import {
  badRowsOf,
  goodRowsOf,
  isLeft,
  jobOutcome,
  type JobOutcome,
  type ResultsOnDisk,
} from '../../domain/job/job-progress.js';
import {replacedJobs} from '../../domain/job/replaced-jobs.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import {costOfRecord} from '../../domain/price/record-cost.js';
import type {JobStore} from '../../store/job-store.js';
import {lookAtResults, onDiskOf, resultsError} from '../job-states/result-files.js';
import {selectJobs} from '../job-states/select-jobs.js';
import {failedRows, type FailedRow} from '../results/failed-rows.js';

/** A request file and what became of it. */
export interface WorkFile {
  /** Absolute. */
  readonly path: string;
  readonly job: string;
  readonly outcome: JobOutcome;
  /** Why the job as a whole did not work. */
  readonly reason: string | undefined;
  /** Rows with a good answer, and rows that need attention; null while the results are not here. */
  readonly ok: number | null;
  readonly bad: number | null;
  /** null when it is not known. */
  readonly costUsd: number | null;
  /** Absolute path of its results; undefined while they are not here. */
  readonly resultPath: string | undefined;
}

/** What a run came to, for the page that a CI service shows of it. */
export interface WorkSummary {
  readonly files: readonly WorkFile[];
  readonly ok: number;
  readonly bad: number;
  /** null as soon as the cost of one job is not known. */
  readonly costUsd: number | null;
  /** The first rows that need attention. */
  readonly badRows: readonly FailedRow[];
}

/** A run that came to no job. */
export const NO_JOBS: WorkSummary = {files: [], ok: 0, bad: 0, costUsd: 0, badRows: []};

/**
 * Sums up what the job-info file knows of jobs; those that a later job stands for are left out.
 *
 * @param names - request files and batch jobs; none for all.
 * @param maxBadRows - the most rows needing attention to look up.
 * @throws GembatchError `STORAGE`, `USAGE` when a name means no job.
 */
export async function summariseWork(
  store: JobStore,
  names: readonly string[],
  maxBadRows: number,
): Promise<WorkSummary> {
  const all = store.read().records.map(({record}) => record);
  const chosen = selectJobs(store, all, names);
  const onDisk = onDiskOf(await lookAtResults(store, chosen, {stop: new AbortController().signal}));
  const replaced = replacedJobs(all, onDisk);
  const records = chosen.filter(({batch}) => !replaced.has(batch.name));
  const files = records.map((record) => workFile(store, record, onDisk(record)));
  const costs = files.map(({costUsd}) => costUsd);
  return {
    files,
    ok: files.reduce((sum, file) => sum + (file.ok ?? 0), 0),
    bad: files.reduce((sum, file) => sum + (file.bad ?? 0), 0),
    costUsd: costs.includes(null) ? null : costs.reduce<number>((sum, cost) => sum + (cost ?? 0), 0),
    badRows: await firstBadRows(files, maxBadRows),
  };
}

function workFile(store: JobStore, record: JobRecord, onDisk: ResultsOnDisk): WorkFile {
  const {batch} = record;
  const results = onDisk === 'intact' ? record.results : undefined;
  const hasRows = results !== undefined || isLeft(record);
  return {
    path: store.resolveInput(record.input_file),
    job: batch.name,
    outcome: jobOutcome(record, onDisk),
    reason: resultsError(record, onDisk)?.message ?? batch.error?.message ?? record.results_error?.message,
    ok: hasRows ? goodRowsOf(record) : null,
    bad: hasRows ? badRowsOf(record) : null,
    costUsd: costOfRecord(record),
    resultPath: results === undefined ? undefined : store.resolveInput(results.file),
  };
}

async function firstBadRows(files: readonly WorkFile[], most: number): Promise<readonly FailedRow[]> {
  const rows: FailedRow[] = [];
  for (const {path, bad, resultPath} of files) {
    if (bad === null || bad === 0 || resultPath === undefined) continue;
    try {
      for await (const row of failedRows({requestPath: path, resultPaths: [resultPath]})) {
        if (rows.length >= most) return rows;
        rows.push(row);
      }
    } catch {
      // A file that cannot be read any more has no rows to show; the counts stand.
    }
  }
  return rows;
}
