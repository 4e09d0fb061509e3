import {costAt, type CostTerms} from '../price/cost.js';
import {ratesFor} from '../price/price-list.js';
import {NO_USAGE, type ByModality} from '../price/usage.js';
import {addRanges, NOTHING, timesRange, type Range} from './range.js';
import type {RequestEstimate} from './request-estimate.js';

const LEVELS = ['low', 'likely', 'high'] as const;
type Level = (typeof LEVELS)[number];

/** Tokens and searches of requests that pay the same rates. */
interface Share {
  input: number;
  output: number;
  images: number;
  searches: number;
  groundedRequests: number;
  places: number;
  readonly byModality: Record<string, number>;
}

/** Adds up the estimates of the requests of a file. Memory does not grow with their number. */
export class EstimateSum {
  requests = 0;
  inputTokens: Range = NOTHING;
  outputTokens: Range = NOTHING;
  uncounted = 0;
  unlimited = 0;
  readonly #terms: CostTerms | undefined;
  /** By level, then by the first tokens of the tier: one for almost every model. */
  readonly #shares = new Map<Level, Map<number, Share>>(LEVELS.map((level) => [level, new Map()]));

  /** @param terms - the price of the model; undefined when it is not known. */
  constructor(terms: CostTerms | undefined) {
    this.#terms = terms;
  }

  add(estimate: RequestEstimate): void {
    this.requests += 1;
    this.inputTokens = addRanges(this.inputTokens, estimate.inputTokens);
    this.outputTokens = addRanges(this.outputTokens, estimate.outputTokens);
    this.uncounted += estimate.uncounted;
    if (estimate.isUnlimited) this.unlimited += 1;
    if (this.#terms === undefined) return;
    for (const level of LEVELS) this.#addShare(level, estimate, this.#terms);
  }

  #addShare(level: Level, estimate: RequestEstimate, {price}: CostTerms): void {
    const input = estimate.inputTokens[level];
    const tier = ratesFor(price, input)?.prompt_tokens_over ?? 0;
    const shares = this.#shares.get(level);
    const share = shares?.get(tier) ?? {
      input: 0,
      output: 0,
      images: 0,
      searches: 0,
      groundedRequests: 0,
      places: 0,
      byModality: {},
    };
    shares?.set(tier, share);
    share.input += input;
    share.output += estimate.outputTokens[level];
    share.images += estimate.imageTokens[level];
    share.searches += estimate.searches[level];
    share.places += estimate.places[level];
    share.groundedRequests += estimate.searches[level] > 0 ? 1 : 0;
    const likely = estimate.inputTokens.likely;
    for (const [modality, tokens] of Object.entries(estimate.byModality)) {
      share.byModality[modality] =
        (share.byModality[modality] ?? 0) + (likely === 0 ? 0 : (tokens * input) / likely);
    }
  }

  /**
   * What the requests cost in USD; null when the price is not known, or the size of some part.
   *
   * @param scale - by how much more than what was added the file uses: 1, unless other numbers or a sample say so; and
   *   how the service counted a sample by modality, which holds for all, and in which no part is left out.
   */
  cost(scale: {
    readonly input: Range;
    readonly output: Range;
    readonly requests: number;
    readonly counted?: ByModality | undefined;
  }): Range | null {
    const {requests, counted} = scale;
    if (this.uncounted > 0 && counted === undefined) return null;
    const at = (level: Level): number | null =>
      this.#costOf(level, {input: scale.input[level], output: scale.output[level], requests, counted});
    const low = at('low');
    const likely = at('likely');
    const high = at('high');
    return low === null || likely === null || high === null ? null : {low, likely, high};
  }

  #costOf(
    level: Level,
    scale: {input: number; output: number; requests: number; counted: ByModality | undefined},
  ): number | null {
    if (this.#terms === undefined) return null;
    const {price, ...grounding} = this.#terms;
    let sum = 0;
    for (const [tier, share] of this.#shares.get(level) ?? []) {
      const rates = ratesFor(price, tier + 1);
      if (rates === undefined) return null;
      const prompt = share.input * scale.input;
      const input =
        scale.counted === undefined
          ? scaled(share.byModality, scale.input)
          : scaled(scale.counted, prompt / total(scale.counted));
      const usage = {
        ...NO_USAGE,
        prompt_tokens: prompt,
        output_tokens: share.output * scale.output,
        search_queries: share.searches * scale.requests,
        search_prompts: share.groundedRequests * scale.requests,
        maps_prompts: share.places * scale.requests,
        by_modality: {...NO_USAGE.by_modality, input, output: {image: share.images * scale.output}},
      };
      const cost = costAt(usage, rates, grounding);
      if (cost === null) return null;
      sum += cost;
    }
    return sum;
  }

  /** The sums for all requests of a file of which every so many were added. */
  scaledTo(requests: number): {
    inputTokens: Range;
    outputTokens: Range;
    uncounted: number;
    unlimited: number;
    factor: number;
  } {
    const factor = this.requests === 0 ? 0 : requests / this.requests;
    return {
      inputTokens: timesRange(this.inputTokens, factor),
      outputTokens: timesRange(this.outputTokens, factor),
      uncounted: Math.round(this.uncounted * factor),
      unlimited: Math.round(this.unlimited * factor),
      factor,
    };
  }
}

function total(tokens: ByModality): number {
  return Object.values(tokens).reduce((sum, count) => sum + count, 0);
}

function scaled(tokens: ByModality, factor: number): ByModality {
  return Object.fromEntries(Object.entries(tokens).map(([modality, count]) => [modality, count * factor]));
}
