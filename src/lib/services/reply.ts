/** What the answers of all services have in common: unknown JSON becomes objects, pages and fields, or a named error. */
import type {BatchJob} from '../domain/job/batch-job.js';
import {isObject, type JsonObject} from '../domain/json/json-object.js';
import {countOf, modalitiesOf} from '../domain/price/usage.js';
import type {TokenCount} from './batch-service.js';
import {malformedReplyError, messageIn} from './http/service-error.js';

/** A page of a list; without a token it is the last. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextPageToken?: string;
}

/** @throws GembatchError `SERVICE` when the text is not a JSON object. */
export function parseReply(body: string, name: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw malformedReplyError(name, 'it is not JSON');
  }
  if (!isObject(value)) throw malformedReplyError(name, 'it is not an object');
  return value;
}

/**
 * Reads a page of a list. An empty list comes as `{}`, an end without a token or with an empty one; everything else that
 * is not a page is no empty list: a job missing in it would be created again.
 */
export function toPage<T>(
  body: JsonObject,
  {field, call, read}: {field: string; call: string; read: (item: JsonObject, call: string) => T},
): Page<T> {
  const {[field]: items = [], nextPageToken = '', error} = body;
  if (error !== undefined || !Array.isArray(items) || !items.every(isObject))
    throw malformedReplyError(call, 'it is not a list');
  if (typeof nextPageToken !== 'string') throw malformedReplyError(call, 'its page token is not text');
  return {items: items.map((item) => read(item, call)), ...(nextPageToken === '' ? {} : {nextPageToken})};
}

/** Why a batch job failed, from a `google.rpc.Status`. */
export function toJobError(error: JsonObject | undefined): BatchJob['error'] {
  if (error === undefined) return undefined;
  return {...optional('code', integerOf(error['code'])), message: messageIn(error) || 'no reason given'};
}

/** Reads the count of a request's tokens, https://ai.google.dev/api/tokens#response-body; zeros are left out. */
export function toTokenCount(body: JsonObject, call: string): TokenCount {
  const total = countOf(body['totalTokens'] ?? 0);
  if (total === null) throw malformedReplyError(call, 'it has no count of tokens');
  return {total, by_modality: modalitiesOf(body['promptTokensDetails'])};
}

/** A member for a spread: none where there is no value. */
export function optional<K extends string, V>(key: K, value: V | undefined): {[P in K]?: V} {
  return value === undefined ? {} : ({[key]: value} as {[P in K]?: V});
}

/** A text; anything else counts as absent. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** A whole number; 64-bit integers come as text in JSON. */
export function integerOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^-?\d+$/u.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
}

/** An object; anything else counts as absent. */
export function objectOf(value: unknown): JsonObject | undefined {
  return isObject(value) ? value : undefined;
}
