import {isDeepStrictEqual} from 'node:util';
import {GembatchError} from '../../../domain/errors.js';
import type {JobRecord, StoredResults} from '../../../domain/job/job-record.js';
import {mergeTargetOf} from '../../../domain/job/replaced-jobs.js';
import type {Clock} from '../../../domain/clock.js';
import type {JobStore} from '../../../store/job-store.js';
import {glanceAtResults} from '../../job-states/result-files.js';
import {vanishedAdvice} from '../../job-states/vanished-records.js';
import {contradictionOf} from '../job-counts.js';
import type {ReadResult} from '../result-intake.js';

/** What is recorded of results that are in place. */
export function storedResults(
  {store, clock}: {readonly store: Pick<JobStore, 'inputName'>; readonly clock: Pick<Clock, 'now'>},
  {path, mtimeMs}: {readonly path: string; readonly mtimeMs: number},
  {record, received}: {readonly record: JobRecord; readonly received: ReadResult},
): StoredResults {
  const incomplete = contradictionOf(record, received);
  return {
    file: store.inputName(path),
    size_bytes: received.sizeBytes,
    sha256: received.sha256,
    fetched_at: new Date(clock.now()).toISOString(),
    mtime_ms: mtimeMs,
    rows: received.rows,
    ...(incomplete === undefined ? {} : {incomplete}),
    request_file: received.requestsState === 'gone' ? 'missing' : received.requestsState,
  };
}

/** Whether another poller was faster: what it recorded stays. What was recorded before the fetch is what it replaces. */
export function isNews(newest: JobRecord, {results: known}: JobRecord): boolean {
  return newest.results !== undefined && !isDeepStrictEqual(newest.results, known);
}

/**
 * The record of a job whose results are in place.
 *
 * @param known - as it was before the fetch.
 */
export function withResults(
  newest: JobRecord,
  known: JobRecord,
  {results, received}: {readonly results: StoredResults; readonly received: ReadResult},
): JobRecord & {readonly results: StoredResults} {
  const {results_error: _, lost_at: _lost, results: recorded, ...rest} = newest;
  const counted = {...rest, count: newest.count ?? received.requests};
  return recorded !== undefined && isNews(newest, known)
    ? {...counted, results: recorded}
    : {...counted, usage: received.usage, results};
}

/** A result that is fetched again has not the answers of the retries that were merged into the one that is gone. */
export function retriesToMerge(
  store: Pick<JobStore, 'resolveInput'>,
  records: readonly JobRecord[],
  {batch: {name: parent}, results}: JobRecord,
): readonly (readonly [string, (record: JobRecord) => JobRecord])[] {
  if (results === undefined) return [];
  const byName = new Map(records.map((record) => [record.batch.name, record]));
  const retries = records.filter(
    (record) =>
      mergeTargetOf(record, byName)?.batch.name === parent && glanceAtResults(store, record) !== 'missing',
  );
  return retries.map(({batch}) => [batch.name, unmerged] as const);
}

function unmerged(record: JobRecord): JobRecord {
  const {merged_at: _, ...rest} = record;
  return rest;
}

/**
 * Says that what was fetched belongs to no record any more.
 *
 * @param place - where it is; null when it was not kept.
 */
export function vanishedRecord(
  {input_file: file, batch}: JobRecord,
  {place, jobInfo}: {readonly place: string | null; readonly jobInfo: string},
): GembatchError {
  const what =
    place === null ? `The results of ${file} were not kept:` : `The results of ${file} are in ${place}, but`;
  return new GembatchError(
    'STORAGE',
    `${what} its job ${batch.name} is not in ${jobInfo} any more. Nothing was deleted at the service.`,
    {suggestions: vanishedAdvice(batch.name)},
  );
}
