/**
 * What the service refuses when a job is created: names and shapes that its messages do not have, anywhere in a request. As
 * captured in https://github.com/UKGovernmentBEIS/inspect_ai/issues/3257.
 */
import {isObject, spellings} from '../../http/json.js';
import type {JobKind} from './request-check.js';
import {MESSAGES} from './request-schema.js';
import {textLinesOf} from './request-lines.js';

/** Something that is no message, and where: names and numbers from the outside in. */
interface Fault {
  readonly path: readonly (string | number)[];
  readonly text: string;
}

/** How a value is written in the tables: a message with this name, one or many. */
interface Shape {
  readonly message: string;
  readonly isList: boolean;
  readonly isMap: boolean;
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
  const fault = faultOf(request, ROOTS[kind], []);
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
  return faultOf(line['request'], ROOTS[kind], ['request']);
}

function faultOf(value: unknown, message: string, path: Fault['path']): Fault | undefined {
  if (!isObject(value)) {
    return {path, text: `unexpected character: '${JSON.stringify(value)[0] ?? ''}'; expected '{'`};
  }
  const fields = fieldsOf(message);
  for (const [name, member] of Object.entries(value)) {
    const shape = fields.get(name);
    if (shape === undefined) return {path: [...path, name], text: `no such field: '${name}'`};
    if (shape === null || member === null) continue;
    const fault = faultInMember(member, shape, [...path, name]);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** One object stands for a list of one. */
function faultInMember(member: unknown, shape: Shape, path: Fault['path']): Fault | undefined {
  const {message, isList, isMap} = shape;
  if (isMap && isObject(member)) return firstFault(Object.entries(member), message, path);
  if (isList && Array.isArray(member)) return firstFault([...member.entries()], message, path);
  return faultOf(member, message, path);
}

function firstFault(
  members: readonly (readonly [string | number, unknown])[],
  message: string,
  path: Fault['path'],
): Fault | undefined {
  for (const [at, member] of members) {
    const fault = faultOf(member, message, [...path, at]);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

const known = new Map<string, ReadonlyMap<string, Shape | null>>();

/** The fields of a message in both spellings; null for those that hold no message. */
function fieldsOf(message: string): ReadonlyMap<string, Shape | null> {
  let fields = known.get(message);
  if (fields === undefined) {
    fields = new Map((MESSAGES[message] ?? '').split(' ').flatMap(fieldOf));
    known.set(message, fields);
  }
  return fields;
}

function fieldOf(written: string): [string, Shape | null][] {
  const [name = '', kind = ''] = written.split(':');
  const [before, message] = kind.split('@');
  const shape = message === undefined ? null : {message, isList: before === '[]', isMap: before === '{}'};
  return [...spellings([name])].map((spelling) => [spelling, shape]);
}

/** About where the fault is, in characters: how the service counts is not known. */
function columnOf(text: string, {path}: Fault): number {
  const name = path.findLast((step) => typeof step === 'string') ?? '';
  return text.indexOf(JSON.stringify(name)) + 1;
}
