import {isObject} from '../../json/json-object.js';
import {problem, warning, type JsonPath, type RequestFinding} from './request-finding.js';

/** Where files of the Gemini API are. */
const FILES_API = /^(?:files\/|https:\/\/generativelanguage\.googleapis\.com\/)/u;

/**
 * What Vertex AI refuses of a request that the Gemini API takes. Requests go through a table there, whose structs have fields;
 * explicit caches and files of the Gemini API cannot be read by batch jobs.
 * https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/batch-prediction-gemini and users' captured job errors.
 */
export function* vertexFindings(request: unknown): Generator<RequestFinding> {
  const open: [value: unknown, path: JsonPath][] = [[request, ['request']]];
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const [value, path] = next;
    if (Array.isArray(value))
      open.push(...value.map((item, at): [unknown, JsonPath] => [item, [...path, at]]));
    if (!isObject(value)) continue;
    const members = Object.entries(value);
    if (members.length === 0) {
      const field = path.at(-1) === 'googleSearch' ? ', such as "excludeDomains": ["example.com"]' : '';
      const text = `"${String(path.at(-1))}" is an empty object, with which Vertex AI fails the whole job; give it a field${field}`;
      yield problem(path, text, 'vertex');
    }
    for (const [name, member] of members) {
      yield* memberFindings(name, member, [...path, name]);
      if (typeof member === 'object') open.push([member, [...path, name]]);
    }
  }
  if (isObject(request)) yield* roleFindings(request['contents']);
}

function* memberFindings(name: string, member: unknown, path: JsonPath): Generator<RequestFinding> {
  if (['cachedContent', 'cached_content'].includes(name) && member !== null) {
    yield problem(
      path,
      `batch jobs on Vertex AI read no "${name}"; put its content into the request`,
      'vertex',
    );
  }
  const isFile =
    ['fileUri', 'file_uri'].includes(name) && typeof member === 'string' && FILES_API.test(member);
  if (isFile) {
    const text = `"${name}" is a file of the Gemini API, which Vertex AI cannot read; put it into a bucket and write gs://…`;
    yield problem(path, text, 'vertex');
  }
}

function* roleFindings(contents: unknown): Generator<RequestFinding> {
  if (!Array.isArray(contents)) return;
  const at = contents.findIndex((turn: unknown) => isObject(turn) && (turn['role'] ?? '') === '');
  if (at !== -1)
    yield warning(
      ['request', 'contents', at],
      'has no "role", which Vertex AI may refuse; write "role": "user"',
    );
}
