/** What jobs and their rows come to, where a test wants something else than success. */
import type {JobTiming} from '../../control/behaviour.js';
import {seededRandom} from '../../control/random.js';

export type FinalState = (typeof FINAL_STATES)[number];

export const FINAL_STATES = ['SUCCEEDED', 'FAILED', 'CANCELLED', 'EXPIRED', 'PARTIALLY_SUCCEEDED'] as const;

export type RowFault = (typeof ROW_FAULTS)[number];

export const ROW_FAULTS = [
  /** An error in place of a response. */
  'error',
  /** The same, under the name `status`, as some clients read it. */
  'error_as_status',
  /** Code 9, "Precondition check failed", as grounded rows of large jobs have that succeed in a small one. */
  'precondition',
  /** The prompt was blocked: no candidates. */
  'blocked',
  /** The answer was withheld: a candidate without content. */
  'safety',
  /** Cut off in the middle, `MAX_TOKENS`. */
  'truncated',
  /** Cut off at what the service gives in one go, `CONTINUATION`, with a token to go on by. */
  'continuation',
  /** The answer in a Markdown code fence, also where JSON was asked for. */
  'code_fence',
  /** JSON of another shape than was asked for. */
  'wrong_shape',
  /** A candidate without any parts. */
  'empty',
  /** The answer says when the service ends its model: `modelStatus`. */
  'retiring',
  /** Half of the prompt came from a cache. */
  'cached',
  /** Without `usageMetadata`. */
  'no_usage',
  /** Without its key. */
  'no_key',
  /** No row at all. */
  'missing',
  /** The row twice. */
  'repeated',
  /** One more row, with a key that nobody sent. */
  'unknown_key',
  /** A row that is not JSON. */
  'malformed',
] as const;

/** What jobs that fit come to, and when: the times of `JobTiming` hold for them in place of the usual ones. */
export interface OutcomeRule extends Partial<JobTiming> {
  /** Only jobs whose display name contains this. */
  readonly match?: string;
  readonly state?: FinalState;
  /** Of a job that does not succeed; `code` is a gRPC status number. */
  readonly error?: {readonly code: number; readonly message: string};
  /** Whether a job that does not succeed has the rows that it finished. */
  readonly has_output?: boolean;
  readonly rows?: readonly RowRule[];
}

/** Rows that go wrong: those with these keys, or this share of all. */
export interface RowRule {
  readonly fault: RowFault;
  readonly keys?: readonly string[];
  /** From 0 to 1. */
  readonly share?: number;
  /** Only in jobs with more requests than this. */
  readonly above_requests?: number;
}

/** The rules in force; the one added last is asked first. */
export class Outcomes {
  #rules: OutcomeRule[] = [];

  add(rule: OutcomeRule): void {
    this.#rules.unshift(rule);
  }

  clear(): void {
    this.#rules = [];
  }

  /** How a job with this display name ends; undefined for success. */
  ruleFor(displayName: string): OutcomeRule | undefined {
    return this.#rules.find(({match}) => match === undefined || displayName.includes(match));
  }
}

/** Decides for each row what is wrong with it, the same way each time for the same seed. */
export function rowFaults(
  rules: readonly RowRule[],
  seed: number,
): (key: string | undefined) => RowFault | undefined {
  const random = seededRandom(seed);
  return (key) => {
    const dice = random();
    let reached = 0;
    for (const {fault, keys, share} of rules) {
      if (key !== undefined && keys?.includes(key)) return fault;
      reached += share ?? 0;
      if (share !== undefined && dice < reached) return fault;
    }
    return undefined;
  };
}
