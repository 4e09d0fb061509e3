import type {Route} from '../../http/call.js';
import {spellings, unknownFieldOf} from '../../http/json.js';
import {ServiceError, unknownField} from '../../http/service-error.js';
import {faultOfRequest} from '../../jobs/checks/request-check.js';
import {promptTokensOf} from '../../jobs/rows/usage-of.js';
import type {EmulatedModel} from '../../jobs/models.js';
import {pageReply} from '../../http/page.js';

/** `GET /{v}/publishers/google/models/{id}` */
export const publisherModelsGet: Route = async ({service, id}) => {
  const model = service.behaviour.models.find((known) => known.id === id);
  if (model === undefined)
    throw new ServiceError(404, `Publisher Model \`publishers/google/models/${id}\` was not found.`);
  return {json: modelResource(model)};
};

/** `GET /v1beta1/publishers/google/models` */
export const publisherModelsList: Route = async ({service: {behaviour}, url}) => ({
  json: pageReply(url, {
    name: 'publisherModels',
    items: behaviour.models,
    positionOf: (model: EmulatedModel) => -behaviour.models.indexOf(model),
    resourceOf: modelResource,
    defaultSize: 100,
    maxSize: 1_000,
  }),
});

/** https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.publishers.models/countTokens */
const COUNTED = spellings([
  'contents',
  'systemInstruction',
  'tools',
  'generationConfig',
  'model',
  'instances',
]);

/** `POST /{v}/projects/{p}/locations/{l}/publishers/google/models/{id}:countTokens` */
export const publisherModelsCountTokens: Route = async ({service, id, json}) => {
  const model = service.behaviour.models.find((known) => known.id === id);
  if (model?.batch !== 'generate')
    throw new ServiceError(404, `Publisher Model \`publishers/google/models/${id}\` was not found.`);
  const request = await json();
  const unknown = unknownFieldOf(request, COUNTED);
  if (unknown !== undefined) throw unknownField(unknown);
  const fault = faultOfRequest(request, 'generate');
  if (fault !== undefined) throw new ServiceError(400, fault);
  const totalTokens = promptTokensOf(request);
  return {json: {totalTokens, promptTokensDetails: [{modality: 'TEXT', tokenCount: totalTokens}]}};
};

function modelResource({id}: EmulatedModel): unknown {
  return {name: `publishers/google/models/${id}`, versionId: 'default', launchStage: 'GA'};
}
