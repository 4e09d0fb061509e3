import type {Call, Route} from '../../http/call.js';
import {operationOf, type NewJob} from '../../jobs/job.js';
import {field, isObject, objectAt, textOf, spellings, unknownFieldOf, type Json} from '../../http/json.js';
import {openTokens, recordPaid, tokensOf} from './record-paid.js';
import type {JobKind} from '../../jobs/checks/request-check.js';
import {contentOf} from '../../files/content.js';
import {refusalOfFile, unknownNameOf} from '../../jobs/checks/schema-check.js';
import {
  quotaExceeded,
  ServiceError,
  unknownField,
  unknownFile,
  unknownModel,
} from '../../http/service-error.js';

const METHODS = {generate: 'batchGenerateContent', embed: 'asyncBatchEmbedContent'} as const;

/** Fields that may be given, https://ai.google.dev/api/batch-api#GenerateContentBatch. */
const FIELDS = {
  body: spellings(['batch']),
  batch: spellings(['name', 'model', 'displayName', 'inputConfig', 'priority', 'webhookConfig']),
  inputConfig: spellings(['fileName', 'requests']),
};

/** Spending is limited over a rolling window, https://ai.google.dev/gemini-api/docs/rate-limits (August 2026). */
const SPEND_WINDOW_MS = 600_000;

/** `POST /{v}/models/{id}:batchGenerateContent` */
export const createGenerateContent: Route = (call) => create(call, 'generate');

/** `POST /{v}/models/{id}:asyncBatchEmbedContent` */
export const createEmbeddings: Route = (call) => create(call, 'embed');

async function create(call: Call, kind: JobKind): ReturnType<Route> {
  const {service, id, version} = call;
  const batch = batchOf(await call.json());
  const model = service.behaviour.models.find((known) => known.id === id);
  if (model?.batch !== kind) throw unknownModel(id, {version, method: METHODS[kind]});
  checkModel(batch, id);
  const servedBy = model.served_by === undefined ? {} : {servedBy: model.served_by};
  const parts = {...inputOf(call, batch), ...labelsOf(batch), ...servedBy, model: `models/${id}`, kind};
  await checkRequests(call, parts);
  checkQuota(call, parts);
  const job = service.jobs.add(parts);
  recordPaid(call, job);
  return {json: operationOf(job, service.clock.now())};
}

function batchOf(body: Json): Json {
  const outer = unknownFieldOf(body, FIELDS.body);
  if (outer !== undefined) throw unknownField(outer);
  const batch = objectAt(body, 'batch') ?? {};
  const inner = unknownFieldOf(batch, FIELDS.batch);
  if (inner !== undefined) throw unknownField(inner, 'batch');
  const input = unknownFieldOf(objectAt(batch, 'inputConfig') ?? {}, FIELDS.inputConfig);
  if (input !== undefined) throw unknownField(input, 'batch.input_config');
  return batch;
}

/** The address names the model; what the batch says besides has to be the same. */
function checkModel(batch: Json, id: string): void {
  const named = textOf(field(batch, 'model')).replace(/^models\//u, '');
  if (named !== '' && named !== id) {
    throw new ServiceError(400, `* BatchGenerateContentRequest.batch.model: must be models/${id}.\n`);
  }
}

/** The service reads all requests before it takes a job. */
async function checkRequests({service}: Call, {inputFile, inlineRequests, kind}: NewJob): Promise<void> {
  const file = service.files.get(inputFile ?? '');
  const refusal = file === undefined ? undefined : await refusalOfFile(contentOf(file), kind);
  if (refusal !== undefined) throw new ServiceError(400, refusal);
  for (const [index, inline] of (inlineRequests ?? []).entries()) {
    const unknown =
      isObject(inline) && inline['request'] !== undefined
        ? unknownNameOf(inline['request'], kind)
        : undefined;
    if (unknown === undefined) continue;
    const at = `batch.input_config.requests.requests[${index}].request`;
    throw unknownField(unknown.name, unknown.at === '' ? at : `${at}.${unknown.at}`);
  }
}

function labelsOf(batch: Json): Pick<NewJob, 'displayName' | 'webhookConfig' | 'priority'> {
  const priority = field(batch, 'priority');
  return {
    displayName: textOf(field(batch, 'displayName')),
    webhookConfig: field(batch, 'webhookConfig'),
    priority: typeof priority === 'number' ? String(priority) : textOf(priority) || undefined,
  };
}

type Input = Pick<NewJob, 'inputFile' | 'inlineRequests' | 'requestCount' | 'sizeBytes'>;

function inputOf({service}: Call, batch: Json): Input {
  const config = objectAt(batch, 'inputConfig') ?? {};
  const fileName = textOf(field(config, 'fileName'));
  if (fileName === '') return inlineInput(config);
  const file = service.files.get(fileName);
  if (file === undefined) throw unknownFile(fileName.replace(/^files\//u, ''));
  const {lineCount, sizeBytes} = file;
  return {inputFile: fileName, inlineRequests: undefined, requestCount: lineCount, sizeBytes};
}

function inlineInput(config: Json): Input {
  const inlineRequests = objectAt(config, 'requests')?.['requests'];
  if (!Array.isArray(inlineRequests) || inlineRequests.length === 0 || !inlineRequests.every(isObject))
    throw new ServiceError(400, '* BatchGenerateContentRequest.batch.input_config: required.\n');
  return {
    inputFile: undefined,
    inlineRequests,
    requestCount: inlineRequests.length,
    sizeBytes: Buffer.byteLength(JSON.stringify(inlineRequests)),
  };
}

/**
 * Refuses a create for lack of quota. The service tells none of the reasons apart: the answer is one and the same for open
 * jobs, enqueued tokens and spending (captured in langchain4j, pull request 3942).
 */
function checkQuota({service}: Call, {model, sizeBytes}: NewJob): void {
  const {
    max_concurrent_jobs: maxJobs,
    max_enqueued_tokens: maxTokens,
    max_spend_usd: maxSpend,
    usd_per_million_tokens: rate,
  } = service.behaviour;
  const tokens = tokensOf({sizeBytes});
  const spent = service.callLog.tokensPaidSince(service.clock.now() - SPEND_WINDOW_MS);
  if (service.jobs.enqueued().length >= maxJobs) throw quotaExceeded();
  if (openTokens(service.jobs, model) + tokens > maxTokens) throw quotaExceeded();
  if (((spent + tokens) / 1_000_000) * rate > maxSpend) throw quotaExceeded();
}
