import {withOutputLimit, type OutputLimit} from '../../domain/request/output-limit.js';
import {BAD_OUTCOMES, type RequestOutcome} from '../../domain/result/row-counts.js';
import {openWalk, type WalkInput} from '../results/walk-results.js';

/** What `retryRequests` is told; `outcomes` are those that are tried again, all bad ones when absent. */
export interface RetryInput extends WalkInput {
  readonly outcomes?: ReadonlySet<RequestOutcome>;
  /** New output limit for truncated rows; without it they are sent as they were. */
  readonly maxOutputTokens?: OutputLimit;
}

/**
 * The request lines that have no good answer yet, in their order and without newlines, for a new request file.
 *
 * They are the very bytes that were sent, except for truncated ones whose output limit is raised. Requests that no row
 * can be matched to (no key, or the key of an earlier one) are left out: their answers would be paid and lost again.
 *
 * @throws what the file system says when a file cannot be read.
 */
export async function* retryRequests(retry: RetryInput): AsyncGenerator<Uint8Array> {
  const {maxOutputTokens, outcomes = BAD_OUTCOMES, ...input} = retry;
  const walk = await openWalk(input);
  for await (const request of walk.requests(outcomes)) {
    if (!request.isAnswerable) continue;
    const isRaised = request.outcome === 'truncated' && maxOutputTokens !== undefined;
    yield isRaised ? withOutputLimit(request.bytes, maxOutputTokens) : request.bytes;
  }
}
