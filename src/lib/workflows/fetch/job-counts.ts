import type {IncompleteResults, JobRecord} from '../../domain/job/job-record.js';
import type {ReadResult} from './result-intake.js';

/**
 * How a result file contradicts what its job counts: it has more or fewer rows, or another share of them failed. Rows for
 * requests of another job do not stand for missing ones, rows that come twice with the same answer count once, and an
 * answer with an error inside may be counted either way. Lines that are no rows contradict any job.
 *
 * @returns undefined when both agree, or the job counts nothing and each line is a row.
 */
export function contradictionOf(
  {batch: {stats}}: JobRecord,
  {rows, resultRows, ownRows, usage}: ReadResult,
): IncompleteResults | undefined {
  const {successful_request_count: successful = 0, failed_request_count: failed = 0} = stats ?? {};
  const expected = successful + failed;
  const {missing: _, malformed, ...counts} = rows;
  if (malformed > 0) return {expected_rows: expected, contradicts: true};
  if (expected === 0) return undefined;
  const found = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const foreign = resultRows - ownRows;
  if (found - foreign < expected) return {expected_rows: expected};
  const errors = resultRows - usage.rows;
  const mayBeErrors = Math.max(errors, rows.error);
  const isSameSplit = resultRows !== expected || (errors <= failed && failed <= mayBeErrors);
  return found > expected || !isSameSplit ? {expected_rows: expected, contradicts: true} : undefined;
}
