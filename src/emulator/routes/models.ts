import type {Route} from '../call.js';
import {modelResource} from '../models.js';
import {pageOf} from '../page.js';
import {unknownModel} from '../service-error.js';

/** `GET /{v}/models/{id}` */
export const modelsGet: Route = async ({world, id}) => {
  const model = world.behaviour.models.find((known) => known.id === id);
  if (model === undefined) throw unknownModel(`models/${id}`);
  return {json: modelResource(model)};
};

/** `GET /{v}/models` */
export const modelsList: Route = async ({world, url}) => ({
  json: pageOf(
    url,
    {name: 'models', items: world.behaviour.models, idOf: ({id}) => id, maxSize: 1_000},
    modelResource,
  ),
});
