/**
 * A line of OpenAI's batch format (https://platform.openai.com/docs/api-reference/batch) as a request. What has no counterpart is
 * refused, not dropped; only what cannot change an answer is left out.
 */
import {isObject, isText, type JsonObject} from '../../json/json-object.js';
import {ConversionFault} from './conversion-fault.js';
import {contentsOf} from './openai-messages.js';
import {openAiTools} from './openai-tools.js';

const CHAT = '/v1/chat/completions';

/** Says for whom and for what a request is, but not how it is answered. The model is that of the batch job. */
const WITHOUT_EFFECT = new Set([
  'model',
  'messages',
  'user',
  'metadata',
  'store',
  'service_tier',
  'safety_identifier',
  'prompt_cache_key',
  'stream_options',
]);

/** Fields of `generationConfig` that differ in name only. */
const RENAMED: Readonly<Record<string, string>> = {
  temperature: 'temperature',
  top_p: 'topP',
  seed: 'seed',
  presence_penalty: 'presencePenalty',
  frequency_penalty: 'frequencyPenalty',
  n: 'candidateCount',
  max_tokens: 'maxOutputTokens',
  max_completion_tokens: 'maxOutputTokens',
  logprobs: 'responseLogprobs',
  top_logprobs: 'logprobs',
};

/** What OpenAI takes when a field is not there; it can be left out whatever it is called here. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  stream: false,
  parallel_tool_calls: true,
  frequency_penalty: 0,
  presence_penalty: 0,
  n: 1,
  logprobs: false,
};

export interface ConvertedRequest {
  readonly key: string;
  readonly request: JsonObject;
  /** A JSON Schema for the answer. */
  readonly schema: JsonObject | undefined;
}

/** @throws ConversionFault that says what has no counterpart. */
export function fromOpenAi(line: JsonObject): ConvertedRequest {
  const {custom_id: key, body, url} = line;
  if (!isText(key)) throw new ConversionFault('has no "custom_id"');
  if (url !== undefined && url !== CHAT) {
    throw new ConversionFault(`asks for ${JSON.stringify(url)}; only ${CHAT} can be converted`);
  }
  if (!isObject(body) || !Array.isArray(body['messages']))
    throw new ConversionFault('has no "messages" in its "body"');
  const {contents, systemInstruction} = contentsOf(body['messages']);
  const {format, schema} = answerFormat(body['response_format']);
  const config = {...plainConfig(body), ...format};
  return {
    key,
    schema,
    request: {
      contents,
      ...(systemInstruction === undefined ? {} : {systemInstruction}),
      ...openAiTools(body),
      ...(Object.keys(config).length > 0 ? {generationConfig: config} : {}),
    },
  };
}

function plainConfig(body: JsonObject): JsonObject {
  const config: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(body)) {
    const isSilent =
      value === null || WITHOUT_EFFECT.has(name) || (name in DEFAULTS && DEFAULTS[name] === value);
    if (isSilent || name === 'tools' || name === 'tool_choice' || name === 'response_format') continue;
    const renamed = RENAMED[name];
    if (renamed !== undefined) config[renamed] = value;
    else if (name === 'stop') config['stopSequences'] = Array.isArray(value) ? value : [value];
    else throw new ConversionFault(`has "${name}", for which Gemini has no counterpart`);
  }
  return config;
}

function answerFormat(format: unknown): {
  readonly format: JsonObject;
  readonly schema: JsonObject | undefined;
} {
  if (format === undefined || format === null) return {format: {}, schema: undefined};
  if (!isObject(format)) throw new ConversionFault('has a "response_format" that is no object');
  const json = {responseMimeType: 'application/json'};
  if (format['type'] === 'text') return {format: {}, schema: undefined};
  if (format['type'] === 'json_object') return {format: json, schema: undefined};
  const wrapper = format['json_schema'];
  const schema = isObject(wrapper) ? wrapper['schema'] : undefined;
  if (format['type'] === 'json_schema' && isObject(schema)) return {format: json, schema};
  throw new ConversionFault(
    `has the "response_format" ${JSON.stringify(format['type'])}, which cannot be converted`,
  );
}
