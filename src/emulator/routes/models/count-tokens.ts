import type {Route} from '../../http/call.js';
import {field, isObject, objectAt, spellings, textOf, unknownFieldOf, type Json} from '../../http/json.js';
import {ServiceError, unknownField, unknownModel} from '../../http/service-error.js';
import {faultOfRequest} from '../../jobs/checks/request-check.js';
import {unknownNameOf} from '../../jobs/checks/schema-check.js';
import {promptTokensOf} from '../../jobs/rows/usage-of.js';

/** https://ai.google.dev/api/tokens#request-body */
const FIELDS = spellings(['contents', 'generateContentRequest', 'model']);

/**
 * `POST /{v}/models/{id}:countTokens`. Contents and a whole request exclude each other, and the request names its model:
 * https://ai.google.dev/api/tokens#method:-models.counttokens. Its system instruction is counted, too.
 */
export const modelsCountTokens: Route = async ({service, id, version, json}) => {
  const model = service.behaviour.models.find((known) => known.id === id);
  if (model === undefined || model.batch === 'none') throw unknownModel(id, {version, method: 'countTokens'});
  const body = await json();
  const unknown = unknownFieldOf(body, FIELDS);
  if (unknown !== undefined) throw unknownField(unknown);
  const totalTokens = promptTokensOf(requestOf(body, id));
  return {json: {totalTokens, promptTokensDetails: [{modality: 'TEXT', tokenCount: totalTokens}]}};
};

function requestOf(body: Json, id: string): Json {
  const whole = objectAt(body, 'generateContentRequest');
  const contents = field(body, 'contents');
  if (whole !== undefined && contents !== undefined)
    throw new ServiceError(
      400,
      '* CountTokensRequest: contents and generate_content_request exclude each other.\n',
    );
  const request = whole ?? {contents};
  const unknown = unknownNameOf(request, 'generate');
  if (unknown !== undefined) throw unknownField(unknown.name, 'generate_content_request');
  const fault = faultOfRequest(isObject(request) ? request : undefined, 'generate');
  if (fault !== undefined) throw new ServiceError(400, fault);
  if (whole !== undefined && textOf(whole['model']).replace(/^models\//u, '') !== id)
    throw new ServiceError(
      400,
      `* CountTokensRequest.generate_content_request.model: must be models/${id}.\n`,
    );
  return request;
}
