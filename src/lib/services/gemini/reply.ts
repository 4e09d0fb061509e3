/** Reads the service's answers: unknown JSON becomes domain types, or a named error. */
import type {BatchJob, BatchStats} from '../../domain/job/batch-job.js';
import {isUnknownState, normaliseState} from '../../domain/job/job-state.js';
import {isEmbeddingModel} from '../../domain/job/model-choice.js';
import {countOf, modalitiesOf} from '../../domain/price/usage.js';
import type {Model, RemoteFile, TokenCount} from '../batch-service.js';
import {malformedReplyError, messageIn} from '../http/service-error.js';

type Json = Record<string, unknown>;

/** A page of a list; without a token it is the last. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextPageToken?: string;
}

/** What follows the collection in a name: no part of a path, and nothing that a URL, a line or a terminal takes amiss. */
const ID = '(?!\\.{1,2}$)[^/\\s?#%\\p{C}]{1,256}';
const BATCH_NAME = new RegExp(`^batches/${ID}$`, 'u');
const FILE_NAME = new RegExp(`^files/${ID}$`, 'u');

/** @throws GembatchError `SERVICE` when the text is not a JSON object. */
export function parseReply(body: string, name: string): Json {
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
 * Reads a batch job from its long-running operation (https://ai.google.dev/api/batch-api#Operation). The output is
 * mirrored in `metadata` and `response`; either will do.
 */
export function toBatchJob(operation: Json, call: string): BatchJob {
  const metadata = objectOf(operation['metadata']) ?? {};
  const name = textOf(operation['name']) ?? textOf(metadata['name']);
  if (name === undefined || !BATCH_NAME.test(name)) throw malformedReplyError(call, 'it names no batch job');
  const fileName = textOf(objectOf(metadata['inputConfig'])?.['fileName']);
  const responsesFile =
    textOf(objectOf(metadata['output'])?.['responsesFile']) ??
    textOf(objectOf(operation['response'])?.['responsesFile']);
  const state = normaliseState(textOf(metadata['state']) ?? 'JOB_STATE_UNSPECIFIED');
  const error = jobError(operation['error']);
  const hasResults = responsesFile !== undefined;
  // The operation says that it is over, in whatever words to come: to wait for such a job would never end.
  const end =
    operation['done'] === true && isUnknownState(state)
      ? unknownEnd(state, {error, hasResults})
      : {state, error};
  return {
    name,
    ...optional('display_name', textOf(metadata['displayName'])),
    ...optional('model', textOf(metadata['model'])),
    state: end.state,
    ...optional('create_time', textOf(metadata['createTime'])),
    ...optional('start_time', textOf(metadata['startTime'])),
    ...optional('update_time', textOf(metadata['updateTime'])),
    ...optional('end_time', textOf(metadata['endTime'])),
    ...optional('src', fileName === undefined ? undefined : {file_name: fileName}),
    ...optional('dest', responsesFile === undefined ? undefined : {file_name: responsesFile}),
    ...optional('error', end.error),
    ...optional('stats', jobStats(objectOf(metadata['batchStats']))),
  };
}

/** What a job came to that is over in a state which nobody knows. */
function unknownEnd(
  state: string,
  {error, hasResults}: {error: BatchJob['error']; hasResults: boolean},
): Pick<BatchJob, 'state'> & {error: BatchJob['error']} {
  if (hasResults && error === undefined) return {state: 'JOB_STATE_SUCCEEDED', error};
  const unknown = {message: `the service ended it in the state ${state}, without results`};
  return {state: 'JOB_STATE_FAILED', error: error ?? unknown};
}

/** Reads a page of batch jobs. */
export function toBatchPage(body: Json, call: string): Page<BatchJob> {
  return toPage(body, {field: 'operations', call, read: toBatchJob});
}

/** Reads a file resource, https://ai.google.dev/api/files#File. */
export function toRemoteFile(file: Json, call: string): RemoteFile {
  const name = textOf(file['name']);
  if (name === undefined || !FILE_NAME.test(name)) throw malformedReplyError(call, 'it names no file');
  return {
    name,
    ...optional('displayName', textOf(file['displayName'])),
    ...optional('sizeBytes', integerOf(file['sizeBytes'])),
    ...optional('sha256', sha256Of(textOf(file['sha256Hash']))),
    ...optional('state', textOf(file['state'])),
    ...optional('createTime', textOf(file['createTime'])),
    ...optional('expirationTime', textOf(file['expirationTime'])),
  };
}

/** Reads a page of files. */
export function toFilePage(body: Json, call: string): Page<RemoteFile> {
  return toPage(body, {field: 'files', call, read: toRemoteFile});
}

/** Reads a model resource, https://ai.google.dev/api/models#Model. */
export function toModel(model: Json, call: string): Model {
  const name = textOf(model['name']);
  if (name === undefined) throw malformedReplyError(call, 'it names no model');
  const methods: unknown = model['supportedGenerationMethods'];
  const supportedActions = Array.isArray(methods)
    ? methods.filter((method) => typeof method === 'string')
    : [];
  const method = isEmbeddingModel(name) ? 'asyncBatchEmbedContent' : 'batchGenerateContent';
  return {name, supportedActions, isBatchable: supportedActions.includes(method)};
}

/** Reads the count of a request's tokens, https://ai.google.dev/api/tokens#response-body; zeros are left out. */
export function toTokenCount(body: Json, call: string): TokenCount {
  const total = countOf(body['totalTokens'] ?? 0);
  if (total === null) throw malformedReplyError(call, 'it has no count of tokens');
  return {total, by_modality: modalitiesOf(body['promptTokensDetails'])};
}

/** Reads a page of models. */
export function toModelPage(body: Json, call: string): Page<Model> {
  return toPage(body, {field: 'models', call, read: toModel});
}

/**
 * Reads a page of a list. An empty list comes as `{}`, an end without a token or with an empty one; everything else that
 * is not a page is no empty list: whoever misses a job in it would create that job again.
 */
function toPage<T>(
  body: Json,
  {field, call, read}: {field: string; call: string; read: (item: Json, call: string) => T},
): Page<T> {
  const {[field]: items = [], nextPageToken = '', error} = body;
  if (error !== undefined || !Array.isArray(items) || !items.every(isObject))
    throw malformedReplyError(call, 'it is not a list');
  if (typeof nextPageToken !== 'string') throw malformedReplyError(call, 'its page token is not text');
  return {items: items.map((item) => read(item, call)), ...(nextPageToken === '' ? {} : {nextPageToken})};
}

/** The file in the answer to the end of an upload. */
export function toUploadedFile(body: Json, call: string): RemoteFile {
  return toRemoteFile(objectOf(body['file']) ?? body, call);
}

function jobError(value: unknown): BatchJob['error'] {
  const error = objectOf(value);
  if (error === undefined) return undefined;
  return {
    ...optional('code', integerOf(error['code'])),
    message: messageIn(error) || 'no reason given',
  };
}

function jobStats(stats: Json | undefined): BatchStats | undefined {
  if (stats === undefined) return undefined;
  return {
    request_count: integerOf(stats['requestCount']) ?? 0,
    pending_request_count: integerOf(stats['pendingRequestCount']) ?? 0,
    successful_request_count: integerOf(stats['successfulRequestCount']) ?? 0,
    failed_request_count: integerOf(stats['failedRequestCount']) ?? 0,
  };
}

/** The service writes the base64 of the hex digits, not of the 32 bytes (`google-gemini/cookbook` outputs). */
function sha256Of(base64: string | undefined): string | undefined {
  if (base64 === undefined) return undefined;
  const bytes = Buffer.from(base64, 'base64');
  const hex = bytes.length === 32 ? bytes.toString('hex') : bytes.toString('latin1').toLowerCase();
  return /^[0-9a-f]{64}$/u.test(hex) ? hex : undefined;
}

function optional<K extends string, V>(key: K, value: V | undefined): {[P in K]?: V} {
  return value === undefined ? {} : ({[key]: value} as {[P in K]?: V});
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** 64-bit integers come as text in JSON. */
function integerOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^-?\d+$/u.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
}

function objectOf(value: unknown): Json | undefined {
  return isObject(value) ? value : undefined;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
