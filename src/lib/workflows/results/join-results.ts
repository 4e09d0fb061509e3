import {fieldOf} from '../../domain/json/json-object.js';
import type {Tokens} from '../../domain/result/result-answer.js';
import type {RequestOutcome} from '../../domain/result/row-counts.js';
import {openWalk, type AnsweredRequest, type WalkInput} from './walk-results.js';

/** A request with its answer; one line of `gembatch results --join`. */
export interface JoinedRow {
  readonly key: string | null;
  /** The `request` of the line as it was sent; null when the line is not JSON. */
  readonly request: unknown;
  readonly outcome: RequestOutcome;
  /** The answer without its thoughts; null when it has no text. Bad rows may have some of it. */
  readonly text: string | null;
  /** With `format: 'json'`: the text as JSON, absent when it is none. */
  readonly json?: unknown;
  /** What the answer holds in place of text: the values of an embedding, or parts such as images and calls. */
  readonly data: unknown;
  readonly finish_reason: string | null;
  readonly error: {readonly code: number | null; readonly message: string} | null;
  readonly tokens: Tokens | null;
}

/** What `joinResults` is told. */
export interface JoinInput extends WalkInput {
  /** `json` parses the text of each answer, which is for requests that ask the model for JSON. */
  readonly format: 'text' | 'json';
}

/**
 * Joins answers to requests by key, in the order of the requests. Every request comes out exactly once.
 *
 * @throws what the file system says when a file cannot be read.
 */
export async function* joinResults(input: JoinInput): AsyncGenerator<JoinedRow> {
  const walk = await openWalk(input);
  for await (const answered of walk.requests()) yield joinedRow(answered, input.format);
}

function joinedRow(answered: AnsweredRequest, format: JoinInput['format']): JoinedRow {
  const {key, outcome, row, message} = answered;
  const text = row?.text ?? null;
  const json = format === 'json' && text !== null ? parseJson(text) : undefined;
  return {
    key,
    request: fieldOf(parseJson(Buffer.from(answered.bytes).toString('utf8')), 'request') ?? null,
    outcome,
    text,
    ...(json === undefined ? {} : {json}),
    data: text === null ? dataOf(row?.response) : null,
    finish_reason: row?.finishReason ?? null,
    error: message === null ? null : {code: row?.code ?? null, message},
    tokens: row?.tokens ?? null,
  };
}

function dataOf(response: unknown): unknown {
  const values = fieldOf(fieldOf(response, 'embedding'), 'values');
  const candidate = fieldOf(fieldOf(response, 'candidates'), 0);
  return values ?? fieldOf(fieldOf(candidate, 'content'), 'parts') ?? null;
}

/** The value of a JSON text; undefined when it is none, which the caller shows as such. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
