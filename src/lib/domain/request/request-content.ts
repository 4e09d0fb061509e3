/** The rules for a content: the turns of `contents`, and `systemInstruction`. */
import {isObject, isText, type JsonObject} from '../json/json-object.js';
import {CONTENT_FIELDS, PART_DATA_FIELDS, PART_NOTE_FIELDS} from './request-fields.js';
import {kindOf, problem, quoted, warning, type JsonPath, type RequestFinding} from './request-finding.js';

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
    yield problem(path, `"contents" is text; write [${CONTENT_FORM}]`);
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
    yield problem(path, `is ${kindOf(content)}; write ${CONTENT_FORM}`);
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
    );
    return;
  }
  for (const name of Object.keys(content)) {
    if (CONTENT_FIELDS.fieldOf(name) === undefined) yield unknownField([...path, name], name, 'a content');
  }
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
  const said = typeof role === 'string' ? quoted(role) : kindOf(role);
  const remedy = ROLE_REMEDIES.get(role) ?? 'write "user" or "model"';
  yield problem([...path, 'role'], `the role is ${said}; ${remedy}`);
}

function* partFindings(part: unknown, path: JsonPath): Generator<RequestFinding> {
  if (!isObject(part)) {
    yield problem(path, `a part is ${kindOf(part)}; write ${PART_FORM}`);
    return;
  }
  if (typeof part['type'] === 'string') {
    yield problem(
      [...path, 'type'],
      `the part has a "type", as OpenAI's and Anthropic's; write ${PART_FORM}`,
    );
    return;
  }
  const data: string[] = [];
  for (const [name, value] of Object.entries(part)) {
    const field = PART_DATA_FIELDS.fieldOf(name);
    if (field !== undefined && value !== null) {
      data.push(field);
      yield* dataFindings(field, value, [...path, name]);
    } else if (field === undefined && PART_NOTE_FIELDS.fieldOf(name) === undefined) {
      yield unknownField([...path, name], name, 'a part');
    }
  }
  const [first, second] = data;
  // A signature alone is how a stream of thoughts ends, and may be sent back as it came.
  const isSigned = 'thoughtSignature' in part || 'thought_signature' in part;
  if (first === undefined && !isSigned) {
    yield problem(path, `a part holds nothing to read; write ${PART_FORM}`);
  }
  if (second !== undefined) {
    yield warning(path, `a part holds "${first}" and "${second}"; the service may take only one of them`);
  }
}

function* dataFindings(field: string, value: unknown, path: JsonPath): Generator<RequestFinding> {
  if (field === 'text') {
    if (typeof value !== 'string') yield problem(path, `"text" is ${kindOf(value)}; write text in quotes`);
    else if (value === '') yield warning(path, '"text" is empty; the service may refuse the request');
  } else if (!isObject(value)) {
    yield problem(path, `"${field}" is ${kindOf(value)}, not an object`);
  } else if (field === 'inlineData') {
    yield* inlineDataFindings(value, path);
  } else if (field === 'fileData') {
    yield* fileDataFindings(value, path);
  }
}

function* inlineDataFindings(blob: JsonObject, path: JsonPath): Generator<RequestFinding> {
  const {data} = blob;
  if (!isText(data)) yield problem(path, '"inlineData" has no "data"; write the bytes in Base64');
  else if (data.startsWith('data:')) {
    yield problem([...path, 'data'], '"data" is a data: URL; leave out everything up to its comma');
  }
  if (!isText(blob['mimeType'] ?? blob['mime_type'])) {
    yield problem(path, '"inlineData" has no "mimeType", such as "image/png"');
  }
}

function* fileDataFindings(file: JsonObject, path: JsonPath): Generator<RequestFinding> {
  const uri = file['fileUri'] ?? file['file_uri'];
  if (!isText(uri)) yield problem(path, '"fileData" has no "fileUri"');
  else if (uri.startsWith('files/')) {
    yield problem(path, '"fileUri" is the name of the file; write its "uri", which starts with https://');
  }
}

/** The elements of a list, with their places. Google's JSON reader takes one object for a list of one. */
function* elements(
  list: unknown,
  path: JsonPath,
  form: string,
): Generator<RequestFinding, readonly (readonly [JsonPath, unknown])[]> {
  const name = quoted(String(path.at(-1)));
  if (Array.isArray(list)) {
    if (list.length === 0) yield problem(path, `${name} is empty; write [${form}]`);
    return list.map((element: unknown, index) => [[...path, index], element] as const);
  }
  if (isObject(list)) {
    // As in https://github.com/google-gemini/generative-ai-python, samples/rest/system_instruction.sh.
    yield warning(path, `${name} is one object; documented is a list: [${form}]`);
    return [[path, list]];
  }
  yield problem(path, `${name} is ${kindOf(list)}; write [${form}]`);
  return [];
}

function unknownField(path: JsonPath, name: string, owner: string): RequestFinding {
  return warning(path, `${quoted(name)} is no known field of ${owner}; the service may refuse the request`);
}
