import type {JobRecord} from '../job/job-record.js';
import {isTerminal, normaliseState} from '../job/job-state.js';

/**
 * What a batch job has cost in USD, as far as its record tells; null while its results are not here, and when a price is
 * not known. A job that ended without any answer is not paid for.
 */
export function costOfRecord({batch, usage}: JobRecord): number | null {
  if (usage !== undefined) return usage.cost_usd;
  if (!isTerminal(batch.state) || batch.dest !== undefined) return null;
  // Old records do not count: of one that has succeeded it is not known then.
  const isSuccess = normaliseState(batch.state).endsWith('SUCCEEDED');
  const answered = batch.stats?.successful_request_count ?? (isSuccess ? undefined : 0);
  return answered === 0 ? 0 : null;
}

/**
 * The day, UTC, whose prices hold for the answers of a batch job: that of its end, or of the fetch of its results; undefined
 * while neither is known.
 */
export function pricedDay({batch, results}: JobRecord): string | undefined {
  return (batch.end_time ?? results?.fetched_at)?.slice(0, 10);
}
