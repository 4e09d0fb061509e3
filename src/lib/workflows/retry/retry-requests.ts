import {hasOutputLimit, withOutputLimit, type OutputLimit} from '../../domain/request/output-limit.js';
import {isContinuable} from '../../domain/result/finish-reason.js';
import {BAD_OUTCOMES, type RequestOutcome} from '../../domain/result/row-counts.js';
import {openWalk, type AnsweredRequest, type WalkInput} from '../results/walk-results.js';

/** Which bad rows are tried again, and how. */
export interface RetryRequestsInput extends WalkInput {
  /** Only requests with one of these outcomes, whichever; without it, those that another try can help. */
  readonly only?: ReadonlySet<RequestOutcome>;
  /** New output limit for truncated rows. */
  readonly maxOutputTokens?: OutputLimit;
}

/**
 * Why a request without a good answer is not sent again:
 *
 * - `blocked`, `truncated`: the same request would come to the same end.
 * - `continuation`: the service ends it there again, whatever its output limit.
 * - `model_limit`: its limit was to be multiplied, and the model takes no higher one.
 * - `no_output_limit`: its limit was to be multiplied, and it has none.
 * - `not_named`: its outcome is not one of those that were named.
 * - `unanswerable`: it has no key, or that of an earlier request, so that its answer would be paid and lost again.
 */
export type LeftOut =
  'blocked' | 'truncated' | 'continuation' | 'model_limit' | 'no_output_limit' | 'not_named' | 'unanswerable';

/** A request line that is sent again, without its newline, or why it is not. */
export type RetryRequest =
  {readonly bytes: Uint8Array; readonly isForSmallJob: boolean} | {readonly leftOut: LeftOut};

/**
 * FAILED_PRECONDITION, which grounded rows of large jobs end with that succeed in a small one
 * (https://github.com/edwinhu/workflows, skills/gemini-batch/references/gotchas.md), and DEADLINE_EXCEEDED.
 */
const CODES_OF_LARGE_JOBS: ReadonlySet<number | null | undefined> = new Set([9, 4]);

/**
 * The requests that have no good answer yet, in their order, each as a line for a new request file or with the reason why
 * it is left out.
 *
 * Lines are the very bytes that were sent, except for truncated ones whose output limit is raised.
 *
 * @throws what the file system says when a file cannot be read.
 */
export async function* retryRequests({
  maxOutputTokens,
  only,
  ...input
}: RetryRequestsInput): AsyncGenerator<RetryRequest> {
  const walk = await openWalk(input);
  for await (const request of walk.requests(BAD_OUTCOMES)) {
    const line = request.isAnswerable ? lineFor(request, maxOutputTokens) : undefined;
    const leftOut = reasonFor(request, {line, only, limit: maxOutputTokens});
    if (leftOut !== undefined || line === undefined) yield {leftOut: leftOut ?? 'unanswerable'};
    else yield {bytes: line, isForSmallJob: CODES_OF_LARGE_JOBS.has(request.row?.code)};
  }
}

function lineFor({outcome, bytes}: AnsweredRequest, limit: OutputLimit | undefined): Uint8Array {
  return outcome === 'truncated' && limit !== undefined ? withOutputLimit(bytes, limit) : bytes;
}

function reasonFor(
  {outcome, bytes, row}: AnsweredRequest,
  {
    line,
    only,
    limit,
  }: {
    readonly line: Uint8Array | undefined;
    readonly only: RetryRequestsInput['only'] | undefined;
    readonly limit: OutputLimit | undefined;
  },
): LeftOut | undefined {
  if (line === undefined) return 'unanswerable';
  if (only !== undefined && !only.has(outcome)) return 'not_named';
  // Who names the outcome and no limit wants the very same requests again.
  if (isContinuable(row?.finishReason ?? null) && (only === undefined || limit !== undefined))
    return 'continuation';
  if (outcome === 'truncated' && typeof limit === 'object' && line === bytes)
    return hasOutputLimit(bytes) ? 'model_limit' : 'no_output_limit';
  if (only !== undefined) return undefined;
  if (outcome === 'blocked') return 'blocked';
  return outcome === 'truncated' && line === bytes ? 'truncated' : undefined;
}
