import {estimateRequest, type ModelTraits} from '../../domain/estimate/request-estimate.js';
import {requestOfLine} from '../../domain/estimate/request-of-line.js';
import {placeInStretch} from '../../domain/estimate/spread.js';
import type {SampledRequest} from '../../domain/estimate/token-sample.js';
import {GembatchError} from '../../domain/errors.js';
import type {JsonObject} from '../../domain/json/json-object.js';
import {isBlank, LineSplitter} from '../../domain/json/line-splitter.js';
import type {TokenCount} from '../../services/batch-service.js';
import {readChunks} from '../request-file/read-chunks.js';
import {splitFile} from '../request-file/split-file.js';

/** Lets the service count a request. */
export type CountTokens = (request: JsonObject, signal: AbortSignal) => Promise<TokenCount>;

/** Requests of a file that the service has counted. */
export interface CountedSample {
  readonly counted: readonly SampledRequest[];
  /** Requests that it did not take, and why it did not take the first of them. */
  readonly refused: number;
  readonly refusal: GembatchError | undefined;
}

/** Half a minute for the service at its usual pace, and an error of some percent for requests of a kind. */
const SAMPLE_REQUESTS = 50;
const COUNTS_AT_ONCE = 8;

/**
 * Lets the service count a sample of the requests of a file, evenly spread over it. A request that it refuses is left out;
 * any other error ends it.
 *
 * @param file - with the number of its requests.
 * @throws GembatchError what the service says.
 */
export async function countSample(
  file: {readonly path: string; readonly requests: number},
  {count, traits, signal}: {count: CountTokens; traits: ModelTraits; signal: AbortSignal | undefined},
): Promise<CountedSample> {
  const failure = new AbortController();
  const stop = signal === undefined ? failure.signal : AbortSignal.any([failure.signal, signal]);
  const counted: SampledRequest[] = [];
  const refusals: GembatchError[] = [];
  /** The latest calls: no more requests are in memory. */
  const calls: Promise<void>[] = [];
  const countOne = async (request: JsonObject): Promise<void> => {
    try {
      const {total, by_modality: byModality} = await count(request, stop);
      const {inputTokens, uncounted} = estimateRequest(request, traits);
      counted.push({counted: total, byModality, guessed: inputTokens.likely, isPartlyGuessed: uncounted > 0});
    } catch (error) {
      if (error instanceof GembatchError && error.code === 'REFUSED') refusals.push(error);
      else failure.abort(error);
    }
  };
  for await (const request of sampledRequests(file)) {
    if (stop.aborted) break;
    calls.push(countOne(request));
    if (calls.length === COUNTS_AT_ONCE) await calls.shift();
  }
  await Promise.all(calls);
  if (failure.signal.aborted) throw failure.signal.reason;
  return {counted, refused: refusals.length, refusal: refusals[0]};
}

async function* sampledRequests(file: {path: string; requests: number}): AsyncGenerator<JsonObject> {
  const {path, requests} = file;
  const size = Math.min(SAMPLE_REQUESTS, requests);
  let seen = 0;
  let taken = 0;
  const found: JsonObject[] = [];
  const splitter = new LineSplitter((bytes, start, end) => {
    if (isBlank(bytes, start, end)) return;
    if (taken < size && seen >= Math.floor(((taken + placeInStretch(taken)) * requests) / size)) {
      found.push(requestOfLine(bytes, start, end));
      taken += 1;
    }
    seen += 1;
  });
  for await (const part of splitFile(readChunks(path), splitter, found)) yield* part;
}
