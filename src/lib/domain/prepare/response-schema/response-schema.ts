/**
 * A JSON Schema as `responseSchema`: Google's own form, https://ai.google.dev/api/caching#Schema. All that is not an
 * annotation is expressed, or the schema is refused.
 */
import {isObject, type JsonObject} from '../../json/json-object.js';
import {ANNOTATIONS, SchemaFault} from './schema-fault.js';
import {asSchema, boundsOf, mergedSchema, resolveReference} from './schema-reader.js';

interface Place {
  readonly root: JsonObject;
  readonly path: string;
  /** References that lead here. */
  readonly references: readonly string[];
}

const TYPES: Readonly<Record<string, readonly string[]>> = {
  object: [
    'properties',
    'required',
    'additionalProperties',
    'minProperties',
    'maxProperties',
    'propertyOrdering',
  ],
  array: ['items', 'minItems', 'maxItems'],
  string: ['enum', 'const', 'format', 'pattern', 'minLength', 'maxLength'],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'format'],
  integer: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'format'],
  boolean: [],
  null: [],
};
/** "only 'enum' and 'date-time' are supported for STRING type", as the service answers. */
const FORMATS: Readonly<Record<string, readonly string[]>> = {
  string: ['date-time', 'enum'],
  number: ['float', 'double'],
  integer: ['int32', 'int64'],
};

/**
 * Converts a schema.
 *
 * @throws SchemaFault for what `responseSchema` cannot express.
 */
export function toResponseSchema(schema: JsonObject): JsonObject {
  return convert(schema, {root: schema, path: '#', references: []});
}

function convert(node: unknown, place: Place): JsonObject {
  const schema = asSchema(node, place.path);
  if (schema['$ref'] !== undefined) return convertReference(schema, place);
  if (Array.isArray(schema['allOf'])) {
    const [only, ...others] = schema['allOf'] as unknown[];
    if (others.length > 0)
      throw new SchemaFault(place.path, '"allOf" with several schemas cannot be expressed');
    return convert(mergedSchema(schema, asSchema(only, place.path), 'allOf', place.path), place);
  }
  for (const choice of ['anyOf', 'oneOf'] as const) {
    if (Array.isArray(schema[choice])) return convertChoice(schema, choice, place);
  }
  return convertTyped(schema, place);
}

function convertReference(schema: JsonObject, place: Place): JsonObject {
  const reference = String(schema['$ref']);
  if (place.references.includes(reference)) {
    throw new SchemaFault(place.path, `${reference} contains itself, which "responseSchema" cannot express`);
  }
  const target = resolveReference(place.root, schema['$ref'], place.path);
  const merged = mergedSchema(schema, target, '$ref', place.path);
  return convert(merged, {...place, references: [...place.references, reference]});
}

function convertChoice(schema: JsonObject, choice: 'anyOf' | 'oneOf', place: Place): JsonObject {
  const options = schema[choice] as readonly unknown[];
  const rest = options.filter((option) => !isNull(option));
  const nullable = rest.length < options.length ? {nullable: true} : {};
  const {[choice]: _, ...own} = schema;
  const constraint = Object.keys(own).find(
    (name) => !ANNOTATIONS.has(name) && name !== 'title' && name !== 'description',
  );
  if (constraint !== undefined)
    throw new SchemaFault(place.path, `"${constraint}" beside "${choice}" cannot be expressed`);
  const [only] = rest;
  if (rest.length === 1)
    return {...convert(only, {...place, path: `${place.path}/${choice}/0`}), ...notes(own), ...nullable};
  const converted = rest.map((option, i) =>
    convert(option, {...place, path: `${place.path}/${choice}/${i}`}),
  );
  return {...notes(own), ...nullable, anyOf: converted};
}

function convertTyped(schema: JsonObject, place: Place): JsonObject {
  const {type, nullable} = typeOf(schema, place);
  const known = TYPES[type];
  if (known === undefined) throw new SchemaFault(place.path, `there is no type "${type}"`);
  for (const [name, value] of Object.entries(schema)) {
    if (name === 'type' || name === 'title' || name === 'description' || name === 'nullable') continue;
    if (known.includes(name) || ANNOTATIONS.has(name) || (name === 'uniqueItems' && value === false))
      continue;
    throw new SchemaFault(place.path, `"${name}" cannot be expressed in "responseSchema"`);
  }
  const own = {...schema, type};
  const isNullable = nullable || schema['nullable'] === true;
  return {
    type: type.toUpperCase(),
    ...notes(schema),
    ...(isNullable ? {nullable: true} : {}),
    ...formatOf(own, place),
    ...constraintsOf(own, place),
  };
}

function constraintsOf(schema: JsonObject & {readonly type: string}, place: Place): JsonObject {
  if (schema.type === 'object') return objectConstraints(schema, place);
  if (schema.type === 'array') {
    return {
      items: convert(schema['items'] ?? true, {...place, path: `${place.path}/items`}),
      ...picked(schema, ['minItems', 'maxItems']),
    };
  }
  if (schema.type === 'string')
    return {...enumOf(schema), ...picked(schema, ['pattern', 'minLength', 'maxLength'])};
  return schema.type === 'number' || schema.type === 'integer' ? boundsOf(schema, place.path) : {};
}

function objectConstraints(schema: JsonObject, place: Place): JsonObject {
  const {properties, additionalProperties: more} = schema;
  if (!isObject(properties) || Object.keys(properties).length === 0) {
    throw new SchemaFault(
      place.path,
      'an object without "properties" cannot be expressed in "responseSchema"',
    );
  }
  // What is not named is not answered; so "false" holds, and "true" asks for nothing.
  if (isObject(more) && Object.keys(more).length > 0) {
    throw new SchemaFault(
      place.path,
      'members with names of any kind ("additionalProperties") cannot be expressed in "responseSchema"',
    );
  }
  const entries = Object.entries(properties).map(([name, property]) => [
    name,
    convert(property, {...place, path: `${place.path}/properties/${name}`}),
  ]);
  return {
    properties: Object.fromEntries(entries) as JsonObject,
    propertyOrdering: schema['propertyOrdering'] ?? Object.keys(properties),
    ...picked(schema, ['required', 'minProperties', 'maxProperties']),
  };
}

/** The one type, beside null. */
function typeOf(schema: JsonObject, {path}: Place): {readonly type: string; readonly nullable: boolean} {
  const {type, enum: values, const: only} = schema;
  const isText =
    typeof only === 'string' ||
    (Array.isArray(values) && values.every((value) => typeof value === 'string' || value === null));
  const hasValues = only !== undefined || values !== undefined;
  const nullable = Array.isArray(values) && values.includes(null);
  if (hasValues && !isText)
    throw new SchemaFault(path, 'fixed values that are not text cannot be expressed in "responseSchema"');
  if (type === undefined && hasValues) return {type: 'string', nullable};
  const types = Array.isArray(type) ? (type as unknown[]) : [type];
  const rest = types.filter((name) => name !== 'null');
  const [first] = rest.length === 0 ? types : rest;
  if (typeof first !== 'string') throw new SchemaFault(path, 'has no "type"; anything would be allowed here');
  if (rest.length > 1)
    throw new SchemaFault(
      path,
      `several types (${rest.join(', ')}) cannot be expressed in "responseSchema"; use "anyOf"`,
    );
  return {type: first, nullable: nullable || (rest.length > 0 && rest.length < types.length)};
}

function enumOf({enum: values, const: only}: JsonObject): JsonObject {
  if (typeof only === 'string') return {enum: [only]};
  return Array.isArray(values) ? {enum: values.filter((value) => value !== null) as unknown[]} : {};
}

function formatOf({type, format}: JsonObject & {readonly type: string}, {path}: Place): JsonObject {
  if (format === undefined) return {};
  if (typeof format === 'string' && FORMATS[type]?.includes(format) === true) return {format};
  throw new SchemaFault(path, `the format ${JSON.stringify(format)} cannot be expressed in "responseSchema"`);
}

function notes(schema: JsonObject): JsonObject {
  return picked(schema, ['title', 'description']);
}

function picked(schema: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(
    names.filter((name) => schema[name] !== undefined).map((name) => [name, schema[name]]),
  );
}

function isNull(schema: unknown): boolean {
  return isObject(schema) && schema['type'] === 'null';
}
