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
    output_tokens: isEmbedding
      ? 0
      : outputTokens({
          prompt,
          candidates: countOf(fieldOf(usage, 'candidatesTokenCount')),
          total: countOf(fieldOf(usage, 'totalTokenCount')),
          thoughts: countOf(fieldOf(usage, 'thoughtsTokenCount')),
          toolUse: countOf(fieldOf(usage, 'toolUsePromptTokenCount')),
        }),
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

/** The counts of a response that say how many tokens its answer has; null for what it does not count. */
interface CountsOfAnswer {
  readonly prompt: number | null;
  readonly candidates: number | null;
  readonly total: number | null;
  readonly thoughts: number | null;
  readonly toolUse: number | null;
}

/** Zero counts are left out by the service; a total that the prompt alone makes up says that this one is zero. */
export function outputTokens({prompt, candidates, total, thoughts, toolUse}: CountsOfAnswer): number | null {
  if (candidates !== null || prompt === null || total === null) return candidates;
  return Math.max(0, total - prompt - (thoughts ?? 0) - (toolUse ?? 0));
}

/** A sum of usages that grows. */
export type UsageTotal = {-readonly [K in keyof Usage]-?: Usage[K]} & {
  readonly by_modality: Readonly<Record<keyof Usage['by_modality'], Record<string, number>>>;
};

/** A sum of nothing yet. */
export function emptyTotal(): UsageTotal {
  return {...NO_USAGE, maps_prompts: 0, by_modality: {input: {}, cached: {}, output: {}}};
}

/** Adds a usage to a sum; with -1 it is taken away again. */
export function addUsage(total: UsageTotal, usage: Usage, times: 1 | -1 = 1): void {
  total.prompt_tokens = addKnown(total.prompt_tokens, usage.prompt_tokens, times);
  total.cached_tokens += usage.cached_tokens * times;
  total.thoughts_tokens += usage.thoughts_tokens * times;
  total.output_tokens = addKnown(total.output_tokens, usage.output_tokens, times);
  total.tool_use_tokens += usage.tool_use_tokens * times;
  total.search_queries += usage.search_queries * times;
  total.search_prompts += usage.search_prompts * times;
  total.maps_prompts += (usage.maps_prompts ?? 0) * times;
  addByModality(total.by_modality.input, usage.by_modality.input, times);
  addByModality(total.by_modality.cached, usage.by_modality.cached, times);
  addByModality(total.by_modality.output, usage.by_modality.output, times);
}

function addKnown(a: number | null, b: number | null, times: 1 | -1): number | null {
  return a === null || b === null ? null : a + b * times;
}

function addByModality(sum: Record<string, number>, counts: ByModality, times: 1 | -1): void {
  for (const modality of Object.keys(counts))
    sum[modality] = (sum[modality] ?? 0) + (counts[modality] ?? 0) * times;
}

/** The sum of two counts by modality. */
export function addModalities(a: ByModality, b: ByModality): ByModality {
  const sum: Record<string, number> = {...a};
  addByModality(sum, b, 1);
  return sum;
}

/** What a modality of the service is called here; documents are counted by the images of their pages. */
export function modalityOf(name: string): string {
  const modality = name.toLowerCase();
  return modality === 'document' ? 'image' : modality;
}

/** Reads `ModalityTokenCount[]`. */
export function modalitiesOf(details: unknown): ByModality {
  const sum: Record<string, number> = {};
  for (const detail of listOf(details).filter(isObject)) {
    const modality = typeof detail['modality'] === 'string' ? modalityOf(detail['modality']) : 'text';
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
