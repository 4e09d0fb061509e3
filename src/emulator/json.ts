/** JSON that came from outside and has not been looked at. */
export type Json = Record<string, unknown>;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A field in either of the spellings that the service takes. */
export function field(object: Json, camelCase: string): unknown {
  return object[camelCase] ?? object[snakeCase(camelCase)];
}

/** An object in a field, in either spelling; undefined when there is none. */
export function objectAt(object: Json, camelCase: string): Json | undefined {
  const value = field(object, camelCase);
  return isObject(value) ? value : undefined;
}

/** The first field of an object whose name, in either spelling, is not in the list. */
export function unknownFieldOf(object: Json, camelCaseNames: readonly string[]): string | undefined {
  const known = new Set(camelCaseNames.flatMap((name) => [name, snakeCase(name)]));
  return Object.keys(object).find((name) => !known.has(name));
}

function snakeCase(camelCase: string): string {
  return camelCase.replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
}
