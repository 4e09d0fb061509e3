import {field, isObject, textOf, type Call, type Route} from '../call.js';
import {timestamp} from '../clock.js';
import {operationOf, type Job} from '../job.js';
import {quotaExceeded, ServiceError, unknownField, unknownFile, unknownModel} from '../service-error.js';
import type {NewJob} from '../world.js';

const BATCH_FIELDS: ReadonlySet<string> = new Set([
  'name',
  'model',
  'displayName',
  'display_name',
  'inputConfig',
  'input_config',
  'priority',
  'webhookConfig',
  'webhook_config',
]);

/** `POST /{v}/models/{id}:batchGenerateContent` */
export const batchesCreate: Route = (call) => create(call, 'generate');

/** `POST /{v}/models/{id}:asyncBatchEmbedContent` */
export const batchesCreateEmbeddings: Route = (call) => create(call, 'embed');

async function create(call: Call, kind: Job['kind']): ReturnType<Route> {
  const {world, id} = call;
  const batch = field(await call.json(), 'batch');
  const model = world.behaviour.models.find((known) => known.id === id);
  if (model?.batch !== kind) throw unknownModel(`models/${id}`);
  const parts = jobParts(call, isObject(batch) ? batch : {}, kind);
  checkQuota(call, parts);

  const job = world.addJob(parts);
  world.ledger.paid.push({
    name: job.name,
    display_name: job.displayName,
    model: job.model,
    input_file_name: job.inputFile ?? null,
    request_count: job.requestCount,
    sha256: job.inputFile === undefined ? null : (world.file(job.inputFile)?.sha256 ?? null),
    create_time: timestamp(job.createdMs),
  });
  return {json: operationOf(job, world.clock.now(), world.behaviour)};
}

function jobParts({world, id}: Call, batch: Record<string, unknown>, kind: Job['kind']): NewJob {
  const unknown = Object.keys(batch).find((name) => !BATCH_FIELDS.has(name));
  if (unknown !== undefined) throw unknownField(`batch.${unknown}`);
  const input = field(batch, 'inputConfig');
  const config = isObject(input) ? input : {};
  const shared = {
    displayName: textOf(field(batch, 'displayName')),
    model: `models/${id}`,
    kind,
    webhookConfig: field(batch, 'webhookConfig'),
  };
  const fileName = textOf(field(config, 'fileName'));
  if (fileName !== '') {
    const file = world.file(fileName);
    if (file === undefined) throw unknownFile(fileName.replace(/^files\//u, ''));
    return {
      ...shared,
      inputFile: fileName,
      inlineRequests: undefined,
      requestCount: file.lineCount,
      sizeBytes: file.sizeBytes,
    };
  }
  const requests = config['requests'];
  const inlineRequests: unknown = isObject(requests) ? requests['requests'] : undefined;
  if (!Array.isArray(inlineRequests))
    throw new ServiceError(400, '* BatchGenerateContentRequest.batch.input_config: required.\n');
  return {...shared, inputFile: undefined, inlineRequests, requestCount: inlineRequests.length, sizeBytes: 0};
}

/** Four bytes of a request file count as one token. */
function checkQuota({world}: Call, {model, sizeBytes}: NewJob): void {
  const {max_concurrent_jobs: maxJobs, max_enqueued_tokens: maxTokens} = world.behaviour;
  const active = world.activeJobs;
  if (active.length >= maxJobs) throw quotaExceeded();
  const enqueuedBytes = active
    .filter((job) => job.model === model)
    .reduce((sum, job) => sum + job.sizeBytes, 0);
  if ((enqueuedBytes + sizeBytes) / 4 > maxTokens) throw quotaExceeded();
}
