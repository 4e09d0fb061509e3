/**
 * Checks values against JSON Schemas that come from anywhere. What could make a check hang, such as a pattern that
 * backtracks or references that multiply, is matched in linear time, stopped, or not checked.
 */
import {createContext, Script} from 'node:vm';
import type {Ajv as AjvClass, ErrorObject, Options} from 'ajv';
import {fieldOf, isObject, type JsonObject} from '../../domain/json/json-object.js';

/** Says what is first wrong with a value, path and reason; undefined when nothing is, or it cannot be told. */
export type SchemaCheck = (value: unknown, textLength: number) => string | undefined;

/** Parts of a schema with its references followed: more is a trap, and no schema. */
const MOST_PARTS = 20_000;
/** What a pattern costs, in parts. */
const PATTERN_PARTS = 1_000;
/** Parts times letters of an answer from which on the check is stopped in time. */
const MOST_UNWATCHED = 20_000_000;
/** No answer of a model takes a thousandth of it. */
const CHECK_MS = 1_000;

/** Makes a compiler, which gives undefined for a schema that cannot be checked. */
export async function createSchemaCompiler(): Promise<(schema: JsonObject) => SchemaCheck | undefined> {
  // The bundle gives modules of CommonJS no names but "default".
  const [{default: newest}, {default: older}, {RE2JS}] = await Promise.all([
    import('ajv/dist/2020.js'),
    import('ajv'),
    import('re2js'),
  ]);
  const matcherOf = (pattern: string): {test: (text: string) => boolean} => {
    try {
      const compiled = RE2JS.compile(pattern);
      return {test: (text) => compiled.matcher(text).find()};
    } catch {
      return {test: () => true}; // What RE2 does not know, such as looking ahead, is not checked.
    }
  };
  const options: Options = {
    strict: false,
    validateSchema: false,
    validateFormats: false,
    logger: false,
    addUsedSchema: false,
    code: {regExp: Object.assign(matcherOf, {code: 'matcherOf'})},
  };
  // Lists in "items" are of older drafts, which the newer one does not compile.
  const dialects: readonly (() => AjvClass)[] = [
    () => withLinearKeywords(new newest.Ajv2020(options)),
    () => withLinearKeywords(new older.Ajv(options)),
  ];
  return (schema) => {
    const extent = extentOf(schema);
    const {$id: _, $schema: __, ...plain} = schema;
    return extent === undefined ? undefined : compiled(plain, dialects, extent);
  };
}

function compiled(
  schema: JsonObject,
  dialects: readonly (() => AjvClass)[],
  {parts, isRecursive}: Extent,
): SchemaCheck | undefined {
  for (const dialect of dialects) {
    const ajv = dialect();
    try {
      const validate = ajv.compile(schema);
      const check = (value: unknown): ErrorObject | undefined =>
        validate(value) ? undefined : validate.errors?.[0];
      const watched = withTimeLimit(check);
      return (value, textLength) => {
        const isWatched = isRecursive || parts * textLength > MOST_UNWATCHED;
        return inWords(isWatched ? watched(value) : check(value));
      };
    } catch {
      continue;
    }
  }
  return undefined;
}

function inWords(error: ErrorObject | undefined): string | undefined {
  if (error === undefined) return undefined;
  const place = error.instancePath === '' ? 'the answer' : error.instancePath;
  const {additionalProperty: name, allowedValues} = error.params as Readonly<Record<string, unknown>>;
  const detail =
    typeof name === 'string'
      ? `: ${name}`
      : Array.isArray(allowedValues)
        ? `: ${allowedValues.join(', ')}`
        : '';
  return `${place} ${error.message ?? error.keyword}${detail}`;
}

/** `uniqueItems` compares each item with each other where it is built in. */
function withLinearKeywords(ajv: AjvClass): AjvClass {
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    error: {message: 'must NOT have duplicate items'},
    validate: (isOn: boolean, items: readonly unknown[]) =>
      !isOn || new Set(items.map((item) => JSON.stringify(item))).size === items.length,
  });
  return ajv;
}

/** How much of a schema a check visits for one value. */
interface Extent {
  readonly parts: number;
  /** Whether it contains itself, so that the depth of the value counts too. */
  readonly isRecursive: boolean;
}

/** Undefined for more than any schema that is meant to be fitted. */
function extentOf(schema: JsonObject): Extent | undefined {
  let parts = 0;
  let isRecursive = false;
  const visit = (value: unknown, open: readonly string[]): void => {
    if (typeof value !== 'object' || value === null || parts > MOST_PARTS) return;
    parts += 1;
    for (const [name, inside] of Object.entries(value)) {
      if (ANNOTATIONS.has(name)) continue;
      if (name === 'pattern' || name === 'patternProperties') parts += PATTERN_PARTS;
      if (name === 'enum' && Array.isArray(inside)) parts += inside.length;
      if (name === '$dynamicRef' || name === '$recursiveRef') isRecursive = true;
      if (name !== '$ref' || typeof inside !== 'string') visit(inside, open);
      else if (open.includes(inside)) isRecursive = true;
      else visit(targetOf(schema, inside), [...open, inside]);
    }
  };
  try {
    visit(schema, []);
  } catch {
    return undefined; // Nested more deeply than can be followed.
  }
  return parts > MOST_PARTS ? undefined : {parts, isRecursive};
}

/** Members in which no part of the check is, or that are visited where they are referred to. */
const ANNOTATIONS: ReadonlySet<string> = new Set(['$defs', 'definitions', 'const', 'examples', 'default']);

/** What a pointer into the schema itself leads to; others lead nowhere, and do not compile. */
function targetOf(schema: JsonObject, reference: string): unknown {
  if (!reference.startsWith('#')) return undefined;
  let target: unknown = schema;
  for (const name of reference.slice(1).split('/').slice(1)) {
    const plain = decodeURIComponent(name).replaceAll('~1', '/').replaceAll('~0', '~');
    target = isObject(target) ? target[plain] : undefined;
  }
  return target;
}

/** A check that ends in time; once it did not, it is not made again. */
function withTimeLimit(check: (value: unknown) => ErrorObject | undefined): typeof check {
  let isTooSlow = false;
  const context = createContext({check: (): void => undefined});
  const script = new Script('check()');
  return (value) => {
    if (isTooSlow) return undefined;
    let error: ErrorObject | undefined;
    context['check'] = () => {
      error = check(value);
    };
    try {
      script.runInContext(context, {timeout: CHECK_MS});
    } catch (thrown) {
      isTooSlow = fieldOf(thrown, 'code') === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
      return undefined; // Or nested too deeply to be told.
    }
    return error;
  };
}
