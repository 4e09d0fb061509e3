import {fieldOf, isObject, isText, type JsonObject} from '../json/json-object.js';

/**
 * The JSON Schema that the answer to a request has to fit, from its `generationConfig`: `responseJsonSchema` as it is, or
 * `responseSchema`, the service's own form of an OpenAPI 3.0 schema (https://ai.google.dev/api/caching#Schema), in the
 * terms of JSON Schema; null when the request has none.
 */
export function answerSchema(config: JsonObject): JsonObject | null {
  const json = either(config, 'responseJsonSchema', 'response_json_schema') ?? config['_responseJsonSchema'];
  if (isObject(json)) return json;
  const own = either(config, 'responseSchema', 'response_schema');
  return isObject(own) ? jsonSchemaOf(own) : null;
}

/** Members that mean the same in both. */
const SAME = ['pattern', 'minimum', 'maximum', 'required', 'enum'] as const;
/** 64-bit numbers, which the service also takes as text. */
const COUNTS: ReadonlyMap<string, string> = new Map([
  ['minItems', 'min_items'],
  ['maxItems', 'max_items'],
  ['minLength', 'min_length'],
  ['maxLength', 'max_length'],
  ['minProperties', 'min_properties'],
  ['maxProperties', 'max_properties'],
]);

function jsonSchemaOf(own: JsonObject): JsonObject {
  const schema: Record<string, unknown> = {};
  for (const name of SAME) if (own[name] !== undefined) schema[name] = own[name];
  for (const [name, snakeName] of COUNTS) {
    const count = Number(either(own, name, snakeName) ?? Number.NaN);
    if (Number.isFinite(count)) schema[name] = count;
  }
  const {type, items, properties} = own;
  if (isText(type) && type !== 'TYPE_UNSPECIFIED') schema['type'] = type.toLowerCase();
  if (isObject(items)) schema['items'] = jsonSchemaOf(items);
  if (isObject(properties)) {
    schema['properties'] = Object.fromEntries(
      Object.entries(properties).map(([name, value]) => [name, isObject(value) ? jsonSchemaOf(value) : {}]),
    );
  }
  const anyOf = either(own, 'anyOf', 'any_of');
  if (Array.isArray(anyOf)) {
    schema['anyOf'] = anyOf.map((value: unknown) => (isObject(value) ? jsonSchemaOf(value) : {}));
  }
  return own['nullable'] === true ? {anyOf: [{type: 'null'}, schema]} : schema;
}

function either(object: JsonObject, name: string, snakeName: string): unknown {
  return fieldOf(object, name) ?? fieldOf(object, snakeName);
}
