/**
 * A JSON Schema as `responseJsonSchema`, of which the service takes a part:
 * https://ai.google.dev/api/generate-content#FIELDS.response_json_schema. What is outside of it is refused.
 */
import {isObject, type JsonObject} from '../../json/json-object.js';
import {ANNOTATIONS, SchemaFault} from './schema-fault.js';
import {asSchema, boundsOf, mergedSchema} from './schema-reader.js';

/** Keywords that are passed on as they are. */
const PLAIN = new Set([
  'type',
  'title',
  'description',
  'minItems',
  'maxItems',
  'required',
  'propertyOrdering',
]);
const FORMATS: ReadonlySet<unknown> = new Set(['date-time', 'date', 'time']);
const BOUNDS = new Set(['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum']);

/**
 * The schema in the keywords that the service takes.
 *
 * @throws SchemaFault for one that it does not.
 */
export function toResponseJsonSchema(schema: JsonObject): JsonObject {
  const shared = {...asMap(schema['definitions'], '#/definitions'), ...asMap(schema['$defs'], '#/$defs')};
  return {...convert(schema, '#'), ...(Object.keys(shared).length > 0 ? {$defs: shared} : {})};
}

function convert(node: unknown, path: string): JsonObject {
  const schema = asSchema(node, path);
  if (Array.isArray(schema['allOf']) && schema['allOf'].length === 1) {
    const [only] = schema['allOf'] as unknown[];
    return convert(mergedSchema(schema, asSchema(only, path), 'allOf', path), path);
  }
  const tuple = lengthOfTuple(schema);
  const fields = Object.entries(schema).flatMap(([name, value]) => {
    const isSaidOtherwise = BOUNDS.has(name) || (name === 'items' && 'maxItems' in tuple);
    const converted = isSaidOtherwise ? undefined : keyword(name, value, path);
    return converted === undefined ? [] : [converted];
  });
  return {...Object.fromEntries(fields), ...boundsOf(schema, path), ...tuple};
}

/** After the last of a tuple nothing may come: a schema that is `false` cannot be expressed, but a length can. */
function lengthOfTuple({prefixItems, items, maxItems}: JsonObject): JsonObject {
  if (!Array.isArray(prefixItems) || items !== false) return {};
  return {maxItems: Math.min(prefixItems.length, typeof maxItems === 'number' ? maxItems : Infinity)};
}

function keyword(name: string, value: unknown, path: string): readonly [string, unknown] | undefined {
  const at = `${path}/${name}`;
  if (PLAIN.has(name)) return [name, value];
  if (ANNOTATIONS.has(name) || (name === 'uniqueItems' && value === false)) return undefined;
  // All names are texts.
  if (name === 'propertyNames' && isObject(value) && JSON.stringify(value) === '{"type":"string"}')
    return undefined;
  if (name === 'properties') return [name, asMap(value, at)];
  if (name === 'items') return [name, convert(value, at)];
  if (name === 'additionalProperties') return [name, typeof value === 'boolean' ? value : convert(value, at)];
  if (name === 'anyOf' || name === 'oneOf' || name === 'prefixItems') return [name, asList(value, at)];
  if (name === 'format' && FORMATS.has(value)) return [name, value];
  if (name === 'const') return ['enum', fixedValues([value], path)];
  if (name === 'enum') return [name, fixedValues(value, path)];
  if (name === '$ref' && typeof value === 'string' && value.startsWith('#')) {
    return [name, value.replace(/^#\/definitions\//u, '#/$defs/')];
  }
  const what = name === 'format' ? `the format ${JSON.stringify(value)}` : `"${name}"`;
  throw new SchemaFault(path, `${what} cannot be expressed in "responseJsonSchema"`);
}

function asMap(value: unknown, path: string): JsonObject {
  if (!isObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).map(([name, schema]) => [name, convert(schema, `${path}/${name}`)]),
  );
}

function asList(value: unknown, path: string): readonly JsonObject[] {
  if (!Array.isArray(value)) throw new SchemaFault(path, 'is no list');
  return value.map((schema: unknown, i) => convert(schema, `${path}/${i}`));
}

function fixedValues(values: unknown, path: string): unknown {
  const isFine =
    Array.isArray(values) && values.every((value) => typeof value === 'string' || typeof value === 'number');
  if (isFine) return values;
  throw new SchemaFault(path, 'fixed values that are neither text nor numbers cannot be expressed');
}
