import {stat} from 'node:fs/promises';
import {EstimateSum} from '../../domain/estimate/estimate-sum.js';
import {historyOf, type History, type PastJob} from '../../domain/estimate/history.js';
import {timesRange, wholeRange, type Range} from '../../domain/estimate/range.js';
import {estimateRequest, type ModelTraits} from '../../domain/estimate/request-estimate.js';
import {requestOfLine} from '../../domain/estimate/request-of-line.js';
import {CONFIDENCE, inputOfSample, modalitiesOfSample} from '../../domain/estimate/token-sample.js';
import {GembatchError} from '../../domain/errors.js';
import {isBlank, LineSplitter} from '../../domain/json/line-splitter.js';
import type {JobEstimate, JobRecord} from '../../domain/job/job-record.js';
import {modelLabel} from '../../domain/job/model-choice.js';
import type {CostTerms} from '../../domain/price/cost.js';
import {
  entryOf,
  pricedModelId,
  pricesBetween,
  type PricedService,
  type PriceList,
} from '../../domain/price/price-list.js';
import {retirementWarning} from '../../domain/price/retirement.js';
import {countSample, type CountedSample, type CountTokens} from './count-sample.js';
import {readChunks} from '../request-file/read-chunks.js';

/** How the tokens of a file were found. */
export type EstimateMethod = 'history' | 'count_tokens' | 'offline';

/** What one request file will use. Tokens and USD are low, likely and high. */
export interface FileEstimate {
  readonly file: string;
  readonly model: string;
  readonly requests: number;
  readonly input_tokens: Range;
  readonly output_tokens: Range;
  /** null when the price is not known, or only the service can tell the size of a part. */
  readonly cost_usd: Range | null;
  readonly method: EstimateMethod;
  /** Parts that only the service can count: files by address, cached content. They are in no token count here. */
  readonly uncounted_parts: number;
  /** Requests without an output limit of their own: only that of the model bounds what they cost. */
  readonly unlimited_requests: number;
  /** What the method `count_tokens` goes by. */
  readonly sample?: TokenSample;
}

/** The requests of a file that the service counted. */
export interface TokenSample {
  readonly requests: number;
  /** Further ones that it did not take, and what it said to the first of them. */
  readonly refused: number;
  readonly refusal?: string;
  /** How often the true input lies between low and high, from 0 to 1. */
  readonly confidence: number;
}

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
  /** Of a file with more bytes than this, so many are counted, evenly spread; 16 MiB when absent. */
  readonly sampleBytes?: number;
  /** Lets the service count the input of a sample, whatever is known of past jobs. */
  readonly countTokens?: CountTokens;
}

/** An estimate and the file that it was made of. */
interface MadeEstimate {
  readonly size: number;
  readonly mtimeMs: number;
  readonly estimate: FileEstimate;
}

/** A batch job may be answered as late as this, at the price that holds then. */
const LATEST_ANSWER_MS = 72 * 3_600_000;
/** Larger files are known by a part of their lines, evenly spread. */
const SAMPLE_BYTES = 16 * 1024 * 1024;
const DEFAULT_MAX_OUTPUT = 65_536;

/** Estimates request files for one model, each read once as long as it does not change. */
export class FileEstimator {
  readonly #model: EstimatedModel;
  readonly #history: History | undefined;
  readonly #sampleBytes: number;
  readonly #countTokens: CountTokens | undefined;
  readonly #made = new Map<string, MadeEstimate>();
  /** When the prices were read, as `2026-11-27`. */
  readonly pricesReadOn: string;
  /** When the service ends the model, in words. */
  readonly retirement: string | undefined;

  constructor(terms: EstimateTerms) {
    this.#model = pricedModel(terms);
    this.#history = historyOf(pastJobs(terms));
    this.#sampleBytes = terms.sampleBytes ?? SAMPLE_BYTES;
    this.#countTokens = terms.countTokens;
    this.retirement = retirementWarning(terms.prices, terms.model, terms.nowMs);
    this.pricesReadOn = terms.prices.read_on;
  }

  /** The model without `models/`, when it has no price. */
  get unpricedModel(): string | undefined {
    return this.#model.terms === undefined ? this.#model.name : undefined;
  }

  /**
   * What a request file will use and cost.
   *
   * @throws GembatchError `INTERRUPTED`; what the file system says of a file that cannot be read.
   */
  async estimate(
    file: {readonly path: string; readonly name: string},
    signal?: AbortSignal,
  ): Promise<FileEstimate> {
    const {size, mtimeMs} = await stat(file.path);
    const made = this.#made.get(file.path);
    if (made?.size === size && made.mtimeMs === mtimeMs) return made.estimate;
    const estimate = await estimateFile(file, {
      model: this.#model,
      history: this.#history,
      countTokens: this.#countTokens,
      size,
      sampleBytes: this.#sampleBytes,
      signal,
    });
    this.#made.set(file.path, {size, mtimeMs, estimate});
    return estimate;
  }

  /** An estimate as the record of its batch job holds it. */
  jobEstimate({model, method, input_tokens, output_tokens, cost_usd}: FileEstimate): JobEstimate {
    const cost = cost_usd === null ? {} : {cost_usd};
    return {model, method, input_tokens, output_tokens, ...cost, read_on: this.pricesReadOn};
  }
}

/** What is known of the model that is to answer. */
interface EstimatedModel {
  readonly name: string;
  readonly traits: ModelTraits;
  readonly terms: CostTerms | undefined;
}

function pricedModel({model, prices, service, nowMs}: EstimateTerms): EstimatedModel {
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
    },
    terms: price === undefined ? undefined : {price, search: entry?.search},
  };
}

/** What one file is estimated by. */
interface FileTerms {
  readonly model: EstimatedModel;
  readonly history: History | undefined;
  readonly countTokens: CountTokens | undefined;
  readonly size: number;
  readonly sampleBytes: number;
  readonly signal: AbortSignal | undefined;
}

async function estimateFile(
  {path, name}: {path: string; name: string},
  terms: FileTerms,
): Promise<FileEstimate> {
  const {model, history, size} = terms;
  const {sum, requests} = await readRequests(path, name, terms);
  const offline = sum.scaledTo(requests);
  const sample = await sampleOf({path, requests}, terms);
  const input =
    sample !== undefined
      ? inputOfSample(sample.counted, {requests, guessed: offline.inputTokens.likely})
      : history !== undefined
        ? timesRange(history.inputPerByte, size)
        : offline.inputTokens;
  const output =
    history === undefined
      ? offline.outputTokens
      : bounded(timesRange(history.outputPerRequest, requests), offline.outputTokens);
  return {
    file: name,
    model: model.name,
    requests,
    input_tokens: wholeRange(input),
    output_tokens: wholeRange(output),
    cost_usd: sum.cost({
      input: ratio(input, sum.inputTokens),
      output: ratio(output, sum.outputTokens),
      requests: offline.factor,
      counted: sample === undefined ? undefined : modalitiesOfSample(sample.counted),
    }),
    method: sample !== undefined ? 'count_tokens' : history !== undefined ? 'history' : 'offline',
    uncounted_parts: sample === undefined ? offline.uncounted : 0,
    unlimited_requests: offline.unlimited,
    ...(sample === undefined ? {} : {sample: tokenSample(sample)}),
  };
}

async function readRequests(
  path: string,
  name: string,
  {model, size, sampleBytes, signal}: FileTerms,
): Promise<{sum: EstimateSum; requests: number}> {
  const every = Math.max(1, Math.ceil(size / sampleBytes));
  const sum = new EstimateSum(model.terms);
  let requests = 0;
  const splitter = new LineSplitter((bytes, start, end) => {
    if (isBlank(bytes, start, end)) return;
    if (requests % every === 0) sum.add(estimateRequest(requestOfLine(bytes, start, end), model.traits));
    requests += 1;
  });
  for await (const chunk of readChunks(path)) {
    if (signal?.aborted) throw new GembatchError('INTERRUPTED', `${name}: the estimate was stopped.`);
    splitter.push(chunk);
  }
  splitter.finish();
  return {sum, requests};
}

/** What the service counts, where it is asked; a file of which it takes no request cannot be estimated by it. */
async function sampleOf(
  file: {readonly path: string; readonly requests: number},
  {countTokens: count, model: {traits}, signal}: FileTerms,
): Promise<CountedSample | undefined> {
  if (count === undefined || file.requests === 0) return undefined;
  const sample = await countSample(file, {count, traits, signal});
  if (sample.counted.length === 0 && sample.refusal !== undefined) throw sample.refusal;
  return sample;
}

function tokenSample({counted, refused, refusal}: CountedSample): TokenSample {
  return {
    requests: counted.length,
    refused,
    ...(refusal === undefined ? {} : {refusal: refusal.message}),
    confidence: CONFIDENCE,
  };
}

/** Finished jobs of the same model whose usage is known. */
function pastJobs({records, prices, model}: EstimateTerms): readonly PastJob[] {
  const id = pricedModelId(prices, model);
  return records.flatMap((record): PastJob[] => {
    const {usage} = record;
    const name = record.requested_model ?? record.batch.model;
    if (usage === undefined || name === undefined || record.size_bytes === undefined) return [];
    if (pricedModelId(prices, name) !== id || usage.prompt_tokens === null || usage.output_tokens === null)
      return [];
    return [
      {
        requests: usage.rows,
        sizeBytes: record.size_bytes,
        promptTokens: usage.prompt_tokens,
        outputTokens: usage.output_tokens + usage.thoughts_tokens,
      },
    ];
  });
}

/** No more than the requests allow. */
function bounded(range: Range, {high}: Range): Range {
  return {
    low: Math.min(range.low, high),
    likely: Math.min(range.likely, high),
    high: Math.min(range.high, high),
  };
}

function ratio(a: Range, b: Range): Range {
  const of = (x: number, y: number): number => (y === 0 ? 0 : x / y);
  return {low: of(a.low, b.low), likely: of(a.likely, b.likely), high: of(a.high, b.high)};
}
