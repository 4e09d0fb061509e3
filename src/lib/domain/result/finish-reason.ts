/**
 * Why a candidate ended, and what that means for its answer. The names are those of `Candidate.FinishReason`
 * (https://ai.google.dev/api/generate-content#FinishReason; `@google/genai` 2.32 `FinishReason`).
 */

/** The natural end; the service may also leave the name out. */
const FINISHED: ReadonlySet<string> = new Set(['STOP', 'FINISH_REASON_UNSPECIFIED']);

/** A token limit was reached before the answer was whole. */
const CUT: ReadonlySet<string> = new Set(['MAX_TOKENS', 'CONTINUATION']);

/** A filter stopped it. What it had said so far is no whole answer, even where the service leaves it in the row. */
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
]);

/** What a finish reason makes of a row that has a candidate. */
export interface FinishVerdict {
  readonly outcome: 'ok' | 'truncated' | 'blocked' | 'error';
  readonly message: string | null;
}

/**
 * Judges the end of an answer. Every reason that is not the natural end is bad news, also one that nobody knows yet:
 * a broken answer that is taken for a good one is the worse mistake.
 *
 * @param reason - `finishReason` of the candidate, null when it has none.
 * @param detail - `finishMessage` of the candidate.
 */
export function judgeFinish(reason: string | null, detail: string | null): FinishVerdict {
  if (reason === null || FINISHED.has(reason)) return {outcome: 'ok', message: null};
  const why = detail === null ? reason : `${reason} (${detail})`;
  if (CUT.has(reason)) return {outcome: 'truncated', message: `answer cut at the output limit: ${why}`};
  if (FILTERED.has(reason)) return {outcome: 'blocked', message: `answer blocked: ${why}`};
  return {outcome: 'error', message: `answer given up: ${why}`};
}
