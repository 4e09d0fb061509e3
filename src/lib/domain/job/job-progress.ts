/**
 * How far a batch job is on its way from "submitted" to "results on disk", read from its record alone. That the service
 * calls a job succeeded is the middle of that way, not its end.
 */
import type {JobRecord, RowCounts, StoredResults} from './job-record.js';
import {isTerminal, normaliseState, SUCCESS_STATES} from './job-state.js';

/**
 * What became of a batch job.
 *
 * - `done`: its results are on disk, or where they were to be left, and every request has a good answer; of those that were
 *   left, the service's own counts tell.
 * - `bad_rows`: its results are there and some rows are bad or missing.
 * - `altered`: the file of its results is not what was fetched, so that nothing is known of its rows.
 * - `failed`, `cancelled`, `expired`: it ended without results.
 * - `lost`: the job is over, and its results can be had neither here nor at the service.
 * - `not_seen`: the service does not show the job any more, which says nothing about its end.
 * - `running`: it is not over, or its results are not here yet.
 */
export type JobOutcome =
  'done' | 'bad_rows' | 'altered' | 'failed' | 'cancelled' | 'expired' | 'lost' | 'not_seen' | 'running';

/**
 * How the file in the place of a job's results compares with what was recorded when it was written. Results that were left in their
 * bucket are `missing` to whoever wants them on disk.
 */
export type ResultsOnDisk = 'intact' | 'altered' | 'missing';

const OUTCOMES_WITHOUT_RESULTS: ReadonlyMap<string, JobOutcome> = new Map([
  ['JOB_STATE_FAILED', 'failed'],
  ['JOB_STATE_CANCELLED', 'cancelled'],
  ['JOB_STATE_EXPIRED', 'expired'],
]);

/**
 * Whether the service has to be asked about the job again: its state may change, or it has succeeded and its result
 * file is not named yet, which can lag behind (repository `tidyverse/ellmer`, pull request 926).
 */
export function awaitsService(record: JobRecord): boolean {
  if (record.lost_at !== undefined || isNotSeen(record)) return false;
  if (record.results !== undefined || record.left !== undefined) return false;
  const {state, dest} = record.batch;
  return !isTerminal(state) || (dest === undefined && SUCCESS_STATES.has(normaliseState(state)));
}

/**
 * Whether the job is over and has results at the service that are not on disk; of those that are to stay in their bucket, whether
 * nobody has looked yet that they are there.
 */
export function awaitsFetch(record: JobRecord, onDisk: ResultsOnDisk = 'intact'): boolean {
  if (record.results !== undefined || isLeft(record))
    return onDisk === 'missing' && isKept(record) && !isNotSeen(record);
  const isOpen = record.lost_at === undefined && record.left === undefined && !isNotSeen(record);
  return isOpen && isTerminal(record.batch.state) && record.batch.dest !== undefined;
}

/** Whether the service should still have the results of a job that is over. Those that were left stay when the job is deleted. */
export function isKept({
  batch,
  lost_at: lostAt,
  remote_deleted_at: deletedAt,
  results_left: place,
}: JobRecord): boolean {
  return batch.dest !== undefined && lostAt === undefined && (deletedAt === undefined || place !== undefined);
}

/** Whether the results are in the bucket that they were left in, and not on disk. */
export function isLeft(
  record: JobRecord,
): record is JobRecord & Required<Pick<JobRecord, 'left' | 'results_left'>> {
  const {left, results_left: place, results, lost_at: lostAt, batch} = record;
  const isThere = left !== undefined && place !== undefined && batch.dest !== undefined;
  return isThere && results === undefined && lostAt === undefined;
}

/** Whether nothing is left to wait for: the results are on disk, or there will be none. */
export function isFinished(record: JobRecord, onDisk: ResultsOnDisk = 'intact'): boolean {
  return !awaitsService(record) && !awaitsFetch(record, onDisk);
}

/** What became of the job, as its record and the file of its results tell it. */
export function jobOutcome(record: JobRecord, onDisk: ResultsOnDisk = 'intact'): JobOutcome {
  const {results} = record;
  if (results !== undefined) {
    if (onDisk === 'altered') return 'altered';
    if (onDisk === 'missing' && isKept(record)) return isNotSeen(record) ? 'not_seen' : 'running';
    if (onDisk === 'missing') return 'lost';
    return badRowCount(results.rows) === 0 && !isIncomplete(results) ? 'done' : 'bad_rows';
  }
  if (isLeft(record)) {
    if (onDisk === 'missing') return 'running';
    return badRowsOf(record) === 0 ? 'done' : 'bad_rows';
  }
  if (isNotSeen(record)) return 'not_seen';
  if (record.lost_at !== undefined) return 'lost';
  if (awaitsFetch(record)) return 'running';
  return OUTCOMES_WITHOUT_RESULTS.get(normaliseState(record.batch.state)) ?? 'running';
}

/** Whether the job cannot be seen any more. Earlier versions wrote `lost_at` after a single look, which proves no more. */
function isNotSeen({not_seen: missed, lost_at: lostAt, batch}: JobRecord): boolean {
  return missed?.given_up_at !== undefined || (lostAt !== undefined && !isTerminal(batch.state));
}

/**
 * Whether a result file contradicts what the job itself counts, or has lines that are no rows. Rows of a retry that was merged into
 * it count too; what is no row, or one of another job, stands for none that is missing.
 */
export function isIncomplete({incomplete, rows}: StoredResults): boolean {
  if (incomplete === undefined) return false;
  const {missing: _, malformed: _malformed, unknown_key: _foreign, ...found} = rows;
  const inFile = Object.values(found).reduce((sum, count) => sum + count, 0);
  return incomplete.contradicts === true || inFile < incomplete.expected_rows;
}

/**
 * Rows that need attention: requests without a good answer, and rows that answer no request. A malformed row
 * names no request, so that its request counts as missing too; the pair counts once.
 */
export function badRowCount(rows: RowCounts): number {
  const unanswered = Math.max(rows.missing, rows.malformed);
  const unfit = (rows.not_json ?? 0) + (rows.schema_mismatch ?? 0);
  const stopped = rows.error + rows.blocked + rows.truncated + rows.empty;
  return stopped + unfit + unanswered + rows.repeated + rows.unknown_key;
}

/**
 * How many requests have a good answer, as far as is known: by the rows on disk, else by what the service counts of results that
 * were left in their bucket.
 */
export function goodRowsOf(record: JobRecord): number {
  const {results, batch, count} = record;
  if (results !== undefined) return results.rows.ok;
  if (!isLeft(record)) return 0;
  if (batch.stats !== undefined) return batch.stats.successful_request_count;
  return normaliseState(batch.state) === 'JOB_STATE_SUCCEEDED' ? (count ?? 0) : 0;
}

/** Whether every request is known to have a row, good or bad, in results that were left in their bucket. */
export function isEveryRowLeft({batch: {stats}, count}: JobRecord): boolean {
  if (stats === undefined) return false;
  const rows = stats.successful_request_count + stats.failed_request_count;
  return rows > 0 && rows >= Math.max(count ?? 0, stats.request_count);
}

/** As `badRowCount`, of a job whose results are on disk or were left in their bucket. A job that was cut off has at least one. */
export function badRowsOf(record: JobRecord): number {
  const {results, batch, count} = record;
  if (results !== undefined) return badRowCount(results.rows);
  const isWhole = normaliseState(batch.state) === 'JOB_STATE_SUCCEEDED';
  const all = Math.max(count ?? 0, batch.stats?.request_count ?? 0);
  const bad = batch.stats === undefined && isWhole ? 0 : Math.max(0, all - goodRowsOf(record));
  return isWhole ? bad : Math.max(1, bad);
}
