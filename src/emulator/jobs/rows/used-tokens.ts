import {isObject, objectAt, textOf, type Json} from '../../http/json.js';

/** What the answers of one model used. Modalities are spelled as the service does. */
export interface UsedTokens {
  rows: number;
  readonly prompt: Record<string, number>;
  readonly cached: Record<string, number>;
  readonly tool_use: Record<string, number>;
  readonly output: Record<string, number>;
  thoughts: number;
  search_queries: number;
  /** Answers with queries. */
  searched_rows: number;
  /** Answers with places of Google Maps. */
  maps_rows: number;
}

/** Adds up by model version what answers used, whether their rows tell it or not. */
export class UsedByModel {
  readonly byVersion: Record<string, UsedTokens> = {};

  /**
   * @param model - without `models/`, for an answer that does not say which model it is from.
   * @param times - how many answers use the same.
   */
  add(response: Json, model: string, times = 1): void {
    const used = (this.byVersion[textOf(response['modelVersion']) || model] ??= nothing());
    const usage = objectAt(response, 'usageMetadata') ?? {};
    used.rows += times;
    addDetails(used.prompt, usage['promptTokensDetails'], times);
    addDetails(used.cached, usage['cacheTokensDetails'], times);
    addDetails(used.tool_use, usage['toolUsePromptTokensDetails'], times);
    const output = usage['candidatesTokensDetails'] ?? [
      {modality: 'TEXT', tokenCount: Number(usage['candidatesTokenCount'] ?? 0)},
    ];
    addDetails(used.output, output, times);
    addDetails(used.prompt, [{modality: 'TEXT', tokenCount: Number(response['tokenCount'] ?? 0)}], times);
    used.thoughts += times * Number(usage['thoughtsTokenCount'] ?? 0);
    const queries = groundingOf(response, 'webSearchQueries');
    used.search_queries += times * queries;
    used.searched_rows += queries > 0 ? times : 0;
    used.maps_rows += groundingOf(response, 'groundingChunks') > 0 ? times : 0;
  }
}

function nothing(): UsedTokens {
  return {
    rows: 0,
    prompt: {},
    cached: {},
    tool_use: {},
    output: {},
    thoughts: 0,
    search_queries: 0,
    searched_rows: 0,
    maps_rows: 0,
  };
}

function addDetails(sums: Record<string, number>, details: unknown, times: number): void {
  for (const {modality, tokenCount} of Array.isArray(details) ? details.filter(isObject) : []) {
    const name = textOf(modality);
    sums[name] = (sums[name] ?? 0) + times * Number(tokenCount);
  }
}

/** How many there are in a list of the grounding, over all candidates. */
function groundingOf({candidates}: Json, list: string): number {
  return (Array.isArray(candidates) ? candidates.filter(isObject) : []).reduce((sum, candidate) => {
    const found = objectAt(candidate, 'groundingMetadata')?.[list];
    return sum + (Array.isArray(found) ? found.length : 0);
  }, 0);
}
