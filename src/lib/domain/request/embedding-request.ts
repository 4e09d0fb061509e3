/** The rules for a request for an embedding: https://ai.google.dev/api/embeddings#EmbedContentRequest. */
import {isEmbeddingModel, modelLabel} from '../service/model-choice.js';
import {isObject, type JsonObject} from '../json/json-object.js';
import {contentFindings} from './request-content.js';
import {problem, quoted, warning, type JsonPath, type RequestFinding} from './findings/request-finding.js';
import {messageType, spellings, type Field} from './schema/message-types.js';
import {messageFindings} from './schema/value-findings.js';

/** What a request for an embedding holds. */
export const EMBEDDING = messageType('EmbedContentRequest');

/** From the second on they take no task type: https://ai.google.dev/gemini-api/docs/embeddings. */
const WITHOUT_TASK_TYPE = /gemini-embedding-[2-9]/u;

/** Whether a request asks for an embedding: that has one `content` in place of `contents`. */
function isEmbedding(request: JsonObject): boolean {
  const {content} = request;
  return request['contents'] === undefined && isObject(content) && content['parts'] !== undefined;
}

/** Whether a request is one for an embedding, or has to be. */
export function isForEmbeddings(request: JsonObject, model: string | undefined): boolean {
  return model === undefined ? isEmbedding(request) : isEmbeddingModel(model);
}

/** What is wrong with the kind of a request: a model makes embeddings or generates content, never both. */
export function kindFinding(
  request: JsonObject,
  path: JsonPath,
  model: string | undefined,
): RequestFinding | undefined {
  if (model === undefined) return undefined;
  const label = modelLabel(model);
  if (isEmbedding(request) && !isEmbeddingModel(model)) {
    const text = `asks for an embedding ("content"), which ${label} does not make; choose a model such as gemini-embedding-001, or write "contents"`;
    return problem([...path, 'content'], text);
  }
  if (request['contents'] === undefined || !isEmbeddingModel(model)) return undefined;
  const text = `has "contents", but ${label} makes embeddings; write "content": {"parts": [{"text": "…"}]}`;
  return problem([...path, 'contents'], text);
}

/** Says what is wrong or questionable in a request for an embedding. */
export function* embeddingFindings(
  request: JsonObject,
  path: JsonPath,
  model: string | undefined,
): Generator<RequestFinding> {
  yield* messageFindings(request, EMBEDDING, path, visitField);
  if ((request['content'] ?? null) === null) yield problem(path, '"request" has no "content"');
  if (model !== undefined && WITHOUT_TASK_TYPE.test(model)) yield* taskTypeFindings(request, path, model);
}

function* taskTypeFindings(request: JsonObject, path: JsonPath, model: string): Generator<RequestFinding> {
  const name = spellings('taskType').find((spelling) => (request[spelling] ?? null) !== null);
  if (name === undefined) return;
  const text = `${quoted(name)} has no effect with ${modelLabel(model)}; write the task into the text: "task: search result | query: …"`;
  yield warning([...path, name], text);
}

function visitField(field: Field, value: unknown, path: JsonPath): Generator<RequestFinding> | undefined {
  return field.name === 'content' ? contentFindings(value, path) : undefined;
}
