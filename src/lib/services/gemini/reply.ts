/** Reads the service's answers: unknown JSON becomes domain types, or a named error. */
import type {BatchJob, BatchStats} from '../../domain/job/batch-job.js';
import {isUnknownState, normaliseState} from '../../domain/job/job-state.js';
import {isEmbeddingModel} from '../../domain/service/model-choice.js';
import type {JsonObject} from '../../domain/json/json-object.js';
import type {Model, RemoteFile} from '../batch-service.js';
import {malformedReplyError} from '../http/service-error.js';
import {integerOf, objectOf, optional, textOf, toJobError, toPage, type Page} from '../reply.js';

/** What follows the collection in a name: no part of a path, and nothing that a URL, a line or a terminal takes amiss. */
const ID = '(?!\\.{1,2}$)[^/\\s?#%\\p{C}]{1,256}';
const BATCH_NAME = new RegExp(`^batches/${ID}$`, 'u');
const FILE_NAME = new RegExp(`^files/${ID}$`, 'u');

/**
 * Reads a batch job from its long-running operation (https://ai.google.dev/api/batch-api#Operation). The output is
 * mirrored in `metadata` and `response`; either will do.
 */
export function toBatchJob(operation: JsonObject, call: string): BatchJob {
  const metadata = objectOf(operation['metadata']) ?? {};
  const name = textOf(operation['name']) ?? textOf(metadata['name']);
  if (name === undefined || !BATCH_NAME.test(name)) throw malformedReplyError(call, 'it names no batch job');
  const fileName = textOf(objectOf(metadata['inputConfig'])?.['fileName']);
  const responsesFile =
    textOf(objectOf(metadata['output'])?.['responsesFile']) ??
    textOf(objectOf(operation['response'])?.['responsesFile']);
  const state = normaliseState(textOf(metadata['state']) ?? 'JOB_STATE_UNSPECIFIED');
  const error = toJobError(objectOf(operation['error']));
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

/** The error for a job that ended in an unknown state. */
function unknownEnd(
  state: string,
  {error, hasResults}: {error: BatchJob['error']; hasResults: boolean},
): Pick<BatchJob, 'state'> & {error: BatchJob['error']} {
  if (hasResults && error === undefined) return {state: 'JOB_STATE_SUCCEEDED', error};
  const unknown = {message: `the service ended it in the state ${state}, without results`};
  return {state: 'JOB_STATE_FAILED', error: error ?? unknown};
}

/** Reads a page of batch jobs. */
export function toBatchPage(body: JsonObject, call: string): Page<BatchJob> {
  return toPage(body, {field: 'operations', call, read: toBatchJob});
}

/** Reads a file resource, https://ai.google.dev/api/files#File. */
export function toRemoteFile(file: JsonObject, call: string): RemoteFile {
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
export function toFilePage(body: JsonObject, call: string): Page<RemoteFile> {
  return toPage(body, {field: 'files', call, read: toRemoteFile});
}

/** Reads a model resource, https://ai.google.dev/api/models#Model. */
export function toModel(model: JsonObject, call: string): Model {
  const name = textOf(model['name']);
  if (name === undefined) throw malformedReplyError(call, 'it names no model');
  const methods: unknown = model['supportedGenerationMethods'];
  const supportedActions = Array.isArray(methods)
    ? methods.filter((method) => typeof method === 'string')
    : [];
  const method = isEmbeddingModel(name) ? 'asyncBatchEmbedContent' : 'batchGenerateContent';
  return {name, supportedActions, isBatchable: supportedActions.includes(method)};
}

/** Reads a page of models. */
export function toModelPage(body: JsonObject, call: string): Page<Model> {
  return toPage(body, {field: 'models', call, read: toModel});
}

/** The file in the answer to the end of an upload. */
export function toUploadedFile(body: JsonObject, call: string): RemoteFile {
  return toRemoteFile(objectOf(body['file']) ?? body, call);
}

function jobStats(stats: JsonObject | undefined): BatchStats | undefined {
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
