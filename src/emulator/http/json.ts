/** JSON that came from outside and has not been looked at. */
export type Json = Record<string, unknown>;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The members of an object that are texts. */
export function textsOf(object: Json): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(object).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
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

/** Names of fields in both of their spellings. */
export function spellings(camelCaseNames: readonly string[]): ReadonlySet<string> {
  return new Set(camelCaseNames.flatMap((name) => [name, snakeCase(name)]));
}

/** The first field of an object that is not among the known ones. */
export function unknownFieldOf(object: Json, known: ReadonlySet<string>): string | undefined {
  for (const name in object) if (!known.has(name)) return name;
  return undefined;
}

const snakeCases = new Map<string, string>();

/** Remembers its results: it is asked for the same few names with each request of a file. */
function snakeCase(camelCase: string): string {
  let known = snakeCases.get(camelCase);
  if (known === undefined) {
    known = camelCase.replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
    snakeCases.set(camelCase, known);
  }
  return known;
}
