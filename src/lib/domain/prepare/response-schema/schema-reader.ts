/** What `responseSchema` and `responseJsonSchema` have in common. */
import {isObject, type JsonObject} from '../../json/json-object.js';
import {SchemaFault} from './schema-fault.js';

/** The part of a schema that a local reference such as `#/$defs/Address` names. */
export function resolveReference(root: JsonObject, reference: unknown, place: string): JsonObject {
  if (typeof reference !== 'string' || !reference.startsWith('#')) {
    throw new SchemaFault(place, `the reference ${JSON.stringify(reference)} leads out of the file`);
  }
  const steps = reference.slice(1).split('/').slice(1);
  let node: unknown = root;
  for (const step of steps) {
    const name = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
    node = isObject(node) && Object.hasOwn(node, name) ? node[name] : undefined;
  }
  if (!isObject(node)) throw new SchemaFault(place, `nothing is at ${reference}`);
  return node;
}

/**
 * The bounds of a number. Of whole numbers, "more than 0" is "at least 1".
 *
 * @throws SchemaFault for a bound that only `exclusiveMinimum` or `exclusiveMaximum` can say.
 */
export function boundsOf(node: JsonObject, place: string): JsonObject {
  const {minimum, maximum, exclusiveMinimum: above, exclusiveMaximum: below} = node;
  const isInteger = node['type'] === 'integer';
  for (const [name, value] of Object.entries({exclusiveMinimum: above, exclusiveMaximum: below})) {
    if (value === undefined || (isInteger && Number.isInteger(value))) continue;
    throw new SchemaFault(place, `"${name}" cannot be expressed; use "${name.replace('exclusiveM', 'm')}"`);
  }
  const least = [minimum, typeof above === 'number' ? above + 1 : undefined].filter(
    (n) => typeof n === 'number',
  );
  const most = [maximum, typeof below === 'number' ? below - 1 : undefined].filter(
    (n) => typeof n === 'number',
  );
  return {
    ...(least.length > 0 ? {minimum: Math.max(...least)} : {}),
    ...(most.length > 0 ? {maximum: Math.min(...most)} : {}),
  };
}

/** A schema with what its reference or its only `allOf` says, beside what it says itself. */
export function mergedSchema(
  node: JsonObject,
  other: JsonObject,
  without: string,
  place: string,
): JsonObject {
  const {[without]: _, ...own} = node;
  for (const [name, value] of Object.entries(own)) {
    const isSaidTwice = name in other && JSON.stringify(other[name]) !== JSON.stringify(value);
    if (isSaidTwice && name !== 'title' && name !== 'description' && name !== 'default') {
      throw new SchemaFault(place, `"${name}" is said here and where "${without}" leads`);
    }
  }
  return {...other, ...own};
}

/** @throws SchemaFault when it is none. */
export function asSchema(node: unknown, place: string): JsonObject {
  if (isObject(node)) return node;
  throw new SchemaFault(place, node === true ? 'anything is allowed here; say what it is' : 'is no schema');
}
