/** What a batch job came to. */
import type {FinalState} from './rows/outcomes.js';
import type {UsedTokens} from './rows/used-tokens.js';

/** Requests of a job by what became of them. */
export interface Counts {
  readonly successful: number;
  readonly failed: number;
  /** What the answers used, by the model that gave them. */
  readonly used: Readonly<Record<string, UsedTokens>>;
}

/** An error as an operation carries it; `code` is a gRPC status number. */
export interface OperationError {
  readonly code: number;
  readonly message: string;
}

export interface JobEnd {
  readonly state: FinalState;
  readonly atMs: number;
  readonly counts: Counts;
  readonly error?: OperationError;
  /** `files/batch-<id>` */
  readonly outputFile?: string;
  /** The folder of the results of a job at Vertex AI, `gs://…`. */
  readonly outputDirectory?: string;
  readonly inlineResponses?: readonly unknown[];
}

/**
 * An end without any results.
 *
 * @param jobName - `batches/<id>`
 * @param error - what is said of it in place of what is usual for the state.
 */
export function endWithoutResults(
  jobName: string,
  {
    state,
    atMs,
    error = defaultError(jobName, state),
  }: {state: FinalState; atMs: number; error?: OperationError | undefined},
): JobEnd {
  const end: JobEnd = {state, atMs, counts: {successful: 0, failed: 0, used: {}}};
  return error === undefined ? end : {...end, error};
}

/**
 * What an operation in this state says; nothing for those that did not fail. The error of a cancelled job is as captured in
 * `tobert/kaibo` `src/batch.rs`.
 */
export function defaultError(jobName: string, state: FinalState): OperationError | undefined {
  if (state === 'FAILED') return {code: 13, message: 'System error.'};
  if (state !== 'CANCELLED') return undefined;
  if (jobName.startsWith('projects/')) return {code: 1, message: 'The job was cancelled.'};
  return {code: 13, message: `Batch ${jobName.replace('batches/', '')} failed without error.`};
}
