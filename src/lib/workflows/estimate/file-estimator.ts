import {statSync} from 'node:fs';
import {setImmediate} from 'node:timers/promises';
import {EstimateSum} from '../../domain/estimate/estimate-sum.js';
import {historyOf, type History} from '../../domain/estimate/history.js';
import {timesRange, wholeRange, type Range} from '../../domain/estimate/range.js';
import {estimateRequest, type ModelTraits} from '../../domain/estimate/request-estimate.js';
import {placeInStretch} from '../../domain/estimate/spread.js';
import {requestOfLine} from '../../domain/estimate/request-of-line.js';
import {CONFIDENCE, inputOfSample, modalitiesOfSample} from '../../domain/estimate/token-sample.js';
import {GembatchError} from '../../domain/errors.js';
import {isBlank, LineSplitter} from '../../domain/json/line-splitter.js';
import type {JobEstimate} from '../../domain/job/job-record.js';
import {retirementWarning} from '../../domain/price/retirement.js';
import {countSample, type CountedSample, type CountTokens} from './count-sample.js';
import {pastJobs, pricedModel, type EstimatedModel, type EstimateTerms} from './estimated-model.js';
import {refuseAddress} from '../request-file/open-file.js';
import {readChunks} from '../request-file/read-chunks.js';
import {readSmall} from '../request-file/read-small.js';

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

/** An estimate and the file that it was made of. */
interface MadeEstimate {
  readonly size: number;
  readonly mtimeMs: number;
  readonly estimate: FileEstimate;
}

/** Larger files are known by a part of their lines, evenly spread. */
const SAMPLE_BYTES = 16 * 1024 * 1024;

/** A file of this size is read between two other events without anybody noticing. */
const SMALL_BYTES = 64 * 1024;

const FILES_OF_A_TURN = 64;

/** Estimates request files for one model, each read once as long as it does not change. */
export class FileEstimator {
  readonly #model: EstimatedModel;
  readonly #history: History | undefined;
  readonly #sampleBytes: number;
  readonly #countTokens: CountTokens | undefined;
  readonly #isOnce: boolean;
  #estimated = 0;
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
    this.#isOnce = terms.isOnce === true;
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
    refuseAddress(file.path);
    this.#estimated += 1;
    // Small files are read without a turn of the event loop, in which a signal is heard.
    if (this.#estimated % FILES_OF_A_TURN === 0) await setImmediate();
    if (signal?.aborted) throw wasStopped(file.name);
    const stats = statSync(file.path);
    const {size, mtimeMs} = stats;
    const made = this.#made.get(file.path);
    if (made?.size === size && made.mtimeMs === mtimeMs) return made.estimate;
    const estimate = await estimateFile(file, {
      model: this.#model,
      history: this.#history,
      countTokens: this.#countTokens,
      size,
      isSmall: stats.isFile() && size <= SMALL_BYTES,
      sampleBytes: this.#sampleBytes,
      signal,
    });
    if (!this.#isOnce) this.#made.set(file.path, {size, mtimeMs, estimate});
    return estimate;
  }

  /** Estimates request lines as they come, for a file that is not written. */
  lines(name: string): {add: (line: Uint8Array) => void; estimate: () => FileEstimate} {
    const tally = new RequestTally(this.#model, 1);
    let size = 0;
    return {
      add: (line) => {
        tally.add(line, 0, line.length);
        size += line.length + 1;
      },
      estimate: () => estimateOf({name, size, tally}, {model: this.#model, history: this.#history}),
    };
  }

  /** An estimate as the record of its batch job holds it. */
  jobEstimate({model, method, input_tokens, output_tokens, cost_usd}: FileEstimate): JobEstimate {
    const cost = cost_usd === null ? {} : {cost_usd};
    return {model, method, input_tokens, output_tokens, ...cost, read_on: this.pricesReadOn};
  }
}

/** What one file is estimated by. */
interface FileTerms {
  readonly model: EstimatedModel;
  readonly history: History | undefined;
  readonly countTokens: CountTokens | undefined;
  readonly size: number;
  /** Whether it is a regular file that is read at once. */
  readonly isSmall: boolean;
  readonly sampleBytes: number;
  readonly signal: AbortSignal | undefined;
}

async function estimateFile(
  {path, name}: {path: string; name: string},
  terms: FileTerms,
): Promise<FileEstimate> {
  const {size, isSmall, sampleBytes, signal} = terms;
  const tally = new RequestTally(terms.model, Math.max(1, Math.ceil(size / sampleBytes)));
  const splitter = new LineSplitter((bytes, start, end) => tally.add(bytes, start, end));
  const small = isSmall ? readSmall(path, SMALL_BYTES) : undefined;
  for await (const chunk of small === undefined ? readChunks(path) : [small]) {
    if (signal?.aborted) throw wasStopped(name);
    splitter.push(chunk);
  }
  splitter.finish();
  const {requests} = tally;
  return estimateOf({name, size, tally}, terms, await sampleOf({path, requests}, terms));
}

function wasStopped(name: string): GembatchError {
  return new GembatchError('INTERRUPTED', `${name}: the estimate was stopped.`);
}

/** Adds up the requests of a file as they come. */
class RequestTally {
  readonly sum: EstimateSum;
  requests = 0;
  readonly #traits: ModelTraits;
  readonly #every: number;

  /** @param every - one of this many requests is looked at. */
  constructor({terms, traits}: EstimatedModel, every: number) {
    this.sum = new EstimateSum(terms);
    this.#traits = traits;
    this.#every = every;
  }

  add(bytes: Uint8Array, start: number, end: number): void {
    if (isBlank(bytes, start, end)) return;
    const stretch = Math.floor(this.requests / this.#every);
    if (this.requests % this.#every === Math.floor(placeInStretch(stretch) * this.#every))
      this.sum.add(estimateRequest(requestOfLine(bytes, start, end), this.#traits));
    this.requests += 1;
  }
}

function estimateOf(
  {name, size, tally: {sum, requests}}: {name: string; size: number; tally: RequestTally},
  {model, history}: Pick<FileTerms, 'model' | 'history'>,
  sample?: CountedSample,
): FileEstimate {
  const offline = sum.scaledTo(requests);
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
