import {parseExact, stringifyExact} from '../../domain/json/exact-json.js';
import {RawJson, RawReader} from '../../domain/json/raw-json.js';
import {isText} from '../../domain/json/json-object.js';
import type {Tokens} from '../../domain/result/result-answer.js';
import type {RequestOutcome} from '../../domain/result/row-counts.js';
import {readContents, readEmbedding, type AnswerContent} from './answer-content.js';
import {openWalk, type AnsweredRequest, type WalkInput} from './walk-results.js';

/** A request with its answer; one line of `gembatch results --join`. */
export interface JoinedRow {
  readonly key: string | null;
  /** What stood beside key and request in the line. */
  readonly columns: ReadonlyMap<string, RawJson>;
  /** The `request` of the line as it was sent; null when the line is not JSON. */
  readonly request: RawJson | null;
  readonly outcome: RequestOutcome;
  /** The answer without its thoughts; null when it has no text. Bad rows may have some of it. */
  readonly text: string | null;
  /** With `parsesJson`: the text as JSON, absent when it is none. */
  readonly json?: RawJson;
  /** The values of an embedding. */
  readonly embedding?: RawJson;
  /** All that each candidate holds; the first one is the answer. */
  readonly contents: readonly AnswerContent[];
  /** Where its media are, when they were written into files. */
  readonly mediaPaths?: readonly string[];
  readonly finishReason: string | null;
  readonly error: {readonly code: number | null; readonly message: string} | null;
  readonly tokens: Tokens | null;
  /** The model that answered, as the service calls it. */
  readonly model: string | null;
}

/** The input of `joinResults`. */
export interface JoinInput extends WalkInput {
  /** Gives the text of each answer as JSON too, which is for requests that ask the model for JSON. */
  readonly parsesJson: boolean;
}

/**
 * Joins answers to requests by key, in the order of the requests. Every request comes out exactly once.
 *
 * @throws what the file system says when a file cannot be read.
 */
export async function* joinResults(input: JoinInput): AsyncGenerator<JoinedRow> {
  const walk = await openWalk(input);
  for await (const answered of walk.requests()) yield joinedRow(answered, input.parsesJson);
}

function joinedRow(answered: AnsweredRequest, parsesJson: boolean): JoinedRow {
  const {key, outcome, row, rowBytes, message} = answered;
  const text = row?.text ?? null;
  const json = parsesJson && text !== null ? asJson(text) : undefined;
  const response = row?.response ?? null;
  const hasResponse = response !== null && rowBytes !== null;
  const embedding = hasResponse ? readEmbedding(response, rowBytes) : undefined;
  const version = response?.['modelVersion'];
  return {
    key,
    ...readLine(answered.bytes),
    outcome,
    text,
    ...(json === undefined ? {} : {json}),
    ...(embedding === undefined ? {} : {embedding}),
    contents: hasResponse ? readContents(response, rowBytes) : [],
    finishReason: row?.finishReason ?? null,
    error: message === null ? null : {code: row?.code ?? null, message},
    tokens: row?.tokens ?? null,
    model: isText(version) ? version : null,
  };
}

/** A line of a request file in its parts. */
function readLine(bytes: Uint8Array): Pick<JoinedRow, 'columns' | 'request'> {
  const members = new Map(new RawReader(bytes).members() ?? parsedMembers(bytes));
  const request = members.get('request') ?? null;
  members.delete('key');
  members.delete('request');
  return {columns: members, request};
}

/** The members of a line that only `JSON.parse` reads, because of an escape in a name for instance. */
function parsedMembers(bytes: Uint8Array): readonly (readonly [string, RawJson])[] {
  try {
    const line = parseExact(Buffer.from(bytes).toString('utf8'));
    if (typeof line !== 'object' || line === null || Array.isArray(line)) return [];
    return Object.entries(line).map(([name, value]) => [name, new RawJson(stringifyExact(value))]);
  } catch {
    return []; // Not JSON: there is nothing to give back.
  }
}

/** JSON on one line; undefined when the text is none, which the caller shows as such. */
function asJson(text: string): RawJson | undefined {
  try {
    const value = parseExact(text);
    return new RawJson(/[\r\n]/u.test(text) ? stringifyExact(value) : text.trim());
  } catch {
    return undefined;
  }
}
