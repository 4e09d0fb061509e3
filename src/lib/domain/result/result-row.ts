import {isUtf8} from 'node:buffer';
import {readAnswer, readTokens, type Tokens} from './result-answer.js';
import {judgeFinish} from './finish-reason.js';
import {fieldOf, isObject, isText, type JsonObject} from '../json/json-object.js';

/**
 * What one result row says of its request.
 *
 * - `ok`: a whole answer.
 * - `error`: the service answered with an error, or gave up on the answer.
 * - `blocked`: the question or the answer was stopped by a filter.
 * - `truncated`: the answer reached the output limit.
 * - `empty`: finished, without any content.
 * - `not_json`: the request asks for JSON, and the answer is none.
 * - `schema_mismatch`: the answer is JSON that does not fit the schema of the request.
 * - `malformed`: no row at all: not JSON, without a key, or with neither answer nor error.
 */
export type RowOutcome =
  'ok' | 'error' | 'blocked' | 'truncated' | 'empty' | 'not_json' | 'schema_mismatch' | 'malformed';

export interface ResultRow {
  readonly key: string | null;
  readonly outcome: RowOutcome;
  /** What went wrong in one sentence, the service's words where it has any; null when the outcome is ok. */
  readonly message: string | null;
  /** Number of the service's error: a gRPC status or an HTTP status, it does not say which. */
  readonly code: number | null;
  /** As the service wrote it. */
  readonly finishReason: string | null;
  /** The answer of the first candidate without its thoughts; null when it holds no text. Bad rows may have some too. */
  readonly text: string | null;
  /** The same of each candidate. */
  readonly texts: readonly (string | null)[];
  readonly tokens: Tokens;
  /** The answer as the service sent it, for whatever is not text: embeddings, images, function calls. */
  readonly response: JsonObject | null;
}

/** What is not in it is null in the row. */
type Verdict = Pick<ResultRow, 'outcome'> & Partial<ResultRow>;

/**
 * Understands one line of a result file.
 *
 * A line is `{"key", "response"}` or `{"key", "error"}` in any order of names
 * (https://ai.google.dev/gemini-api/docs/batch-api); some clients read an object called `status` in place of `error`
 * (`xoai/sage-wiki` `internal/llm/gemini.go`), which is understood as well.
 *
 * @param line - the bytes of the line without its newline.
 */
export function readResultRow(line: Uint8Array): ResultRow {
  const row = parseLine(line);
  if (row === undefined) return rowOf(null, malformed('the line is not JSON in UTF-8'));
  if (!isObject(row)) return rowOf(null, malformed('the line is not a JSON object'));
  const key = row['key'];
  if (typeof key !== 'string') return rowOf(null, malformed('the row has no key'));
  return rowOf(key, judgeRow(row));
}

function parseLine(line: Uint8Array): unknown {
  if (!isUtf8(line)) return undefined;
  try {
    return JSON.parse(Buffer.from(line.buffer, line.byteOffset, line.length).toString('utf8'));
  } catch {
    return undefined; // Not JSON, or longer than any string: the outcome says so.
  }
}

function judgeRow(row: JsonObject): Verdict {
  const error = errorOf(row);
  if (error !== null) return judgeError(error);
  const response = row['response'];
  if (!isObject(response)) return malformed('the row has neither a response nor an error');
  return {...judgeResponse(response), response, tokens: readTokens(response)};
}

/**
 * The error of a row, wherever it stands: as `error` or `status` of the row, as `error` of the response, or as the row
 * itself, which has then a `message` and no response. A `status` beside an answer is one only when it says what went
 * wrong: batch prediction on Vertex AI writes an empty one into every good row.
 */
function errorOf(row: JsonObject): unknown {
  const {error, response, status, message} = row;
  const given = error ?? fieldOf(response, 'error') ?? null;
  if (given !== null) return given;
  const hasAnswer =
    fieldOf(response, 'candidates') !== undefined || fieldOf(response, 'embedding') !== undefined;
  if (isObject(status) && !(hasAnswer && isNoError(status))) return status;
  if (isText(status) && !hasAnswer) return status;
  return isText(message) && !isObject(response) ? row : null;
}

/** Zero is OK among the codes of `google.rpc.Status`. */
function isNoError({code = 0, message}: JsonObject): boolean {
  return code === 0 && !isText(message);
}

const NO_REASON = 'the service gives no reason';

function judgeError(error: unknown): Verdict {
  if (!isObject(error)) {
    // Anything else is no reason, and may be nested more deeply than can be written as text.
    const isReason = isText(error) || typeof error === 'number';
    return {outcome: 'error', message: isReason ? String(error) : NO_REASON};
  }
  const {code, message, status} = error;
  const reason = isText(message) ? message : status;
  return {
    outcome: 'error',
    code: typeof code === 'number' ? code : null,
    message: isText(reason) ? reason : NO_REASON,
  };
}

function judgeResponse(response: JsonObject): Verdict {
  if ('embedding' in response) return judgeEmbedding(response['embedding']);
  const {candidates} = response;
  if (!Array.isArray(candidates) || candidates.length === 0) return judgeNoCandidate(response);
  const verdicts = candidates.map((candidate: unknown) => judgeCandidate(candidate));
  const badAt = verdicts.findIndex(({outcome}) => outcome !== 'ok');
  const bad = verdicts[badAt];
  const [first] = verdicts;
  const texts = verdicts.map(({text}) => text ?? null);
  if (bad === undefined || verdicts.length === 1) return {outcome: 'ok', ...first, texts};
  const message = `candidate ${badAt + 1} of ${verdicts.length}: ${bad.message ?? bad.outcome}`;
  return {...bad, message, text: first?.text ?? null, texts};
}

function judgeCandidate(candidate: unknown): Verdict {
  const answer = readAnswer(fieldOf(candidate, 'content'));
  const given = fieldOf(candidate, 'finishReason');
  const reason = isText(given) ? given : null;
  const detail = fieldOf(candidate, 'finishMessage');
  const finish = judgeFinish(reason, isText(detail) ? detail : null);
  const verdict = finish.outcome === 'ok' && !answer.hasContent ? empty('the answer has no content') : finish;
  return {...verdict, finishReason: reason, text: answer.text};
}

function judgeEmbedding(embedding: unknown): Verdict {
  const values = fieldOf(embedding, 'values');
  return Array.isArray(values) && values.length > 0 ? {outcome: 'ok'} : empty('the embedding has no values');
}

function judgeNoCandidate(response: JsonObject): Verdict {
  const feedback = response['promptFeedback'];
  const reason = fieldOf(feedback, 'blockReason');
  if (!isText(reason)) return empty('the response has no candidate');
  const detail = fieldOf(feedback, 'blockReasonMessage');
  return {outcome: 'blocked', message: `prompt blocked: ${reason}${isText(detail) ? ` (${detail})` : ''}`};
}

function malformed(message: string): Verdict {
  return {outcome: 'malformed', message};
}

function empty(message: string): Verdict {
  return {outcome: 'empty', message};
}

const NO_TOKENS: Tokens = {prompt: null, candidates: null, thoughts: null, cached: null, total: null};

function rowOf(key: string | null, verdict: Verdict): ResultRow {
  return {
    key,
    message: null,
    code: null,
    finishReason: null,
    text: null,
    texts: [],
    tokens: NO_TOKENS,
    response: null,
    ...verdict,
  };
}
