import {RequestShapeReader, type RequestShape} from '../../domain/request/request-shape.js';
import {areAnswersChecked} from '../../domain/result/row-counts.js';
import {isCloudAddress} from '../../domain/bucket/bucket-input.js';
import type {JobStore} from '../../store/job-store.js';
import {readChunks} from '../request-file/read-chunks.js';
import {bucketRequests, type RequestsDeps} from './bucket-requests.js';
import type {JobResults, ResultsReport} from './collect-results.js';
import {failedRows, type FailedRow} from './failed-rows.js';
import {joinResults, type JoinedRow} from './join-results.js';
import type {RowSources} from './source/row-sources.js';
import type {WalkInput} from './walk-results.js';

/** A joined row, and its request file as its record calls it. */
export type ReportRow = JoinedRow & {readonly file: string};

/**
 * Joins the answers of all jobs to their requests, job by job, in request order, and the rows of their sources to both. Jobs without
 * results, or with an error, are left out.
 */
export async function* joinedRows(
  deps: RequestsDeps,
  report: ResultsReport,
  {parsesJson, sources}: {readonly parsesJson: boolean; readonly sources: RowSources},
): AsyncGenerator<ReportRow> {
  sources.startCount();
  for (const job of withResults(report)) {
    const walk = await walkOf(deps, job);
    for await (const joined of joinResults({...walk, parsesJson})) {
      const row = sources.complete(joined, walk.requestPath);
      if (row !== undefined) yield Object.assign(row, {file: job.file});
    }
  }
}

/** The request files on this machine whose answers are joined, as absolute paths. */
export function joinedPaths(store: JobStore, report: ResultsReport): readonly string[] {
  const files = withResults(report).filter(({file}) => !isCloudAddress(file));
  return files.map(({file}) => store.resolveInput(file));
}

/** What a table of all these answers has columns for. */
export async function shapeOf(deps: RequestsDeps, report: ResultsReport): Promise<RequestShape> {
  const reader = new RequestShapeReader();
  let shape = reader.finish();
  for (const job of withResults(report)) {
    const {requestPath, readRequests = () => readChunks(requestPath)} = await walkOf(deps, job);
    for await (const chunk of readRequests()) {
      deps.stop?.throwIfAborted();
      reader.push(chunk);
    }
    shape = reader.finish();
  }
  return shape;
}

/** Lists the rows of all jobs that did not work. Jobs without results, or with an error, are left out. */
export async function* badRows(
  deps: RequestsDeps,
  report: ResultsReport,
): AsyncGenerator<Omit<FailedRow, 'path'> & {readonly file: string}> {
  for (const job of withResults(report)) {
    if (job.bad_rows === 0) continue;
    for await (const {path, ...row} of failedRows(await walkOf(deps, job))) {
      yield {file: deps.store.inputName(path), ...row};
    }
  }
}

type Answered = JobResults & {readonly results: NonNullable<JobResults['results']>};

function withResults({jobs}: ResultsReport): readonly Answered[] {
  return jobs.filter((job): job is Answered => job.results !== null && job.error === undefined);
}

/** What was counted when the results were fetched is what is shown of them. */
async function walkOf(deps: RequestsDeps, {job, file, results}: Answered): Promise<WalkInput> {
  const {store, stop} = deps;
  return {
    ...(stop === undefined ? {} : {stop}),
    ...(await bucketRequests(deps, {job, file})),
    requestPath: store.resolveInput(file),
    resultPaths: [store.resolveInput(results.file)],
    checksAnswers: areAnswersChecked(results.rows),
  };
}
