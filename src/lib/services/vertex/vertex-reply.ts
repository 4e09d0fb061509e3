/** Reads the answers of Vertex AI and Cloud Storage: unknown JSON becomes domain types, or a named error. */
import type {BatchJob, BatchStats} from '../../domain/job/batch-job.js';
import type {JsonObject} from '../../domain/json/json-object.js';
import {isEmbeddingModel} from '../../domain/service/model-choice.js';
import type {Model} from '../batch-service.js';
import {malformedReplyError} from '../http/service-error.js';
import {integerOf, objectOf, optional, textOf, toJobError} from '../reply.js';

/** A batch job, and where its results are written. */
export interface VertexJob {
  readonly batch: BatchJob;
  /** The folder below which the job was to write, `gs://…`. */
  readonly outputPrefix: string | undefined;
  /** The folder that it has written to. */
  readonly outputDirectory: string | undefined;
}

/** An object in Cloud Storage. */
export interface StorageObject {
  readonly name: string;
  readonly generation: string | undefined;
  readonly metageneration: string | undefined;
  readonly sizeBytes: number | undefined;
  readonly crc32c: string | undefined;
  /** Base64; objects that are composed of others have none. */
  readonly md5: string | undefined;
  readonly createTime: string | undefined;
  readonly updateTime: string | undefined;
  /** What was noted on it. */
  readonly notes: JsonObject;
}

/** Labels of our jobs: https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.batchPredictionJobs#labels. */
export const ATTEMPT_LABEL = 'gembatch_attempt';
export const INPUT_LABEL = 'gembatch_input';
/** Says of a job whose results stay where they are that they do, to everybody who may clean up. */
export const RESULTS_LABEL = 'gembatch_results';
export const LEFT = 'left';

/** `projects/<p>/locations/<l>/batchPredictionJobs/<id>` */
export const JOB_NAME =
  /^projects\/[\w.:~-]+\/locations\/(?<location>[a-z0-9-]+)\/batchPredictionJobs\/(?<id>[\w~-]+)$/u;

/** Reads a batch job, https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.batchPredictionJobs. */
export function toVertexJob(job: JsonObject, call: string): VertexJob {
  const name = textOf(job['name']);
  if (name === undefined || !JOB_NAME.test(name)) throw malformedReplyError(call, 'it names no batch job');
  const uris = objectOf(objectOf(job['inputConfig'])?.['gcsSource'])?.['uris'];
  const [uri]: readonly unknown[] = Array.isArray(uris) && uris.length === 1 ? uris : [];
  const prefix = objectOf(objectOf(job['outputConfig'])?.['gcsDestination'])?.['outputUriPrefix'];
  const isLeft = objectOf(job['labels'])?.[RESULTS_LABEL] === LEFT;
  const batch: BatchJob = {
    name,
    ...optional('display_name', textOf(job['displayName'])),
    ...optional('model', modelOf(job['model'])),
    state: textOf(job['state']) ?? 'JOB_STATE_UNSPECIFIED',
    ...optional('create_time', textOf(job['createTime'])),
    ...optional('start_time', textOf(job['startTime'])),
    ...optional('update_time', textOf(job['updateTime'])),
    ...optional('end_time', textOf(job['endTime'])),
    ...optional('src', typeof uri === 'string' ? {file_name: uri} : undefined),
    ...optional('results_left', isLeft ? textOf(prefix) : undefined),
    ...optional('error', errorOf(job)),
    ...optional('stats', statsOf(objectOf(job['completionStats']))),
  };
  return {
    batch,
    outputPrefix: textOf(prefix),
    outputDirectory: textOf(objectOf(job['outputInfo'])?.['gcsOutputDirectory']),
  };
}

/** The name of a model as records have it, `models/<id>`, whatever stands before it. */
function modelOf(value: unknown): string | undefined {
  return textOf(value)?.replace(
    /^(?:projects\/[^/]+\/locations\/[^/]+\/)?publishers\/google\/(?=models\/)/u,
    '',
  );
}

/** The models of Google's that make content take batch jobs, https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/batch-prediction-gemini. */
export function toModel(model: JsonObject, call: string): Model {
  const name = modelOf(model['name']);
  if (name === undefined) throw malformedReplyError(call, 'it names no model');
  return {name, supportedActions: [], isBatchable: isBatchable(name)};
}

/** Whether a model takes batch jobs of requests that generate content; Vertex AI does not say. */
export function isBatchable(name: string): boolean {
  return name.startsWith('models/gemini-') && !isEmbeddingModel(name);
}

/** Reads an object, https://cloud.google.com/storage/docs/json_api/v1/objects#resource. */
export function toObject(object: JsonObject, call: string): StorageObject {
  const name = textOf(object['name']);
  if (name === undefined || name === '') throw malformedReplyError(call, 'it names no object');
  return {
    name,
    generation: digitsOf(object['generation']),
    metageneration: digitsOf(object['metageneration']),
    sizeBytes: integerOf(object['size']),
    crc32c: textOf(object['crc32c']),
    md5: textOf(object['md5Hash']),
    createTime: textOf(object['timeCreated']),
    updateTime: textOf(object['updated']),
    notes: objectOf(object['metadata']) ?? {},
  };
}

/** A job may fail in parts only; the first of them says why. */
function errorOf(job: JsonObject): BatchJob['error'] {
  const {partialFailures} = job;
  const [part]: readonly unknown[] = Array.isArray(partialFailures) ? partialFailures : [];
  return toJobError(objectOf(job['error']) ?? objectOf(part));
}

/** Counts that are zero are left out; one that is not known is -1, and then nothing is said. */
function statsOf(stats: JsonObject | undefined): BatchStats | undefined {
  if (stats === undefined) return undefined;
  const counts = ['successfulCount', 'failedCount', 'incompleteCount'].map((name) =>
    integerOf(stats[name] ?? 0),
  );
  const [successful = -1, failed = -1, incomplete = -1] = counts;
  if (counts.some((count) => count === undefined || count < 0)) return undefined;
  return {
    request_count: successful + failed + incomplete,
    pending_request_count: incomplete,
    successful_request_count: successful,
    failed_request_count: failed,
  };
}

function digitsOf(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && /^\d+$/u.test(text) ? text : undefined;
}
