import type {Call, Route} from '../../http/call.js';
import {field, isObject, objectAt, spellings, textOf, unknownFieldOf, type Json} from '../../http/json.js';
import {ServiceError, unknownField} from '../../http/service-error.js';
import type {NewJob} from '../../jobs/job.js';
import {recordPaid} from '../batches/record-paid.js';
import {vertexJobResource} from './job-resource.js';
import {parentOf} from './project.js';

/** Fields that may be given, https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.batchPredictionJobs. */
const FIELDS = {
  body: spellings([
    'displayName',
    'model',
    'inputConfig',
    'outputConfig',
    'labels',
    'instanceConfig',
    'name',
  ]),
  inputConfig: spellings(['instancesFormat', 'gcsSource']),
  outputConfig: spellings(['predictionsFormat', 'gcsDestination']),
};

/** Of one job, https://cloud.google.com/vertex-ai/generative-ai/docs/quotas#batch-request-quotas (as read in October 2026). */
const MAX_REQUESTS = 200_000;
const MAX_INPUT_BYTES = 1_000_000_000;
const MAX_DISPLAY_NAME_LENGTH = 128;
const LABEL = /^[\p{Ll}\p{Lo}\d_-]{0,64}$/u;

/** `POST /{v}/projects/{p}/locations/{l}/batchPredictionJobs` */
export const vertexJobsCreate: Route = async (call) => {
  const {service} = call;
  const body = await call.json();
  checkFields(body);
  const parent = parentOf(call.id, call);
  const parts: NewJob = {
    displayName: displayNameOf(body),
    model: `models/${modelOf(call, body, parent)}`,
    kind: 'generate',
    ...inputOf(call, body),
    inlineRequests: undefined,
    webhookConfig: undefined,
    priority: undefined,
    vertex: {parent, labels: labelsOf(body), outputPrefix: outputPrefixOf(body)},
  };
  const job = service.jobs.add(parts);
  recordPaid(call, job);
  return {json: vertexJobResource(job, service.clock.now())};
};

function checkFields(body: Json): void {
  for (const [name, known] of Object.entries(FIELDS)) {
    const unknown = unknownFieldOf(name === 'body' ? body : (objectAt(body, name) ?? {}), known);
    if (unknown !== undefined) throw unknownField(unknown, name === 'body' ? undefined : name);
  }
}

function displayNameOf(body: Json): string {
  const name = textOf(field(body, 'displayName'));
  if (name === '' || name.length > MAX_DISPLAY_NAME_LENGTH)
    throw new ServiceError(
      400,
      'List of found errors: 1.Field: batch_prediction_job.display_name; Message: Required, at most 128 characters.',
    );
  return name;
}

/**
 * A bare id has been answered with 404, a model that Vertex AI does not have with 400, and newer models are at `global` only.
 *
 * @throws ServiceError 400, 404
 */
function modelOf({service}: Call, body: Json, parent: string): string {
  const name = textOf(body['model']);
  const id = /^(?:projects\/[^/]+\/locations\/[^/]+\/)?publishers\/google\/models\/(?<id>[^/]+)$/u.exec(name)
    ?.groups?.['id'];
  if (id === undefined) throw new ServiceError(404, `The Model does not exist: ${name}`);
  const model = service.behaviour.models.find((known) => known.id === id);
  if (model?.batch !== 'generate') throw new ServiceError(400, `Do not support publisher model ${id}`);
  const isGlobal = parent.endsWith('/locations/global');
  if (!isGlobal && /^gemini-(?:[3-9]|\d\d)/u.test(id))
    throw new ServiceError(
      404,
      `Publisher Model \`${parent}/${name}\` was not found or your project does not have access to it.`,
    );
  return id;
}

function inputOf({service}: Call, body: Json): Pick<NewJob, 'inputFile' | 'requestCount' | 'sizeBytes'> {
  const config = objectAt(body, 'inputConfig') ?? {};
  const uris = objectAt(config, 'gcsSource')?.['uris'];
  const list: readonly unknown[] = Array.isArray(uris) ? uris : [uris];
  const [uri] = list;
  if (
    field(config, 'instancesFormat') !== 'jsonl' ||
    list.length !== 1 ||
    typeof uri !== 'string' ||
    !uri.startsWith('gs://')
  )
    throw new ServiceError(
      400,
      'List of found errors: 1.Field: batch_prediction_job.input_config; Message: One JSONL file in Cloud Storage is required.',
    );
  const file = service.files.get(uri);
  const {lineCount = 0, sizeBytes = 0} = file ?? {};
  if (lineCount > MAX_REQUESTS || sizeBytes > MAX_INPUT_BYTES)
    throw new ServiceError(
      400,
      `The input of a batch job has at most ${MAX_REQUESTS} requests and ${MAX_INPUT_BYTES} bytes.`,
    );
  return {inputFile: uri, requestCount: lineCount, sizeBytes};
}

function outputPrefixOf(body: Json): string {
  const config = objectAt(body, 'outputConfig') ?? {};
  const prefix = textOf(field(objectAt(config, 'gcsDestination') ?? {}, 'outputUriPrefix'));
  if (field(config, 'predictionsFormat') !== 'jsonl' || !prefix.startsWith('gs://'))
    throw new ServiceError(
      400,
      'List of found errors: 1.Field: batch_prediction_job.output_config; Message: Required.',
    );
  return prefix;
}

function labelsOf(body: Json): Readonly<Record<string, string>> {
  const labels = isObject(body['labels']) ? body['labels'] : {};
  for (const [key, value] of Object.entries(labels)) {
    if (typeof value !== 'string' || !LABEL.test(value) || !LABEL.test(key))
      throw new ServiceError(
        400,
        `List of found errors: 1.Field: batch_prediction_job.labels; Message: Invalid label ${key}.`,
      );
  }
  return labels as Record<string, string>;
}
