import type {PastJob} from '../../domain/estimate/history.js';
import type {ModelTraits} from '../../domain/estimate/request-estimate.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import {modelLabel} from '../../domain/service/model-choice.js';
import type {CostTerms} from '../../domain/price/cost.js';
import {
  entryOf,
  pricedModelId,
  pricesBetween,
  type PricedService,
  type PriceList,
} from '../../domain/price/price-list.js';
import type {CountTokens} from './count-sample.js';

/** By which model, prices and past jobs request files are estimated. */
export interface EstimateTerms {
  /** As the person wrote it, or its resource name. */
  readonly model: string;
  readonly service: PricedService;
  readonly prices: PriceList;
  /** All job records: those of finished jobs of the same model say what the next one uses. */
  readonly records: readonly JobRecord[];
  /** Today, in milliseconds since 1970. */
  readonly nowMs: number;
  /** Of a larger file only this many bytes are counted, evenly spread; 16 MiB when absent. */
  readonly sampleBytes?: number;
  /** Lets the service count the input of a sample, whatever is known of past jobs. */
  readonly countTokens?: CountTokens;
  /** Whether no file is estimated twice, so that no estimate is kept. */
  readonly isOnce?: boolean;
}

/** A batch job may be answered as late as this, at the price that holds then. */
const LATEST_ANSWER_MS = 72 * 3_600_000;
const DEFAULT_MAX_OUTPUT = 65_536;

/** What is known of the model that is to answer. */
export interface EstimatedModel {
  readonly name: string;
  readonly traits: ModelTraits;
  readonly terms: CostTerms | undefined;
}

/** The model, at the highest price that an answer may have. */
export function pricedModel({model, prices, service, nowMs}: EstimateTerms): EstimatedModel {
  const entry = entryOf(prices, model);
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
  const inForce = pricesBetween(prices, model, {
    service,
    from: day(nowMs),
    to: day(nowMs + LATEST_ANSWER_MS),
  });
  const price = inForce
    .toSorted((a, b) => (a.rates[0]?.input.text ?? 0) - (b.rates[0]?.input.text ?? 0))
    .at(-1);
  return {
    name: modelLabel(model),
    traits: {
      // A model that answers with vectors has no limit of output.
      maxOutputTokens: entry === undefined ? DEFAULT_MAX_OUTPUT : (entry.max_output_tokens ?? 0),
      isGemini2: pricedModelId(prices, model).startsWith('gemini-2'),
      answersImages: price?.rates.some(({output}) => output?.['image'] !== undefined) ?? false,
    },
    terms: price === undefined ? undefined : {price, search: entry?.search, maps: entry?.maps_usd_per_1000},
  };
}

/** Finished jobs of the same model whose usage is known. */
export function pastJobs({records, prices, model}: EstimateTerms): readonly PastJob[] {
  const id = pricedModelId(prices, model);
  return records.flatMap((record): PastJob[] => {
    const {usage} = record;
    const name = record.requested_model ?? record.batch.model;
    if (usage === undefined || name === undefined || record.size_bytes === undefined) return [];
    if (pricedModelId(prices, name) !== id || usage.prompt_tokens === null || usage.output_tokens === null)
      return [];
    // Requests that were not answered used nothing, and have bytes.
    const answered = Math.min(1, usage.rows / (record.count ?? usage.rows));
    return [
      {
        requests: usage.rows,
        sizeBytes: record.size_bytes * answered,
        promptTokens: usage.prompt_tokens,
        outputTokens: usage.output_tokens + usage.thoughts_tokens,
      },
    ];
  });
}
