/** The rules for names and values that follow from the schema alone, at any depth. */
import {closest, editDistance} from '../../text/closest.js';
import {isObject, type JsonObject} from '../../json/json-object.js';
import {
  kindOf,
  problem,
  quoted,
  warning,
  type JsonPath,
  type RequestFinding,
} from '../findings/request-finding.js';
import {refusedName} from '../findings/request-mistakes.js';
import {enumValues, messageType, spellings, type Field, type MessageType} from './message-types.js';
import {foreignToBase64} from './base64-text.js';
import {SCHEMA_REVISION} from './request-schema.js';
import {rangeOf} from './value-ranges.js';

type Visit = (field: Field, value: unknown, path: JsonPath) => Generator<RequestFinding> | undefined;

/**
 * Says what is wrong with an object that is to be a message, and with all that is in it.
 *
 * @param visit - gives the findings of a field that is not left to the schema.
 */
export function* messageFindings(
  object: JsonObject,
  type: MessageType,
  path: JsonPath,
  visit?: Visit,
): Generator<RequestFinding> {
  if (path.length > MAX_DEPTH) {
    yield problem(path, 'is nested deeper than the service reads', 'out_of_range');
    return;
  }
  const known = yield* knownFields(object, type, path);
  for (const [field, [name, value]] of known) {
    const at = [...path, name];
    yield* visit?.(field, value, at) ?? valueFindings(field, value, at, type);
  }
}

/** Protobuf reads 100 messages within each other, https://protobuf.dev/programming-guides/proto-limits/; each has two steps. */
const MAX_DEPTH = 200;

/** The fields of an object; reports names that are unknown, and fields in both spellings. */
function* knownFields(
  object: JsonObject,
  type: MessageType,
  path: JsonPath,
): Generator<RequestFinding, ReadonlyMap<Field, readonly [string, unknown]>> {
  const found = new Map<Field, readonly [string, unknown]>();
  for (const [name, value] of Object.entries(object)) {
    const field = type.field(name);
    if (field === undefined) {
      yield unknownName(name, type, [...path, name]);
      continue;
    }
    if (value === null) continue; // https://protobuf.dev/programming-guides/json/: null is the same as no field.
    const earlier = found.get(field);
    if (earlier === undefined) found.set(field, [name, value]);
    else
      yield problem(
        [...path, name],
        `${quoted(name)} is there a second time, as ${quoted(earlier[0])}`,
        'field_twice',
      );
  }
  return found;
}

/** What messages are called in a sentence; others by the name of their field. */
const OWNERS: Readonly<Record<string, string>> = {
  GenerateContentRequest: 'a request',
  EmbedContentRequest: 'a request for an embedding',
  Content: 'a content',
  Part: 'a part',
  Tool: 'a tool',
  Schema: 'a schema',
};

/** Says what a name is that a message does not have. */
function unknownName(name: string, type: MessageType, path: JsonPath): RequestFinding {
  const owner = OWNERS[type.name] ?? `"${type.name.charAt(0).toLowerCase()}${type.name.slice(1)}"`;
  const remedy = refusedName(type.name, name);
  if (remedy !== undefined)
    return problem(path, `${quoted(name)} is no field of ${owner}; ${remedy}`, 'unknown_field');
  const home = homeOf(name, type);
  if (home !== undefined) {
    return problem(
      path,
      `${quoted(name)} stands in ${owner === 'a request' ? '"request"' : owner}; ${home}`,
      'misplaced_field',
    );
  }
  if (type.isVertexOnly(name)) {
    return warning(
      path,
      `${quoted(name)} is a field of ${owner} at Vertex AI alone; the service may refuse it`,
    );
  }
  // The service knows both spellings; a mistake in one is far from the other.
  const names = type.fields.flatMap((field) => spellings(field.name));
  const near = nearest(name, names);
  if (near !== undefined) {
    return problem(path, `${quoted(name)} is no field of ${owner}; write "${near}"`, 'unknown_field');
  }
  const guess = closest(name, names);
  const ask = guess === undefined ? '' : ` (is it "${guess}"?)`;
  return warning(
    path,
    `${quoted(name)} is no known field of ${owner}${ask}, in Google's schema of ${SCHEMA_REVISION}; the service may refuse the file`,
  );
}

/** Where a name belongs that is right in another place. */
function homeOf(name: string, {name: owner}: MessageType): string | undefined {
  if (owner !== 'GenerationConfig' && owner !== 'GenerateContentRequest' && owner !== 'Tool')
    return undefined;
  if (owner !== 'GenerateContentRequest' && messageType('GenerateContentRequest').field(name) !== undefined) {
    return owner === 'Tool' ? 'it belongs into "request"' : 'it belongs beside it, in "request"';
  }
  const isSetting = owner !== 'GenerationConfig' && messageType('GenerationConfig').field(name) !== undefined;
  return isSetting ? 'it belongs into "generationConfig"' : undefined;
}

/** The name that was meant when no more than two letters differ, in a short name one. */
function nearest(name: string, names: readonly string[]): string | undefined {
  const best = closest(name, names);
  const limit = name.length > 4 ? 2 : 1;
  return best !== undefined && editDistance(name, best) <= limit ? best : undefined;
}

/** Says what is wrong with the value of a field. */
export function* valueFindings(
  field: Field,
  value: unknown,
  path: JsonPath,
  owner: MessageType,
): Generator<RequestFinding> {
  if (field.shape === 'map') {
    if (!isObject(value)) yield wrongKind(field, value, 'an object', path);
    else
      for (const [name, one] of Object.entries(value)) yield* oneFindings(field, one, [...path, name], owner);
    return;
  }
  if (field.shape === 'one') {
    yield* oneFindings(field, value, path, owner);
    return;
  }
  if (Array.isArray(value)) {
    for (const [index, one] of value.entries()) yield* oneFindings(field, one, [...path, index], owner);
    yield* rangeFindings(owner, field, value.length, path);
    return;
  }
  // Google's JSON reader takes one object for a list of one.
  if (field.kind !== 'message' || isObject(value)) {
    yield warning(path, `"${field.name}" is ${kindOf(value)}; it must be a list`);
    yield* oneFindings(field, value, path, owner);
  } else yield wrongKind(field, value, 'a list', path);
}

function* oneFindings(
  field: Field,
  value: unknown,
  path: JsonPath,
  owner: MessageType,
): Generator<RequestFinding> {
  switch (field.kind) {
    case 'any':
      return;
    case 'message':
      if (isObject(value)) yield* messageFindings(value, messageType(field.type), path);
      else yield wrongKind(field, value, 'an object', path);
      return;
    case 'struct':
      if (!isObject(value)) yield wrongKind(field, value, 'an object', path);
      return;
    case 'string':
      if (typeof value !== 'string') yield wrongKind(field, value, 'text', path);
      return;
    case 'bytes':
      yield* bytesFindings(field, value, path);
      return;
    case 'bool':
      if (value === 'true' || value === 'false')
        yield warning(path, `"${field.name}" is text; write ${value}`);
      else if (typeof value !== 'boolean') yield wrongKind(field, value, 'true or false', path);
      return;
    case 'enum':
      yield* enumFindings(field, value, path);
      return;
    default:
      yield* numberFindings(field, value, path, owner);
  }
}

function wrongKind(field: Field, value: unknown, kind: string, path: JsonPath): RequestFinding {
  return problem(path, `"${field.name}" is ${kindOf(value)}; it must be ${kind}`, 'wrong_type');
}

/** The service's word is "Base64 decoding failed": https://github.com/danny-avila/LibreChat/issues/6593. */
function* bytesFindings(field: Field, value: unknown, path: JsonPath): Generator<RequestFinding> {
  if (typeof value !== 'string') {
    yield wrongKind(field, value, 'text', path);
    return;
  }
  const other = foreignToBase64(value);
  if (other !== undefined)
    yield problem(path, `"${field.name}" is not Base64: it has ${quoted(other)}`, 'media');
}

/** A value may be written in small letters, and as its number. */
function* enumFindings(field: Field, value: unknown, path: JsonPath): Generator<RequestFinding> {
  if (typeof value === 'number' && Number.isInteger(value)) return;
  if (typeof value !== 'string') {
    yield wrongKind(field, value, 'text', path);
    return;
  }
  const values = enumValues(field.type);
  const upper = value.toUpperCase();
  if (values.includes(upper)) return;
  const near = nearest(upper, values);
  if (near !== undefined) {
    yield problem(path, `"${field.name}" is ${quoted(value)}; write "${near}"`, 'unknown_value');
    return;
  }
  yield warning(
    path,
    `${quoted(value)} is no known value of "${field.name}", in Google's schema of ${SCHEMA_REVISION}; the service may refuse the file`,
  );
}

/** A number as text, where JavaScript would read more. https://github.com/protocolbuffers/protobuf, json/internal/parser.cc */
const NUMERAL = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|NaN|-?Infinity)$/u;

/** Numbers may be written as text. */
function* numberFindings(
  field: Field,
  value: unknown,
  path: JsonPath,
  owner: MessageType,
): Generator<RequestFinding> {
  // Google's JSON reader passes over spaces around a fraction, and not around a whole number.
  const text = typeof value === 'string' && field.kind === 'float' ? value.trim() : value;
  const isNumeral = typeof text === 'string' && NUMERAL.test(text);
  const number = isNumeral ? Number(value) : value;
  if (typeof number !== 'number') {
    yield wrongKind(field, value, 'a number', path);
  } else if (field.kind !== 'float' && !Number.isInteger(number)) {
    yield problem(path, `"${field.name}" is ${number}; it must be a whole number`, 'wrong_type');
  } else if (field.shape === 'one') yield* rangeFindings(owner, field, number, path);
}

function* rangeFindings(
  owner: MessageType,
  field: Field,
  number: number,
  path: JsonPath,
): Generator<RequestFinding> {
  const range = rangeOf(owner.name, field);
  if (range === undefined || (number >= range.min && number <= range.max)) return;
  const what = field.shape === 'list' ? `has ${number} elements` : `is ${number}`;
  if (Number.isNaN(number)) {
    yield problem(path, `"${field.name}" is NaN; it must be a number`, 'out_of_range');
    return;
  }
  const bounds = number < range.min ? `it must be ${range.min} or more` : `it must be ${range.max} or less`;
  yield problem(path, `"${field.name}" ${what}; ${bounds}`, 'out_of_range');
}
