import type {GoogleGenAI} from '@google/genai/web';
import type {JsonObject} from '../../domain/json/json-object.js';
import {isEmbeddingModel} from '../../domain/service/model-choice.js';
import type {SdkCall, SdkConfig} from './sdk-calls.js';

/** Of the SDK's call, without the contents that its type asks for: the service ignores them beside a whole request. */
interface TokenCounter {
  countTokens(parameters: {model: string; config: SdkConfig}): Promise<unknown>;
}

/**
 * The call that counts a request's tokens. The SDK takes no system instruction and no tools here and drops names in
 * snake_case, so that the request goes beside what the SDK makes: https://ai.google.dev/api/tokens#request-body.
 */
export function tokenCount(model: string, request: JsonObject): SdkCall {
  const extraBody = isEmbeddingModel(model)
    ? {contents: [request['content']]}
    : {generateContentRequest: {...request, model}};
  return {
    name: 'countTokens',
    subject: 'count',
    make: (ai: GoogleGenAI, {httpOptions}: SdkConfig) =>
      (ai.models as unknown as TokenCounter).countTokens({
        model,
        config: {httpOptions: {...httpOptions, extraBody}},
      }),
  };
}
