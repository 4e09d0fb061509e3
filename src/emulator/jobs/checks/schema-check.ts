/**
 * What the service refuses when a job is created: names, shapes and kinds of values that its messages do not have, anywhere in a
 * request. As captured in https://github.com/UKGovernmentBEIS/inspect_ai/issues/3257.
 */
import {isObject, spellings} from '../../http/json.js';
import type {JobKind} from './request-check.js';
import {ENUMS, MESSAGES, ONE_OFS} from './request-schema.js';
import {textLinesOf} from './request-lines.js';

/** Something that is no message, and where: names and numbers from the outside in. */
interface Fault {
  readonly path: readonly (string | number)[];
  readonly text: string;
  /** Where it is in the line, when its path does not tell. */
  readonly column?: number;
  /** Whether the reader says the words alone, without where. */
  readonly isBare?: boolean;
}

/** How a value is written in the tables: a scalar of a kind or a message with a name, one or many. */
interface Shape {
  readonly kind: string;
  readonly message: string | undefined;
  readonly enumeration: string | undefined;
  readonly isList: boolean;
  readonly isMap: boolean;
  /** Whether its message has one of several such fields at most. */
  readonly isChoice: boolean;
}

const ROOTS: Readonly<Record<JobKind, string>> = {
  generate: 'GenerateContentRequest',
  embed: 'EmbedContentRequest',
};

/** Lines that are named in one refusal. */
const MAX_LINES = 100;

/** Why a request file is refused as a whole; undefined when it is not. Lines that are not JSON are left to the job. */
export async function refusalOfFile(
  content: AsyncIterable<Buffer>,
  kind: JobKind,
): Promise<string | undefined> {
  const refusals: string[] = [];
  let number = 0;
  for await (const text of textLinesOf(content)) {
    number += 1;
    const fault = faultOfLine(text, kind);
    if (fault === undefined) continue;
    const where = fault.isBare === true ? '' : `invalid JSON, near column ${columnOf(text, fault)}: `;
    refusals.push(`Error on line ${number}: ${where}${fault.text}`);
    if (refusals.length === MAX_LINES) break;
  }
  return refusals.length === 0 ? undefined : refusals.join('\n');
}

/** The first name of a request that came with the create and that no message has; undefined when all are known. */
export function unknownNameOf(request: unknown, kind: JobKind): {name: string; at: string} | undefined {
  const fault = faultOf(request, ROOTS[kind], [], 'names');
  if (fault === undefined) return undefined;
  const [name = '', ...outer] = fault.path.toReversed();
  return {name: String(name), at: outer.toReversed().join('.')};
}

function faultOfLine(text: string, kind: JobKind): Fault | undefined {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(line)) return undefined;
  const half = halfCharacterIn(text);
  if (half !== undefined) return {path: [], ...half};
  if (line['request'] === undefined) return undefined;
  return faultOf(line['request'], ROOTS[kind], ['request'], 'values');
}

/** A string becomes UTF-8, which has no halves of surrogate pairs; the words are those of `lexer.cc`, beside the parser below. */
function halfCharacterIn(text: string): Pick<Fault, 'text' | 'column'> | undefined {
  /** Where the second half of a pair has to begin. */
  let second: number | undefined;
  for (const {0: escape, 1: digits = '', index} of text.matchAll(/\\(?:u([0-9a-f]{4})|.)/giu)) {
    const column = index + 1;
    if (second !== undefined && (index !== second || digits === '')) break;
    if (second !== undefined && !isSecondHalf(digits)) return {text: 'invalid low surrogate', column};
    if (second === undefined && isSecondHalf(digits)) return {text: 'unpaired low surrogate', column};
    second = second === undefined && isFirstHalf(digits) ? index + escape.length : undefined;
  }
  if (second === undefined) return undefined;
  return {text: `unexpected character: '${text[second] ?? ''}'; expected '\\u'`, column: second + 1};
}

function isFirstHalf(digits: string): boolean {
  return /^d[89ab]/iu.test(digits);
}

function isSecondHalf(digits: string): boolean {
  return /^d[c-f]/iu.test(digits);
}

/** Names and shapes alone, or values as well: of requests that come with the create, the words for a wrong value are not known. */
type Depth = 'names' | 'values';

function faultOf(value: unknown, message: string, path: Fault['path'], depth: Depth): Fault | undefined {
  if (!isObject(value)) {
    return {path, text: `unexpected character: '${JSON.stringify(value)[0] ?? ''}'; expected '{'`};
  }
  const fields = fieldsOf(message);
  let choice: string | undefined;
  for (const [name, member] of Object.entries(value)) {
    const shape = fields.get(name);
    if (shape === undefined) return {path: [...path, name], text: `no such field: '${name}'`};
    if (member === null) continue;
    if (shape.isChoice && depth === 'values') {
      if (choice !== undefined) return {path: [...path, name], text: alreadySet(name)};
      choice = name;
    }
    const fault = faultInMember(member, shape, [...path, name], depth);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** https://github.com/protocolbuffers/protobuf/blob/main/src/google/protobuf/json/internal/parser.cc, as the words for values. */
function alreadySet(name: string): string {
  return `'${name}' has already been set (either directly or as part of a oneof)`;
}

/** One object stands for a list of one. */
function faultInMember(member: unknown, shape: Shape, path: Fault['path'], depth: Depth): Fault | undefined {
  const {isList, isMap} = shape;
  if (isMap && isObject(member)) return firstFault(Object.entries(member), shape, path, depth);
  if (isList && Array.isArray(member)) return firstFault([...member.entries()], shape, path, depth);
  return faultInOne(member, shape, path, depth);
}

function firstFault(
  members: readonly (readonly [string | number, unknown])[],
  shape: Shape,
  path: Fault['path'],
  depth: Depth,
): Fault | undefined {
  for (const [at, member] of members) {
    const fault = faultInOne(member, shape, [...path, at], depth);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function faultInOne(value: unknown, shape: Shape, path: Fault['path'], depth: Depth): Fault | undefined {
  if (shape.message !== undefined) return faultOf(value, shape.message, path, depth);
  if (depth === 'names') return undefined;
  if (shape.enumeration !== undefined) return faultOfEnum(value, shape.enumeration, path);
  const text = faultOfScalar(value, shape.kind);
  return text === undefined ? undefined : {path, text};
}

/** A number, also as text, is taken whatever it is; `EnumNumberByName` of `descriptor_traits.h` does not say where a name is. */
function faultOfEnum(value: unknown, enumeration: string, path: Fault['path']): Fault | undefined {
  if (typeof value === 'number') return undefined;
  if (typeof value !== 'string') return {path, text: 'expected number or string'};
  // Lower case is taken: https://ai.google.dev/gemini-api/docs/function-calling has `"type": "object"`.
  const isKnown = (ENUMS[enumeration] ?? '').split(' ').includes(value.toUpperCase());
  return isKnown || /^-?\d+$/u.test(value)
    ? undefined
    : {path, text: `unknown enum value: '${value}'`, isBare: true};
}

const INT32 = 2 ** 31;

function faultOfScalar(value: unknown, kind: string): string | undefined {
  if (kind === 'bool') {
    // Texts such as "yes" pass there, too.
    return typeof value === 'boolean' || typeof value === 'string' ? undefined : "expected 'true' or 'false'";
  }
  const isWhole = kind === 'int32' || kind === 'int64';
  if (!isWhole && kind !== 'float') return undefined;
  if (typeof value !== 'number' && typeof value !== 'string') return 'expected number or string';
  const number = value === '' ? NaN : Number(value);
  if (Number.isNaN(number) && value !== 'NaN') {
    return isWhole ? `invalid number: '${value}'` : 'non-number characters in quoted number';
  }
  if (!isWhole) return undefined;
  if (!Number.isInteger(number)) return 'expected integer, but JSON number had fractional part';
  return kind === 'int32' && (number >= INT32 || number < -INT32) ? 'integer out of range' : undefined;
}

const known = new Map<string, ReadonlyMap<string, Shape>>();

/** The fields of a message in both spellings. */
function fieldsOf(message: string): ReadonlyMap<string, Shape> {
  let fields = known.get(message);
  if (fields === undefined) {
    const choices = (ONE_OFS[message] ?? '').split(' ');
    fields = new Map((MESSAGES[message] ?? '').split(' ').flatMap((written) => fieldOf(written, choices)));
    known.set(message, fields);
  }
  return fields;
}

function fieldOf(written: string, choices: readonly string[]): [string, Shape][] {
  const [name = '', type = ''] = written.split(':');
  const [, before, mark, kind = ''] = /^(\[\]|\{\})?([@#]?)(\w*)$/u.exec(type) ?? [];
  const shape: Shape = {
    kind: mark === '' ? kind : '',
    message: mark === '@' ? kind : undefined,
    enumeration: mark === '#' ? kind : undefined,
    isList: before === '[]',
    isMap: before === '{}',
    isChoice: choices.includes(name),
  };
  return [...spellings([name])].map((spelling) => [spelling, shape]);
}

/** About where the fault is, in characters: how the service counts is not known. */
function columnOf(text: string, {path, column}: Fault): number {
  if (column !== undefined) return column;
  const name = path.findLast((step) => typeof step === 'string') ?? '';
  return text.indexOf(JSON.stringify(name)) + 1;
}
