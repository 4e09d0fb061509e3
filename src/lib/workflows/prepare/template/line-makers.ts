import {GembatchError} from '../../../domain/errors.js';
import {stringifyExact} from '../../../domain/json/exact-json.js';
import {fieldOf, isObject, type JsonObject} from '../../../domain/json/json-object.js';
import {ConversionFault} from '../../../domain/prepare/openai/conversion-fault.js';
import {configFaults} from '../../../domain/prepare/model-rules.js';
import {fromOpenAi} from '../../../domain/prepare/openai/openai-request.js';
import {judgeLine} from '../../../domain/request/request-line.js';
import {answerSchema} from './generation-config.js';
import {keyInColumn} from './key-maker.js';
import type {MadeRequest, MakeRequest} from './made-request.js';

/** What is the same for all lines. */
export interface LineOptions {
  readonly keyColumn: string | undefined;
  /** Goes into each `generationConfig`. */
  readonly config: JsonObject | undefined;
  readonly model: string | undefined;
}

/** Makes requests of lines in OpenAI's batch format. Their key is the `custom_id`, unless a column is named. */
export function createOpenAiMaker(options: LineOptions): MakeRequest {
  return (source, {at, values}) => {
    const place = source.placeOf(at);
    try {
      const {key, request, schema} = fromOpenAi(values);
      const field =
        schema === undefined ? {} : answerSchema(plainNumbers(schema), `${place}, "json_schema"`).field;
      const own = isObject(request['generationConfig']) ? request['generationConfig'] : {};
      const config = {...own, ...field};
      const whole = Object.keys(config).length === 0 ? request : {...request, generationConfig: config};
      const ownKey =
        options.keyColumn === undefined ? key : keyInColumn(options.keyColumn, values, () => place);
      return judged({key: ownKey, request: withConfig(whole, options, place)}, options, place);
    } catch (error) {
      if (!(error instanceof ConversionFault)) throw error;
      throw new GembatchError('FILE_INVALID', `${place}: ${error.message}. Nothing was written.`, {
        cause: error,
        suggestions: [
          'Take it out of the line, or leave the line out; what the model is to do goes into --config FILE.',
        ],
      });
    }
  };
}

/** Makes requests of bare GenerateContentRequest lines. A column that holds the key is taken out of the request. */
export function createRequestMaker(options: LineOptions): MakeRequest {
  return (source, {at, values}) => {
    const place = source.placeOf(at);
    const {keyColumn} = options;
    const {[keyColumn ?? '']: _, ...request} = values;
    const key = keyColumn === undefined ? undefined : keyInColumn(keyColumn, values, () => place);
    return judged({key, request: withConfig(request, options, place)}, options, place);
  };
}

/** @throws GembatchError FILE_INVALID when the line says something else than `--config` or `--schema`. */
function withConfig(request: JsonObject, {config}: LineOptions, place: string): JsonObject {
  if (config === undefined) return request;
  const name = 'generation_config' in request ? 'generation_config' : 'generationConfig';
  const own = isObject(request[name]) ? request[name] : {};
  const twice = Object.keys(config).find(
    (field) => field in own && JSON.stringify(own[field]) !== JSON.stringify(config[field]),
  );
  if (twice === undefined) return {...request, [name]: {...own, ...config}};
  throw new GembatchError(
    'FILE_INVALID',
    `${place}: the request has a "${twice}" of its own. Nothing was written.`,
    {
      suggestions: ['Take it out of the line, or out of what --config and --schema say.'],
    },
  );
}

function judged(
  {key, request}: {readonly key: string | undefined; readonly request: JsonObject},
  {model}: LineOptions,
  place: string,
): MadeRequest {
  const json = stringifyExact(request);
  const plain: unknown = JSON.parse(json);
  const problem = [...judgeLine({key: key ?? 'k', request: plain})].find(
    ({severity}) => severity === 'problem',
  );
  const config = fieldOf(plain, 'generationConfig') ?? fieldOf(plain, 'generation_config');
  const fault =
    problem?.text ?? (model !== undefined && isObject(config) ? configFaults(config, model)[0] : undefined);
  if (fault === undefined) return {key, json};
  throw new GembatchError('FILE_INVALID', `${place}: ${fault}. Nothing was written.`, {
    suggestions: ['Correct the line and run the same command again.'],
  });
}

/** Bounds of a schema are compared as numbers; how they were written says nothing. */
function plainNumbers(schema: JsonObject): JsonObject {
  return JSON.parse(stringifyExact(schema)) as JsonObject;
}
