import type {Route} from '../../http/call.js';
import {ServiceError} from '../../http/service-error.js';
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

function modelResource({id}: EmulatedModel): unknown {
  return {name: `publishers/google/models/${id}`, versionId: 'default', launchStage: 'GA'};
}
