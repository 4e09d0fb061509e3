import {addModalities, type ByModality} from '../price/usage.js';
import type {Range} from './range.js';

/** One request of a sample: its input as the service counted it, and as its bytes tell. */
export interface SampledRequest {
  readonly counted: number;
  readonly byModality: ByModality;
  readonly guessed: number;
  /** Whether it has parts that its bytes do not tell. */
  readonly isPartlyGuessed: boolean;
}

/** How often the true number lies between low and high. */
export const CONFIDENCE = 0.95;
/** Of Student's t, two-sided at that confidence, by degrees of freedom from 1; from 30 on it is 2, near enough. */
const T_VALUES = [12.7, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23];
const T_OF_SMALL_SAMPLES = 2.2;
const T_OF_LARGE_SAMPLES = 2.05;
/** What is answered has some tokens more than what was only counted: https://ai.google.dev/api/tokens, 10 and 11. */
const LEAST_DOUBT = 0.02;
/** As far as the guess alone may be off, for a sample of one. */
const DOUBT_OF_ONE = 0.5;

/**
 * The input of all requests of a file by a sample of them: the guess for all, times what the sample has more than its own
 * guess (a ratio estimator, with the correction for finite populations). Where bytes do not tell, the mean of the sample.
 *
 * @param all - how many requests the file has, and the guess for all of them.
 */
export function inputOfSample(
  sample: readonly SampledRequest[],
  all: {readonly requests: number; readonly guessed: number},
): Range {
  const isByMean = sample.some(({isPartlyGuessed}) => isPartlyGuessed) || all.guessed === 0;
  const sizes = sample.map(({guessed}) => (isByMean ? 1 : guessed));
  const counted = sumOf(sample.map((request) => request.counted));
  const ratio = counted / sumOf(sizes);
  const likely = ratio * (isByMean ? all.requests : all.guessed);
  const size = sample.length;
  const squares = sumOf(sample.map((request, at) => (request.counted - ratio * (sizes[at] ?? 0)) ** 2));
  const error =
    size < 2 ? DOUBT_OF_ONE * likely : tOf(size - 1) * all.requests * Math.sqrt(squares / (size - 1) / size);
  const doubt = Math.max(LEAST_DOUBT * likely, error * Math.sqrt(1 - size / all.requests));
  return {low: Math.max(counted, likely - doubt), likely, high: likely + doubt};
}

/** How a sample is counted by modality; as text where the service does not say. */
export function modalitiesOfSample(sample: readonly SampledRequest[]): ByModality {
  return sample
    .map(({counted, byModality}) => (Object.keys(byModality).length === 0 ? {text: counted} : byModality))
    .reduce(addModalities, {});
}

function tOf(degrees: number): number {
  return T_VALUES[degrees - 1] ?? (degrees < 30 ? T_OF_SMALL_SAMPLES : T_OF_LARGE_SAMPLES);
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
