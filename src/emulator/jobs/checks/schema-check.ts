/**
 * What the service refuses when a job is created: names, shapes and kinds of values that its messages do not have, anywhere in a
 * request. As captured in https://github.com/UKGovernmentBEIS/inspect_ai/issues/3257.
 */
import {isObject, spellings} from '../../http/json.js';
import type {JobKind} from './request-check.js';
import {MESSAGES, ONE_OFS} from './request-schema.js';
import {textLinesOf} from './request-lines.js';

/** Something that is no message, and where: names and numbers from the outside in. */
interface Fault {
  readonly path: readonly (string | number)[];
  readonly text: string;
}

/** How a value is written in the tables: a scalar of a kind or a message with a name, one or many. */
interface Shape {
  readonly kind: string;
  readonly message: string | undefined;
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
export async function refusalOfFile(path: string, kind: JobKind): Promise<string | undefined> {
  const refusals: string[] = [];
  let number = 0;
  for await (const text of textLinesOf(path)) {
    number += 1;
    const fault = faultOfLine(text, kind);
    if (fault === undefined) continue;
    const column = columnOf(text, fault);
    refusals.push(`Error on line ${number}: invalid JSON, near column ${column}: ${fault.text}`);
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
  if (!isObject(line) || line['request'] === undefined) return undefined;
  return faultOf(line['request'], ROOTS[kind], ['request'], 'values');
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
  const text = depth === 'values' ? faultOfScalar(value, shape.kind) : undefined;
  return text === undefined ? undefined : {path, text};
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
    isList: before === '[]',
    isMap: before === '{}',
    isChoice: choices.includes(name),
  };
  return [...spellings([name])].map((spelling) => [spelling, shape]);
}

/** About where the fault is, in characters: how the service counts is not known. */
function columnOf(text: string, {path}: Fault): number {
  const name = path.findLast((step) => typeof step === 'string') ?? '';
  return text.indexOf(JSON.stringify(name)) + 1;
}
