/** Rules that hold for some models. */
import {isObject, type JsonObject} from '../../json/json-object.js';
import {problem, warning, type JsonPath, type RequestFinding} from './request-finding.js';
import {spellings} from '../schema/message-types.js';

interface ModelTraits {
  readonly id: string;
  /** Fields of `generationConfig` and of `thinkingConfig` that are rejected, or dropped without a word. */
  readonly droppedFields: readonly string[];
  /** Values of `thinkingLevel` that it refuses. */
  readonly refusedLevels: readonly string[];
  readonly hasCaches: boolean;
  /** Whether an answer can be asked for as JSON beside tools. */
  readonly hasJsonWithTools: boolean;
}

const SAMPLING = ['temperature', 'topP', 'topK', 'candidateCount', 'thinkingBudget'];

/**
 * What is known of a model. Gemini 3.8 and 4: https://ai.google.dev/gemini-api/docs/changelog (2026-07-21) and
 * https://ai.google.dev/gemini-api/docs/generate-content/long-decode; JSON beside tools, before Gemini 3:
 * https://ai.google.dev/gemini-api/docs/structured-output.
 */
function traitsOf(model: string): ModelTraits {
  const id = model.replace(/^models\//u, '');
  const [, major = '0', minor = '0', name = ''] = /^gemini-(\d+)(?:\.(\d+))?-(\w*)/u.exec(id) ?? [];
  const version = 10 * Number(major) + Number(minor);
  const hasHighest = name === 'hydrogen' || name === 'neon';
  return {
    id,
    droppedFields: version >= 38 ? SAMPLING : [],
    refusedLevels: [...(version >= 37 ? ['MINIMAL'] : []), ...(hasHighest || version === 0 ? [] : ['XHIGH'])],
    hasCaches: version < 40,
    hasJsonWithTools: version === 0 || version >= 30,
  };
}

/** Names of fields, and values of enumerations, that `modelFindings` may say something of. */
export function namesInDoubt(model: string | undefined): ReadonlySet<string> {
  if (model === undefined) return new Set(['responseJsonSchema']);
  const {droppedFields, refusedLevels} = traitsOf(model);
  return new Set(['responseJsonSchema', ...droppedFields, ...refusedLevels]);
}

/** Whether a request for this model can ask for JSON and have tools. */
export function hasJsonWithTools(model: string | undefined): boolean {
  return model === undefined || traitsOf(model).hasJsonWithTools;
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
  const traits = traitsOf(model);
  for (const field of traits.droppedFields) {
    const found =
      memberOf(config?.value, config?.path ?? path, field) ??
      memberOf(thinking?.value, thinking?.path ?? path, field);
    if (found !== undefined) {
      yield warning(found.path, `${traits.id} rejects "${field}" or takes no notice of it; leave it out`);
    }
  }
  const level = memberOf(thinking?.value, thinking?.path ?? path, 'thinkingLevel');
  const refused = traits.refusedLevels.find((one) => one === String(level?.value).toUpperCase());
  if (level !== undefined && refused !== undefined) {
    yield problem(level.path, `${traits.id} has no thinking level "${refused}"`, 'model_family');
  }
  const cache = memberOf(request, path, 'cachedContent');
  if (cache !== undefined && !traits.hasCaches) {
    yield problem(cache.path, `${traits.id} takes no "cachedContent"; it caches by itself`, 'model_family');
  }
  const tools = memberOf(request, path, 'tools');
  const mimeType = memberOf(config?.value, config?.path ?? path, 'responseMimeType');
  if (tools !== undefined && mimeType?.value === 'application/json' && !traits.hasJsonWithTools) {
    yield warning(mimeType.path, `${traits.id} may answer a request for JSON that has "tools" with an error`);
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
