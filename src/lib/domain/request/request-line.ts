/** The rules for one line of a request file that is JSON. Whether its key is unique is checked where all lines are seen. */
import {isObject, type JsonObject} from '../json/json-object.js';
import {contentFindings, contentsFindings} from './request-content.js';
import {
  kindOf,
  problem,
  quoted,
  warning,
  type JsonPath,
  type RequestFinding,
} from './findings/request-finding.js';
import {foreignLine, keyAlias, LINE_FORM} from './findings/request-mistakes.js';
import {EMBEDDING, embeddingFindings, isForEmbeddings, kindFinding} from './embedding-request.js';
import {modelFindings} from './findings/model-rules.js';
import {messageType, type Field} from './schema/message-types.js';
import {messageFindings, valueFindings} from './schema/value-findings.js';

const REQUEST = messageType('GenerateContentRequest');
const CONFIG = messageType('GenerationConfig');

/**
 * Says what is wrong or questionable in a line, in its order. What follows a problem may be no more than its
 * consequence.
 *
 * @param model - what the line is for, `models/<id>`; without it only what holds for all models is said.
 */
export function* judgeLine(line: unknown, model?: string): Generator<RequestFinding> {
  if (!isObject(line)) {
    yield problem([], `is ${kindOf(line)}, not an object; write ${LINE_FORM}`);
    return;
  }
  yield* foreignFindings(line);
  yield* keyFindings(line);
  yield* outsideFindings(line);
  yield* requestFindings(line['request'], model);
  const broken = brokenText(line);
  if (broken !== undefined) {
    const text = 'holds half of a character (an unpaired surrogate escape); the service refuses it';
    yield problem(broken, text, 'unpaired_surrogate');
  }
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
    const isMisplaced = [REQUEST, CONFIG, EMBEDDING].some((type) => type.field(name) !== undefined);
    if (name === 'model') {
      yield warning([name], '"model" beside "request" has no effect: the model of the job is used');
    } else if (isMisplaced) {
      const text = `${quoted(name)} stands beside "request"; it belongs inside`;
      yield problem([name], text, 'misplaced_field');
    } else yield warning([name], `${quoted(name)} beside "key" and "request" is not known to the service`);
  }
}

function* requestFindings(request: unknown, model: string | undefined): Generator<RequestFinding> {
  const path = ['request'];
  if (request === undefined) {
    yield problem([], `has no "request"; write ${LINE_FORM}`);
    return;
  }
  if (!isObject(request)) {
    yield problem(path, `"request" is ${kindOf(request)}, not an object`);
    return;
  }
  const otherKind = kindFinding(request, path, model);
  if (otherKind !== undefined) {
    yield otherKind;
    return;
  }
  if (isForEmbeddings(request, model)) {
    yield* embeddingFindings(request, path, model);
    return;
  }
  yield* messageFindings(request, REQUEST, path, visitField);
  if ((request['contents'] ?? null) === null) yield problem(path, '"request" has no "contents"');
  yield* cacheFindings(request, path);
  yield* modelFindings(request, path, model);
}

/** Rules for what a request holds, beyond those of the schema. */
function visitField(field: Field, value: unknown, path: JsonPath): Generator<RequestFinding> | undefined {
  if (field.name === 'contents') return contentsFindings(value, path);
  if (field.name === 'systemInstruction') return contentFindings(value, path);
  if (field.name === 'model') return modelFieldFindings(field, value, path);
  return undefined;
}

function* modelFieldFindings(field: Field, value: unknown, path: JsonPath): Generator<RequestFinding> {
  yield* valueFindings(field, value, path, REQUEST);
  yield warning(path, '"model" has no effect here: the model of the job is used');
}

/** What a cache holds already: https://ai.google.dev/api/caching#CachedContent. */
const CACHED_FIELDS = ['systemInstruction', 'tools', 'toolConfig'];

/** The service's word for it is in https://github.com/BerriAI/litellm/issues/17304. */
function* cacheFindings(request: JsonObject, path: JsonPath): Generator<RequestFinding> {
  const written = Object.entries(request).filter(([, value]) => !isUnset(value));
  const fields = new Map(written.map(([name]) => [REQUEST.field(name)?.name ?? '', name]));
  const cache = fields.get('cachedContent');
  const other = CACHED_FIELDS.map((name) => fields.get(name)).find((name) => name !== undefined);
  if (cache === undefined || other === undefined) return;
  const text = `"${cache}" stands beside "${other}"; the service refuses both together: put it into the cache`;
  yield problem([...path, cache], text, 'cached_content');
}

/** Empty text and an empty list are the same as no field: https://protobuf.dev/programming-guides/field_presence/. */
function isUnset(value: unknown): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

/** Where in a value half of a character is, or undefined. Values can be nested deeper than calls can. */
function brokenText(value: unknown): JsonPath | undefined {
  const open: [value: unknown, path: JsonPath][] = [[value, []]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [found, path] = next;
    if (typeof found === 'string' && HALF.test(found)) return path;
    if (typeof found !== 'object' || found === null) continue;
    for (const [name, member] of Object.entries(found)) {
      const at = path.length > MAX_PLACE ? path : [...path, Array.isArray(found) ? Number(name) : name];
      if (HALF.test(name)) return at;
      if (typeof member === 'string' || typeof member === 'object') open.push([member, at]);
    }
  }
  return undefined;
}

/** Steps after which a place is not reported more exactly: each costs as much as it has steps before it. */
const MAX_PLACE = 50;
const HALF = /\p{Surrogate}/u;
