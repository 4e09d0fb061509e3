import {fieldOf, isObject, isText, type JsonObject} from '../json/json-object.js';

/** Tokens by modality, lower case, as `{text: 12, image: 1120}`. */
export type ByModality = Readonly<Record<string, number>>;

/**
 * What answered requests used, summed. A count is null as soon as one row does not tell it: unknown is not free of charge.
 */
export interface Usage {
  /** Tokens of the prompts, with those that came from a cache. */
  readonly prompt_tokens: number | null;
  readonly cached_tokens: number;
  readonly thoughts_tokens: number;
  /** Tokens of the answers, without thoughts. */
  readonly output_tokens: number | null;
  /** Tokens that tools put into the prompt. */
  readonly tool_use_tokens: number;
  /** Search queries that the answers name; the service bills those of failed requests, too, which no row shows. */
  readonly search_queries: number;
  /** Answers for which the service searched. */
  readonly search_prompts: number;
  /** Answers that Google Maps gave places for; absent in records of earlier versions. */
  readonly maps_prompts?: number;
  readonly by_modality: {
    readonly input: ByModality;
    readonly cached: ByModality;
    readonly output: ByModality;
  };
}

/** Usage of nothing. */
export const NO_USAGE: Usage = {
  prompt_tokens: 0,
  cached_tokens: 0,
  thoughts_tokens: 0,
  output_tokens: 0,
  tool_use_tokens: 0,
  search_queries: 0,
  search_prompts: 0,
  maps_prompts: 0,
  by_modality: {input: {}, cached: {}, output: {}},
};

/**
 * What one response used: its `usageMetadata` (https://ai.google.dev/api/generate-content#UsageMetadata), the queries of
 * its grounding, and for an embedding its `tokenCount`.
 */
export function usageOf(response: JsonObject): Usage {
  const usage = response['usageMetadata'];
  const isEmbedding = response['embedding'] !== undefined;
  const searches = listOf(response['candidates']).map((candidate) =>
    listOf(fieldOf(fieldOf(candidate, 'groundingMetadata'), 'webSearchQueries')).filter(isText),
  );
  const queries = searches.reduce((sum, {length}) => sum + length, 0);
  const prompt = countOf(fieldOf(usage, 'promptTokenCount') ?? response['tokenCount']);
  return {
    prompt_tokens: prompt,
    cached_tokens: countOf(fieldOf(usage, 'cachedContentTokenCount')) ?? 0,
    thoughts_tokens: countOf(fieldOf(usage, 'thoughtsTokenCount')) ?? 0,
    output_tokens: isEmbedding ? 0 : outputTokens(usage, prompt),
    tool_use_tokens: countOf(fieldOf(usage, 'toolUsePromptTokenCount')) ?? 0,
    search_queries: queries,
    search_prompts: queries > 0 ? 1 : 0,
    maps_prompts: listOf(response['candidates']).some(hasPlaces) ? 1 : 0,
    by_modality: {
      input: addModalities(
        modalitiesOf(fieldOf(usage, 'promptTokensDetails')),
        modalitiesOf(fieldOf(usage, 'toolUsePromptTokensDetails')),
      ),
      cached: modalitiesOf(fieldOf(usage, 'cacheTokensDetails')),
      output: modalitiesOf(fieldOf(usage, 'candidatesTokensDetails')),
    },
  };
}

/** https://ai.google.dev/gemini-api/docs/maps-grounding */
function hasPlaces(candidate: unknown): boolean {
  const chunks = listOf(fieldOf(fieldOf(candidate, 'groundingMetadata'), 'groundingChunks'));
  return chunks.some((chunk) => isObject(fieldOf(chunk, 'maps')));
}

/** Zero counts are left out by the service; a total that the prompt alone makes up says that this one is zero. */
function outputTokens(usage: unknown, prompt: number | null): number | null {
  const candidates = countOf(fieldOf(usage, 'candidatesTokenCount'));
  if (candidates !== null || prompt === null) return candidates;
  const total = countOf(fieldOf(usage, 'totalTokenCount'));
  const others =
    prompt +
    (countOf(fieldOf(usage, 'thoughtsTokenCount')) ?? 0) +
    (countOf(fieldOf(usage, 'toolUsePromptTokenCount')) ?? 0);
  return total === null ? null : Math.max(0, total - others);
}

/** The sum of two usages. */
export function addUsage(a: Usage, b: Usage): Usage {
  return {
    prompt_tokens: addKnown(a.prompt_tokens, b.prompt_tokens),
    cached_tokens: a.cached_tokens + b.cached_tokens,
    thoughts_tokens: a.thoughts_tokens + b.thoughts_tokens,
    output_tokens: addKnown(a.output_tokens, b.output_tokens),
    tool_use_tokens: a.tool_use_tokens + b.tool_use_tokens,
    search_queries: a.search_queries + b.search_queries,
    search_prompts: a.search_prompts + b.search_prompts,
    maps_prompts: (a.maps_prompts ?? 0) + (b.maps_prompts ?? 0),
    by_modality: {
      input: addModalities(a.by_modality.input, b.by_modality.input),
      cached: addModalities(a.by_modality.cached, b.by_modality.cached),
      output: addModalities(a.by_modality.output, b.by_modality.output),
    },
  };
}

/** What takes a usage away from a sum. */
export function negatedUsage(usage: Usage): Usage {
  const negated: unknown = JSON.parse(JSON.stringify(usage), (_, value: unknown) =>
    typeof value === 'number' ? -value : value,
  );
  return negated as Usage;
}

function addKnown(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}

/** The sum of two counts by modality. */
export function addModalities(a: ByModality, b: ByModality): ByModality {
  const sum: Record<string, number> = {...a};
  for (const [modality, count] of Object.entries(b)) sum[modality] = (sum[modality] ?? 0) + count;
  return sum;
}

/** Reads `ModalityTokenCount[]`; documents are counted by the images of their pages. */
export function modalitiesOf(details: unknown): ByModality {
  const sum: Record<string, number> = {};
  for (const detail of listOf(details).filter(isObject)) {
    const name = typeof detail['modality'] === 'string' ? detail['modality'].toLowerCase() : 'text';
    const modality = name === 'document' ? 'image' : name;
    sum[modality] = (sum[modality] ?? 0) + (countOf(detail['tokenCount']) ?? 0);
  }
  return sum;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A count as JSON number or, for 64-bit numbers, as the decimal text that the service writes. */
export function countOf(value: unknown): number | null {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : null;
}
