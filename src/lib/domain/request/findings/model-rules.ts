/** Rules that hold for some models. */
import {isObject, type JsonObject} from '../../json/json-object.js';
import {supportOf} from './model-support.js';
import {problem, warning, type JsonPath, type RequestFinding} from './request-finding.js';
import {spellings} from '../schema/message-types.js';

/** Names of fields, and values of enumerations, that `modelFindings` may say something of. */
export function namesInDoubt(model: string | undefined): ReadonlySet<string> {
  if (model === undefined) return new Set(['responseJsonSchema']);
  const {droppedFields, refusedLevels} = supportOf(model);
  return new Set(['responseJsonSchema', ...droppedFields, ...refusedLevels]);
}

/** Whether a request for this model can ask for JSON and have tools. */
export function hasJsonWithTools(model: string | undefined): boolean {
  return model === undefined || supportOf(model).hasJsonWithTools;
}

/** Says what a model does not take, and what is known not to work in a batch job. */
export function* modelFindings(
  request: JsonObject,
  path: JsonPath,
  model: string | undefined,
): Generator<RequestFinding> {
  const config = memberOf(request, path, 'generationConfig');
  const thinking = memberOf(config?.value, config?.path ?? path, 'thinkingConfig');
  const schema = memberOf(config?.value, config?.path ?? path, 'responseJsonSchema');
  if (schema !== undefined) {
    // https://github.com/crmne/ruby_llm/issues/894
    const text =
      '"responseJsonSchema" gave answers of the wrong form in batch jobs (0 of 502 were right), where "responseSchema" works';
    yield warning(schema.path, text);
  }
  if (model === undefined) return;
  const support = supportOf(model);
  for (const field of support.droppedFields) {
    const found =
      memberOf(config?.value, config?.path ?? path, field) ??
      memberOf(thinking?.value, thinking?.path ?? path, field);
    if (found !== undefined) {
      yield warning(found.path, `${support.id} rejects "${field}" or takes no notice of it; leave it out`);
    }
  }
  const level = memberOf(thinking?.value, thinking?.path ?? path, 'thinkingLevel');
  const refused = support.refusedLevels.find((one) => one === String(level?.value).toUpperCase());
  if (level !== undefined && refused !== undefined) {
    yield problem(level.path, `${support.id} has no thinking level "${refused}"`, 'model_family');
  }
  const cache = memberOf(request, path, 'cachedContent');
  if (cache !== undefined && !support.hasCaches) {
    yield problem(cache.path, `${support.id} takes no "cachedContent"; it caches by itself`, 'model_family');
  }
  const tools = memberOf(request, path, 'tools');
  const mimeType = memberOf(config?.value, config?.path ?? path, 'responseMimeType');
  if (tools !== undefined && mimeType?.value === 'application/json' && !support.hasJsonWithTools) {
    yield warning(
      mimeType.path,
      `${support.id} may answer a request for JSON that has "tools" with an error`,
    );
  }
}

/** A member in either spelling, with the place where it is; undefined when there is none. */
function memberOf(
  object: unknown,
  path: JsonPath,
  name: string,
): {readonly path: JsonPath; readonly value: unknown} | undefined {
  if (!isObject(object)) return undefined;
  const spelled = spellings(name).find((spelling) => (object[spelling] ?? null) !== null);
  return spelled === undefined ? undefined : {path: [...path, spelled], value: object[spelled]};
}
