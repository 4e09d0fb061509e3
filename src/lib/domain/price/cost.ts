import {ratesFor, type ModalityRates, type Price, type Rates, type SearchPrice} from './price-list.js';
import type {ByModality, Usage} from './usage.js';

const PER_MILLION = 1_000_000;
const PER_THOUSAND = 1_000;

/** What grounding costs, which no token count shows; undefined where it is not known. */
export interface GroundingPrices {
  readonly search: SearchPrice | undefined;
  /** USD for a thousand answers with places of Google Maps. */
  readonly maps: number | undefined;
}

/** What prices a usage: tokens by the price of the model, grounding apart. */
export interface CostTerms extends GroundingPrices {
  readonly price: Price;
}

/**
 * What one answered request costs in USD; null when the usage or a rate that it needs is not known.
 *
 * Prompt and tool tokens that did not come from a cache pay the input rate of their modality, cached ones the rate for
 * the cache, candidates that of their modality, thoughts that of text. The size of the prompt chooses the tier. That is
 * how `pydantic/genai-prices` reads `usageMetadata`, and what https://ai.google.dev/gemini-api/docs/pricing says.
 */
export function costOf(usage: Usage, {price, ...grounding}: CostTerms): number | null {
  const rates = usage.prompt_tokens === null ? undefined : ratesFor(price, usage.prompt_tokens);
  return rates === undefined ? null : costAt(usage, rates, grounding);
}

/** What the usage of requests of one tier costs in USD; null when the usage or a rate that it needs is not known. */
export function costAt(usage: Usage, rates: Rates, {search, maps}: GroundingPrices): number | null {
  const {prompt_tokens: prompt, output_tokens: output} = usage;
  if (prompt === null || output === null) return null;
  const {input, cached, output: answered} = usage.by_modality;
  const all = spread(prompt + usage.tool_use_tokens, input);
  const fromCache = spread(usage.cached_tokens, cached);
  const fresh = without(all, fromCache);
  const outTokens = spread(output, answered);
  const thoughts = {text: usage.thoughts_tokens};

  const parts = [
    priced(fresh, rates.input),
    priced(fromCache, rates.cached_input),
    priced(outTokens, rates.output),
    priced(thoughts, rates.output),
    searchCost(usage, search),
    mapsCost(usage, maps),
  ];
  let cost = 0;
  for (const part of parts) {
    if (part === null) return null;
    cost += part;
  }
  return cost;
}

/** Tokens by modality: as the details say, and what they leave over as text. */
function spread(total: number, details: ByModality): ByModality {
  let known = 0;
  for (const modality of Object.keys(details)) known += details[modality] ?? 0;
  return {...details, text: (details['text'] ?? 0) + Math.max(0, total - known)};
}

/** What is left of `all`. Cached tokens that the details put to no modality, or to a wrong one, come off the others. */
function without(all: ByModality, cached: ByModality): ByModality {
  if (Object.keys(cached).every((modality) => cached[modality] === 0)) return all;
  let surplus = 0;
  const left = Object.entries(all).map(([modality, count]): [string, number] => {
    const rest = count - (cached[modality] ?? 0);
    surplus += Math.max(0, -rest);
    return [modality, Math.max(0, rest)];
  });
  for (const [modality, count] of Object.entries(cached)) surplus += modality in all ? 0 : count;
  return Object.fromEntries(
    left.map(([modality, count]) => {
      const taken = Math.min(count, surplus);
      surplus -= taken;
      return [modality, count - taken];
    }),
  );
}

function priced(tokens: ByModality, rates: ModalityRates | null): number | null {
  let cost = 0;
  for (const modality of Object.keys(tokens)) {
    const count = tokens[modality] ?? 0;
    if (count <= 0) continue;
    if (rates === null) return null;
    cost += (count * (rates[modality] ?? rates.text)) / PER_MILLION;
  }
  return cost;
}

function searchCost(usage: Usage, search: SearchPrice | undefined): number | null {
  if (usage.search_queries === 0) return 0;
  if (search === undefined) return null;
  const searches = search.unit === 'query' ? usage.search_queries : usage.search_prompts;
  return (searches * search.usd_per_1000) / PER_THOUSAND;
}

function mapsCost({maps_prompts: prompts = 0}: Usage, usdPer1000: number | undefined): number | null {
  if (prompts === 0) return 0;
  return usdPer1000 === undefined ? null : (prompts * usdPer1000) / PER_THOUSAND;
}
