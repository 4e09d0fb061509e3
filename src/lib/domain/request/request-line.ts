/** The rules for one line of a request file that is JSON. Whether its key is unique is for whoever sees all lines. */
import {isObject, type JsonObject} from '../json/json-object.js';
import {contentFindings, contentsFindings} from './request-content.js';
import {GENERATION_CONFIG_FIELDS, REQUEST_FIELDS, type RequestFields} from './request-fields.js';
import {kindOf, problem, quoted, warning, type JsonPath, type RequestFinding} from './request-finding.js';
import {foreignLine, generationConfigRemedy, keyAlias, LINE_FORM, requestRemedy} from './request-mistakes.js';

/** How the value of a field has to be; fields that are not named here are left to the service. */
const FIELD_KINDS: Readonly<Record<string, ReturnType<typeof kindOf>>> = {
  generationConfig: 'an object',
  toolConfig: 'an object',
  labels: 'an object',
  tools: 'a list',
  safetySettings: 'a list',
  cachedContent: 'text',
  model: 'text',
  responseSchema: 'an object',
  thinkingConfig: 'an object',
  speechConfig: 'an object',
  imageConfig: 'an object',
};

/**
 * Says what is wrong or questionable in a line, in its order. What follows a problem may be no more than its
 * consequence.
 */
export function* judgeLine(line: unknown): Generator<RequestFinding> {
  if (!isObject(line)) {
    yield problem([], `is ${kindOf(line)}, not an object; write ${LINE_FORM}`);
    return;
  }
  yield* foreignFindings(line);
  yield* keyFindings(line);
  yield* outsideFindings(line);
  yield* requestFindings(line['request']);
}

function* foreignFindings(line: JsonObject): Generator<RequestFinding> {
  if (line['request'] !== undefined) return;
  const what = foreignLine(line);
  if (what !== undefined) yield problem([], `is ${what}; write ${LINE_FORM}`);
}

function* keyFindings(line: JsonObject): Generator<RequestFinding> {
  const {key} = line;
  if (key === '') yield problem(['key'], 'the key is empty; each request needs one of its own');
  if (typeof key === 'string') return;
  if (key !== undefined) {
    yield problem(['key'], `the key is ${kindOf(key)}; write text in quotes`);
    return;
  }
  const alias = keyAlias(line);
  if (alias !== undefined) yield problem([alias], `has ${quoted(alias)} in place of "key"`);
  else if (line['request'] !== undefined) {
    yield problem(
      [],
      'has no "key" beside "request", as in the format of Vertex AI; results are found by it',
    );
  } else yield problem([], `has no "key" and no "request"; write ${LINE_FORM}`);
}

function* outsideFindings(line: JsonObject): Generator<RequestFinding> {
  for (const name of Object.keys(line)) {
    if (name === 'key' || name === 'request') continue;
    const isMisplaced =
      REQUEST_FIELDS.fieldOf(name) !== undefined || GENERATION_CONFIG_FIELDS.fieldOf(name) !== undefined;
    if (isMisplaced) yield problem([name], `${quoted(name)} stands beside "request"; it belongs inside`);
    else yield warning([name], `${quoted(name)} beside "key" and "request" is not known to the service`);
  }
}

function* requestFindings(request: unknown): Generator<RequestFinding> {
  const path = ['request'];
  if (request === undefined) {
    yield problem([], `has no "request"; write ${LINE_FORM}`);
    return;
  }
  if (!isObject(request)) {
    yield problem(path, `"request" is ${kindOf(request)}, not an object`);
    return;
  }
  if (isEmbedding(request)) {
    yield problem(
      ['request', 'content'],
      'asks for an embedding ("content"); only requests that generate content ("contents") can be submitted',
    );
    return;
  }
  const fields = yield* knownFields(request, REQUEST_FIELDS, path, unknownRequestField);
  if (!fields.has('contents')) yield problem(path, '"request" has no "contents"');
  for (const [field, [name, value]] of fields) {
    const at = [...path, name];
    yield* kindFindings(field, value, at);
    if (field === 'contents') yield* contentsFindings(value, at);
    if (field === 'systemInstruction') yield* contentFindings(value, at);
    if (field === 'generationConfig') yield* generationConfigFindings(value, at);
    if (field === 'model') yield warning(at, '"model" has no effect here: the model of the job is used');
  }
}

/** An embedding has one `content` with its `parts`; see https://ai.google.dev/api/embeddings#EmbedContentRequest. */
function isEmbedding(request: JsonObject): boolean {
  const {content} = request;
  return request['contents'] === undefined && isObject(content) && content['parts'] !== undefined;
}

function unknownRequestField(name: string, path: JsonPath): RequestFinding {
  if (GENERATION_CONFIG_FIELDS.fieldOf(name) !== undefined) {
    return problem(path, `${quoted(name)} stands in "request"; it belongs into "generationConfig"`);
  }
  const remedy = requestRemedy(name) ?? 'the service refuses it';
  return problem(path, `${quoted(name)} is no field of a request; ${remedy}`);
}

function* generationConfigFindings(config: unknown, path: JsonPath): Generator<RequestFinding> {
  if (!isObject(config)) return;
  const fields = yield* knownFields(config, GENERATION_CONFIG_FIELDS, path, unknownConfigField);
  for (const [field, [name, value]] of fields) yield* kindFindings(field, value, [...path, name]);
}

function unknownConfigField(name: string, path: JsonPath): RequestFinding {
  if (REQUEST_FIELDS.fieldOf(name) !== undefined) {
    return problem(path, `${quoted(name)} stands in "generationConfig"; it belongs beside it, in "request"`);
  }
  const remedy = generationConfigRemedy(name);
  if (remedy !== undefined) {
    return problem(path, `${quoted(name)} is no field of "generationConfig"; ${remedy}`);
  }
  return warning(path, `${quoted(name)} is no known field of "generationConfig"; the service may refuse it`);
}

/** The fields of an object by their one name; reports names that are unknown, and fields in both spellings. */
function* knownFields<Name extends string>(
  object: JsonObject,
  known: RequestFields<Name>,
  path: JsonPath,
  unknown: (name: string, path: JsonPath) => RequestFinding,
): Generator<RequestFinding, ReadonlyMap<Name, readonly [string, unknown]>> {
  const fields = new Map<Name, readonly [string, unknown]>();
  for (const [name, value] of Object.entries(object)) {
    const field = known.fieldOf(name);
    if (field === undefined) {
      yield unknown(name, [...path, name]);
      continue;
    }
    if (value === null) continue; // https://protobuf.dev/programming-guides/json/: null is the same as no field.
    const twin = fields.get(field);
    if (twin === undefined) fields.set(field, [name, value]);
    else yield problem([...path, name], `${quoted(name)} is there a second time, as ${quoted(twin[0])}`);
  }
  return fields;
}

function* kindFindings(field: string, value: unknown, path: JsonPath): Generator<RequestFinding> {
  const kind = FIELD_KINDS[field];
  if (kind === undefined || kindOf(value) === kind) return;
  const text = `"${field}" is ${kindOf(value)}; it must be ${kind}`;
  // Google's JSON reader takes one object for a list of one.
  yield kind === 'a list' && isObject(value) ? warning(path, text) : problem(path, text);
}
