import {field, isObject, objectAt, type Json} from '../../http/json.js';

export type JobKind = 'generate' | 'embed';

/** Why the service would refuse a request; undefined when it would take it. */
export function faultOfRequest(request: Json | undefined, kind: JobKind): string | undefined {
  if (request === undefined) return 'Request contains an invalid argument.';
  if (kind === 'embed') return faultOfEmbedding(request);
  const contents = contentsOf(request);
  if (contents.length === 0 || !contents.every(hasParts))
    return '* GenerateContentRequest.contents: contents is not specified\n';
  if (hasCacheAndMore(request)) return CACHE_AND_MORE;
  const instruction = field(request, 'systemInstruction');
  return instruction === undefined || hasParts(instruction)
    ? undefined
    : "Invalid value at 'request.system_instruction'";
}

/** The words of the service, https://github.com/langchain-ai/langchain-google/issues/978. */
const CACHE_AND_MORE = `CachedContent can not be used with GenerateContent request setting system_instruction, tools or tool_config.

Proposed fix: move those values to CachedContent from GenerateContent request.`;

/** That a job is refused for it is not known, so that its row has the error. */
function hasCacheAndMore(request: Json): boolean {
  const isSet = (value: unknown): boolean =>
    Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null && value !== '';
  const others = ['systemInstruction', 'tools', 'toolConfig'];
  return isSet(field(request, 'cachedContent')) && others.some((name) => isSet(field(request, name)));
}

/** The length that a vector has at most, https://ai.google.dev/gemini-api/docs/embeddings. */
export const MAX_DIMENSIONS = 3_072;

function faultOfEmbedding(request: Json): string | undefined {
  if (!hasParts(request['content'])) return '* EmbedContentRequest.content: contents is not specified\n';
  const length = field(request, 'outputDimensionality') ?? MAX_DIMENSIONS;
  const isPossible = typeof length === 'number' && length >= 1 && length <= MAX_DIMENSIONS;
  return isPossible
    ? undefined
    : `* EmbedContentRequest.output_dimensionality: must be from 1 to ${MAX_DIMENSIONS}\n`;
}

/** The text of all parts of a request, in a line. */
export function promptOf(request: Json): string {
  return textOfAll([...contentsOf(request), request['content']]);
}

/** The text of a request's system instruction, in a line. */
export function instructionOf(request: Json): string {
  return textOfAll([field(request, 'systemInstruction')]);
}

function textOfAll(contents: readonly unknown[]): string {
  return contents
    .filter(isObject)
    .flatMap(partsOf)
    .filter(isObject)
    .map(({text}) => (typeof text === 'string' ? text : ''))
    .join(' ')
    .trim();
}

/** Settings of the generation. */
export function configOf(request: Json): Json {
  return objectAt(request, 'generationConfig') ?? {};
}

function contentsOf({contents}: Json): readonly unknown[] {
  if (Array.isArray(contents)) return contents;
  return contents === undefined ? [] : [contents];
}

/** A single part stands for a list of one, as in protobuf's JSON. */
export function partsOf({parts}: Json): readonly unknown[] {
  if (Array.isArray(parts)) return parts;
  return parts === undefined ? [] : [parts];
}

function hasParts(content: unknown): boolean {
  return isObject(content) && partsOf(content).length > 0 && partsOf(content).every(isObject);
}
