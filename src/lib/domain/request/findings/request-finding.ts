/** Where something is in a JSON text: names of members and numbers of elements, from the outside in. */
export type JsonPath = readonly (string | number)[];

/** Rules that can be taken back one by one, since the service may have moved on and take what they refuse. */
export const RULES = [
  'cached_content',
  'content',
  'field_twice',
  'media',
  'misplaced_field',
  'model_family',
  'out_of_range',
  'role',
  'two_kinds',
  'unknown_field',
  'unknown_value',
  'unpaired_surrogate',
  'vertex',
  'wrong_type',
] as const;

export type Rule = (typeof RULES)[number];

/** Something about one request that its author should know. */
export interface RequestFinding {
  /** A problem stops the file: the service refuses such a request. A warning is for what it may well take. */
  readonly severity: 'problem' | 'warning';
  /** What is wrong and what to write, without the place. */
  readonly text: string;
  readonly path: JsonPath;
  /** The rule that a problem comes from, when --allow can take it back. */
  readonly rule?: Rule;
}

/** A finding that stops the file. */
export function problem(path: JsonPath, text: string, rule?: Rule): RequestFinding {
  return {severity: 'problem', path, text, ...(rule === undefined ? {} : {rule})};
}

/** A finding that stops nothing. */
export function warning(path: JsonPath, text: string): RequestFinding {
  return {severity: 'warning', path, text};
}

/** What a JSON value is, in words that follow "is". */
export function kindOf(
  value: unknown,
): 'null' | 'a list' | 'an object' | 'text' | 'a number' | 'true or false' {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string') return 'text';
  return typeof value === 'number' ? 'a number' : 'true or false';
}

const EXCERPT_LENGTH = 40;
/** Compiled for the first text: to look classes of Unicode up takes time at each start. */
let unprintable: RegExp | undefined;

/** Text of the user's as a message shows it: in quotes, short, without anything that a terminal would obey. */
export function quoted(text: string): string {
  const head = Array.from(text.slice(0, 4 * EXCERPT_LENGTH));
  const isCut = head.length > EXCERPT_LENGTH || text.length > 4 * EXCERPT_LENGTH;
  const shown = head
    .slice(0, EXCERPT_LENGTH)
    .join('')
    .replaceAll((unprintable ??= new RegExp(String.raw`[\p{C}\p{Zl}\p{Zp}]`, 'gu')), '\uFFFD');
  return `"${shown}${isCut ? '…' : ''}"`;
}
