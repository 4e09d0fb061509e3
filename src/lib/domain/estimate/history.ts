import type {Range} from './range.js';

export interface PastJob {
  readonly requests: number;
  /** Size of its request file. */
  readonly sizeBytes: number;
  readonly promptTokens: number;
  /** Answers and thoughts. */
  readonly outputTokens: number;
}

/** What past jobs say of the next one: tokens for each byte of input, and answered tokens for each request. */
export interface History {
  readonly inputPerByte: Range;
  readonly outputPerRequest: Range;
}

/** Room beside what was seen. */
const LOW = 0.8;
const HIGH = 1.25;
/** Answers differ more than prompts do. */
const OUTPUT_HIGH = 2;
/** The highest input is at most three times the lowest; jobs that differ more are of different kinds. */
const WIDEST = 3;

/** What the finished jobs of a model say; undefined when there are none, or they differ too much to say anything. */
export function historyOf(jobs: readonly PastJob[]): History | undefined {
  const useful = jobs.filter(({requests, sizeBytes}) => requests > 0 && sizeBytes > 0);
  if (useful.length === 0) return undefined;
  const inputs = useful.map(({promptTokens, sizeBytes}) => promptTokens / sizeBytes);
  const outputs = useful.map(({outputTokens, requests}) => outputTokens / requests);
  const total = (of: (job: PastJob) => number): number => useful.reduce((sum, job) => sum + of(job), 0);
  const input = {
    low: extremeOf(inputs, Math.min) * LOW,
    likely: total((job) => job.promptTokens) / total((job) => job.sizeBytes),
    high: extremeOf(inputs, Math.max) * HIGH,
  };
  if (input.high > input.low * WIDEST) return undefined;
  return {
    inputPerByte: input,
    outputPerRequest: {
      low: extremeOf(outputs, Math.min) * LOW,
      likely: total((job) => job.outputTokens) / total((job) => job.requests),
      high: extremeOf(outputs, Math.max) * OUTPUT_HIGH,
    },
  };
}

/** Arguments stand on the stack, which has no room for those of 200,000 jobs. */
function extremeOf(values: readonly number[], choose: (a: number, b: number) => number): number {
  return values.reduce((extreme, value) => choose(extreme, value));
}
