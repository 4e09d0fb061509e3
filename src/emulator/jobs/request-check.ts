import {field, isObject, objectAt, spellings, unknownFieldOf, type Json} from '../http/json.js';
import {unknownField} from '../http/service-error.js';

/** What a job does with its requests. */
export type JobKind = 'generate' | 'embed';

/** Fields of a request, https://ai.google.dev/api/generate-content#request-body and /embeddings#request-body. */
const FIELDS: Readonly<Record<JobKind, ReadonlySet<string>>> = {
  generate: spellings([
    'model',
    'contents',
    'systemInstruction',
    'tools',
    'toolConfig',
    'safetySettings',
    'generationConfig',
    'cachedContent',
    'serviceTier',
    'store',
    'labels',
  ]),
  embed: spellings(['model', 'content', 'taskType', 'title', 'outputDimensionality', 'embedContentConfig']),
};

/** Why the service would refuse a request; undefined when it would take it. */
export function faultOfRequest(request: Json | undefined, kind: JobKind): string | undefined {
  if (request === undefined) return 'Request contains an invalid argument.';
  const unknown = unknownFieldOf(request, FIELDS[kind]);
  if (unknown !== undefined) return unknownField(unknown, 'request').message;
  if (kind === 'embed')
    return hasParts(request['content'])
      ? undefined
      : '* EmbedContentRequest.content: contents is not specified\n';
  const contents = contentsOf(request);
  if (contents.length === 0 || !contents.every(hasParts))
    return '* GenerateContentRequest.contents: contents is not specified\n';
  const instruction = field(request, 'systemInstruction');
  return instruction === undefined || hasParts(instruction)
    ? undefined
    : "Invalid value at 'request.system_instruction'";
}

/** The text of all parts of a request, in a line. */
export function promptOf(request: Json): string {
  return [...contentsOf(request), request['content']]
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
function partsOf({parts}: Json): readonly unknown[] {
  if (Array.isArray(parts)) return parts;
  return parts === undefined ? [] : [parts];
}

function hasParts(content: unknown): boolean {
  return isObject(content) && partsOf(content).length > 0 && partsOf(content).every(isObject);
}
