import type {Route} from '../../http/call.js';
import {modelResource, type EmulatedModel} from '../../jobs/models.js';
import {pageReply} from '../../http/page.js';

/** `GET /{v}/models`; page sizes as in https://ai.google.dev/api/models#method:-models.list */
export const modelsList: Route = async ({service: {behaviour}, url}) => ({
  json: pageReply(url, {
    name: 'models',
    items: behaviour.models,
    positionOf: (model: EmulatedModel) => -behaviour.models.indexOf(model),
    resourceOf: modelResource,
    defaultSize: 50,
    maxSize: 1_000,
  }),
});
