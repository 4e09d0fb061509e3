import type {Route} from '../../http/call.js';
import {modelResource} from '../../jobs/models.js';
import {unknownModel} from '../../http/service-error.js';

/** `GET /{v}/models/{id}` */
export const modelsGet: Route = async ({service, id, version}) => {
  const model = service.behaviour.models.find((known) => known.id === id);
  if (model === undefined) throw unknownModel(id, {version, method: 'generateContent'});
  return {json: modelResource(model)};
};
