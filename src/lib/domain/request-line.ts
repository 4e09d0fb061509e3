/**
 * The rules for one line of a request file: what the service accepts, and the mistakes that people make most.
 *
 * A problem stops the file before it is uploaded, because the service would tell hours later, or never. A warning is
 * for what the service may well accept.
 */
import {isGenerationConfigField, requestField, type RequestField} from './request-fields.js';

type Json = Record<string, unknown>;

/** What the rules say about one line. */
export interface LineVerdict {
  /** What is wrong, as the end of a sentence that starts with the place. */
  readonly problem?: string;
  readonly warning?: string;
}

const FORM = '{"key": "…", "request": {"contents": […]}}';
const GOOD: LineVerdict = {};
const ROLES: ReadonlySet<unknown> = new Set(['user', 'model', 'function', undefined]);

/** Fields that must be objects, lists or text. */
const OBJECT_FIELDS: readonly RequestField[] = ['toolConfig', 'generationConfig'];
const LIST_FIELDS: readonly RequestField[] = ['tools', 'safetySettings'];

/** Judges a line that is JSON. Whether its key is unique is for the one who sees all lines. */
export function judgeLine(line: unknown): LineVerdict {
  if (!isObject(line)) return {problem: `is ${kindOf(line)}, not an object; write ${FORM}`};
  const problem = foreignFormat(line) ?? keyProblem(line) ?? requestProblem(line);
  if (problem !== undefined) return {problem};

  const outside = Object.keys(line).find((name) => name !== 'key' && name !== 'request');
  if (outside !== undefined) return outsideVerdict(outside);
  return generationConfigVerdict(line['request']);
}

function foreignFormat(line: Json): string | undefined {
  if ('request' in line) return undefined;
  if ('custom_id' in line && 'params' in line)
    return `is in Anthropic's batch format (custom_id, params); write ${FORM}`;
  if ('custom_id' in line || 'body' in line)
    return `is in OpenAI's batch format (custom_id, body); write ${FORM}`;
  if ('messages' in line) return `is in OpenAI's chat format (messages); write ${FORM}`;
  const field = Object.keys(line)
    .map(requestField)
    .find((name) => name !== undefined);
  if (field !== undefined) return `has ${field} outside of request; write ${FORM}`;
  return undefined;
}

function keyProblem(line: Json): string | undefined {
  const {key} = line;
  if (typeof key === 'string') return key === '' ? 'has an empty key' : undefined;
  if (key !== undefined) return `has a key that is ${kindOf(key)}; write it as text in quotes`;
  const other = ['custom_id', 'id', 'request_id', 'Key', 'KEY'].find((name) => name in line);
  return other === undefined ? `has no key; write ${FORM}` : `has ${other} in place of key; write ${FORM}`;
}

function requestProblem(line: Json): string | undefined {
  const {request} = line;
  if (request === undefined) return `has no request; write ${FORM}`;
  if (!isObject(request)) return `has a request that is ${kindOf(request)}, not an object`;

  const mistake = typicalMistake(request);
  if (mistake !== undefined) return mistake;

  const fields = new Map<RequestField, unknown>();
  for (const [name, value] of Object.entries(request)) {
    const field = requestField(name);
    if (field === undefined)
      return `has the field "${shortened(name)}" in its request, which the service does not know`;
    if (fields.has(field)) return `gives ${field} twice in its request, in two spellings`;
    fields.set(field, value);
  }
  return contentsProblem(fields.get('contents')) ?? otherFieldsProblem(fields);
}

function typicalMistake(request: Json): string | undefined {
  if ('config' in request) {
    return 'has config in its request, which only SDK calls know; write generationConfig, and systemInstruction, tools, safetySettings beside it';
  }
  if ('messages' in request) return "has messages in its request, as OpenAI's format; write contents";
  if ('content' in request && !('contents' in request)) {
    return 'is a request for an embedding (content); gembatch submits requests that generate content (contents)';
  }
  return undefined;
}

function contentsProblem(contents: unknown): string | undefined {
  if (contents === undefined) return 'has no contents in its request';
  if (!Array.isArray(contents)) {
    return `has contents that are ${kindOf(contents)}, not a list; write [{"parts": [{"text": "…"}]}]`;
  }
  if (contents.length === 0) return 'has an empty list of contents';
  for (const content of contents) {
    const problem = contentProblem(content, 'contents');
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function contentProblem(content: unknown, name: string): string | undefined {
  if (!isObject(content)) return `has ${name} with ${kindOf(content)} in place of {"parts": [{"text": "…"}]}`;
  const {role, parts} = content;
  if (!ROLES.has(role)) {
    const hint = role === 'system' ? '; use systemInstruction' : '; the roles are user and model';
    return `has the role ${shortened(JSON.stringify(role))} in ${name}${hint}`;
  }
  if (parts === undefined) return `has ${name} without parts; write {"parts": [{"text": "…"}]}`;
  if (!Array.isArray(parts)) return `has parts that are ${kindOf(parts)}, not a list; write [{"text": "…"}]`;
  if (parts.length === 0) return `has an empty list of parts in ${name}`;
  for (const part of parts) {
    if (!isObject(part)) return `has a part that is ${kindOf(part)}; write {"text": "…"}`;
    if (part['text'] !== undefined && typeof part['text'] !== 'string')
      return `has a part whose text is ${kindOf(part['text'])}`;
  }
  return undefined;
}

function otherFieldsProblem(fields: ReadonlyMap<RequestField, unknown>): string | undefined {
  const instruction = fields.get('systemInstruction');
  if (instruction !== undefined) {
    const problem = contentProblem(instruction, 'systemInstruction');
    if (problem !== undefined) return problem;
  }
  for (const field of OBJECT_FIELDS) {
    const value = fields.get(field);
    if (value !== undefined && !isObject(value))
      return `has ${field} that is ${kindOf(value)}, not an object`;
  }
  for (const field of LIST_FIELDS) {
    const value = fields.get(field);
    if (value !== undefined && !Array.isArray(value))
      return `has ${field} that is ${kindOf(value)}, not a list`;
  }
  return undefined;
}

function outsideVerdict(name: string): LineVerdict {
  if (requestField(name) !== undefined) return {problem: `has ${name} outside of request; put it inside`};
  return {warning: `has the field "${shortened(name)}" beside key and request, which the service may refuse`};
}

function generationConfigVerdict(request: unknown): LineVerdict {
  if (!isObject(request)) return GOOD;
  const config = request['generationConfig'] ?? request['generation_config'];
  if (!isObject(config)) return GOOD;
  const unknown = Object.keys(config).find((name) => !isGenerationConfigField(name));
  if (unknown === undefined) return GOOD;
  return {warning: `has the field "${shortened(unknown)}" in generationConfig, which the service may refuse`};
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string') return 'text';
  return typeof value === 'number' ? 'a number' : 'true or false';
}

function shortened(text: string): string {
  const visible = text.replaceAll(/\p{C}/gu, '?');
  return visible.length > 40 ? `${visible.slice(0, 39)}…` : visible;
}
