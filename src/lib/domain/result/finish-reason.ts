/**
 * Why a candidate ended, and what that means for its answer. The names are those of `Candidate.FinishReason`
 * (https://ai.google.dev/api/generate-content#FinishReason; `@google/genai` 3.3 `FinishReason`).
 */

/**
 * A filter stopped it. What it had said so far is no whole answer, even where the service leaves it in the row, and the same
 * request is stopped again.
 */
const FILTERED: ReadonlySet<string> = new Set([
  'SAFETY',
  'RECITATION',
  'LANGUAGE',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'IMAGE_SAFETY',
  'IMAGE_PROHIBITED_CONTENT',
  'IMAGE_RECITATION',
  'MODEL_ARMOR',
  'ESCALATION',
  'PUP_LIMITED_DISABLED',
]);

/** What a finish reason makes of a row that has a candidate. */
export interface FinishVerdict {
  readonly outcome: 'ok' | 'truncated' | 'blocked' | 'error';
  readonly message: string | null;
}

/**
 * Judges the end of an answer. Every reason that is not the natural end is bad news, also an unknown one, and so
 * is none at all: a broken answer that is taken for a good one is the worse mistake.
 *
 * @param reason - `finishReason` of the candidate, null when it has none.
 * @param detail - `finishMessage` of the candidate.
 */
export function judgeFinish(reason: string | null, detail: string | null): FinishVerdict {
  if (reason === 'STOP') return {outcome: 'ok', message: null};
  if (reason === null || reason === 'FINISH_REASON_UNSPECIFIED') {
    return {outcome: 'error', message: 'the answer has no finish reason, so it may not be whole'};
  }
  const why = detail === null ? reason : `${reason} (${detail})`;
  if (reason === 'MAX_TOKENS')
    return {outcome: 'truncated', message: `answer cut at the output limit: ${why}`};
  if (isContinuable(reason)) {
    return {
      outcome: 'truncated',
      message: `answer not finished: ${why}. A higher output limit does not help; ask for less in one request, or send the request again with the continuationToken of its row`,
    };
  }
  if (FILTERED.has(reason)) return {outcome: 'blocked', message: `answer blocked: ${why}`};
  return {outcome: 'error', message: `answer given up: ${why}`};
}

/**
 * Whether the answer ended at what the service gives in one go, which is less than its output limit
 * (https://ai.google.dev/gemini-api/docs/generate-content/long-decode): the same request ends there again.
 */
export function isContinuable(reason: string | null): boolean {
  return reason === 'CONTINUATION';
}
