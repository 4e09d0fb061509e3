/** The rules for a content: the turns of `contents`, and `systemInstruction`. */
import {isObject, isText, type JsonObject} from '../json/json-object.js';
import {
  kindOf,
  problem,
  quoted,
  warning,
  type JsonPath,
  type RequestFinding,
} from './findings/request-finding.js';
import {messageType, spellings, type Field} from './schema/message-types.js';
import {messageFindings, valueFindings} from './schema/value-findings.js';

const CONTENT = messageType('Content');
const PART = messageType('Part');

const CONTENT_FORM = '{"parts": [{"text": "…"}]}';
const PART_FORM = '{"text": "…"}';

/** What people write as a role, and what to write in its place. */
const ROLE_REMEDIES: ReadonlyMap<unknown, string> = new Map([
  ['assistant', 'write "model"'],
  ['system', 'put the text into "systemInstruction", beside "contents"'],
  ['developer', 'put the text into "systemInstruction", beside "contents"'],
  ['tool', 'write "user" with a "functionResponse" part'],
]);

/** `function` is an older name of the role that answers a function call; the service still takes it. */
const ROLES: ReadonlySet<unknown> = new Set(['user', 'model', 'function']);

/** What is to be said about `contents`. */
export function* contentsFindings(contents: unknown, path: JsonPath): Generator<RequestFinding> {
  if (typeof contents === 'string') {
    yield problem(path, `"contents" is text; write [${CONTENT_FORM}]`, 'content');
    return;
  }
  const turns = yield* elements(contents, path, CONTENT_FORM);
  for (const [at, turn] of turns) {
    yield* contentFindings(turn, at);
    if (isObject(turn)) yield* roleFindings(turn, at, turns.length);
  }
}

/** What is to be said about a content, its role aside: that of a system instruction has no meaning. */
export function* contentFindings(content: unknown, path: JsonPath): Generator<RequestFinding> {
  if (!isObject(content)) {
    yield problem(path, `is ${kindOf(content)}; write ${CONTENT_FORM}`, 'content');
    return;
  }
  const parts = content['parts'];
  if (parts === undefined || parts === null) {
    const isForeign = 'content' in content;
    yield problem(
      path,
      isForeign
        ? `has "content", as OpenAI's format; write ${CONTENT_FORM}`
        : `has no "parts"; write ${CONTENT_FORM}`,
      'content',
    );
    return;
  }
  // The role has rules of its own, and none in a system instruction.
  yield* messageFindings(content, CONTENT, path, function* leave() {});
  const found = yield* elements(parts, [...path, 'parts'], PART_FORM);
  for (const [at, part] of found) yield* partFindings(part, at);
}

function* roleFindings(turn: JsonObject, path: JsonPath, turnCount: number): Generator<RequestFinding> {
  const {role} = turn;
  if (role === undefined || role === null) {
    if (turnCount > 1) yield warning(path, 'has no "role"; the service may not know whose turn it is');
    return;
  }
  if (ROLES.has(role)) return;
  if (role === '') {
    // https://ai.google.dev/api/caching#Content: it "can be left blank or unset".
    yield warning([...path, 'role'], 'the role is empty; it counts as not set');
    return;
  }
  const said = typeof role === 'string' ? quoted(role) : kindOf(role);
  const remedy = ROLE_REMEDIES.get(role) ?? 'write "user" or "model"';
  yield problem([...path, 'role'], `the role is ${said}; ${remedy}`, 'role');
}

function* partFindings(part: unknown, path: JsonPath): Generator<RequestFinding> {
  if (!isObject(part)) {
    yield problem(path, `a part is ${kindOf(part)}; write ${PART_FORM}`, 'content');
    return;
  }
  if (typeof part['type'] === 'string') {
    yield problem(
      [...path, 'type'],
      `the part has a "type", as OpenAI's and Anthropic's; write ${PART_FORM}`,
      'content',
    );
    return;
  }
  const fields = Object.keys(part).flatMap((name) => (part[name] === null ? [] : (PART.field(name) ?? [])));
  const data = new Set(fields.filter(({name}) => PART.oneOf.includes(name)));
  yield* messageFindings(part, PART, path, dataFindings);
  const [first, second] = data;
  // A signature alone is how a stream of thoughts ends, and may be sent back as it came.
  const isSigned = 'thoughtSignature' in part || 'thought_signature' in part;
  if (first === undefined && !isSigned) {
    yield problem(path, `a part holds nothing to read; write ${PART_FORM}`, 'content');
  }
  if (first !== undefined && second !== undefined) {
    const text = `a part holds "${first.name}" and "${second.name}", where it can hold one; write two parts`;
    yield problem(path, text, 'two_kinds');
  }
}

/** Rules for what a part is, beyond those of the schema. */
function dataFindings(field: Field, value: unknown, path: JsonPath): Generator<RequestFinding> | undefined {
  switch (field.name) {
    case 'text':
      return textFindings(value, path);
    case 'inlineData':
      return isObject(value) ? inlineDataFindings(value, field, path) : undefined;
    case 'fileData':
      return isObject(value) ? fileDataFindings(value, field, path) : undefined;
    default:
      return undefined;
  }
}

function* textFindings(value: unknown, path: JsonPath): Generator<RequestFinding> {
  if (typeof value !== 'string') {
    yield problem(path, `"text" is ${kindOf(value)}; write text in quotes`, 'wrong_type');
  } else if (value === '') yield warning(path, '"text" is empty; the service may refuse the request');
}

function* inlineDataFindings(blob: JsonObject, field: Field, path: JsonPath): Generator<RequestFinding> {
  const {data} = blob;
  if (isText(data) && data.startsWith('data:')) {
    yield problem([...path, 'data'], '"data" is a data: URL; leave out everything up to its comma', 'media');
  }
  yield* valueFindings(field, blob, path, PART);
  if (!isText(data)) yield problem(path, '"inlineData" has no "data"; write the bytes in Base64', 'media');
  if (!isText(valueOf(blob, 'mimeType'))) {
    yield problem(path, '"inlineData" has no "mimeType", such as "image/png"', 'media');
  }
}

function* fileDataFindings(file: JsonObject, field: Field, path: JsonPath): Generator<RequestFinding> {
  yield* valueFindings(field, file, path, PART);
  const uri = valueOf(file, 'fileUri');
  if (!isText(uri)) yield problem(path, '"fileData" has no "fileUri"', 'media');
  else if (uri.startsWith('files/')) {
    yield warning(
      path,
      '"fileUri" is the name of the file; documented is its "uri", which starts with https://',
    );
  }
}

/** The value of a field, in either spelling; null when there is none. */
function valueOf(object: JsonObject, name: string): unknown {
  const spelled = spellings(name).find(
    (spelling) => object[spelling] !== undefined && object[spelling] !== null,
  );
  return spelled === undefined ? null : object[spelled];
}

/** The elements of a list, with their places. Google's JSON reader takes one object for a list of one. */
function* elements(
  list: unknown,
  path: JsonPath,
  form: string,
): Generator<RequestFinding, readonly (readonly [JsonPath, unknown])[]> {
  const name = quoted(String(path.at(-1)));
  if (Array.isArray(list)) {
    if (list.length === 0) yield problem(path, `${name} is empty; write [${form}]`, 'content');
    return list.map((element: unknown, index) => [[...path, index], element] as const);
  }
  if (isObject(list)) {
    // As in https://github.com/google-gemini/generative-ai-python, samples/rest/system_instruction.sh.
    yield warning(path, `${name} is one object; documented is a list: [${form}]`);
    return [[path, list]];
  }
  yield problem(path, `${name} is ${kindOf(list)}; write [${form}]`, 'content');
  return [];
}
