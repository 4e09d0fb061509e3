/** What jobs and their rows come to, where a test wants something else than success. */
import {seededRandom} from './random.js';

/** States in which a job can end. */
export type FinalState = 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'EXPIRED' | 'PARTIALLY_SUCCEEDED';

/** What can be wrong with a result row. */
export type RowFault =
  | 'error'
  | 'blocked'
  | 'safety'
  | 'truncated'
  | 'empty'
  | 'missing'
  | 'repeated'
  | 'unknown_key'
  | 'no_usage'
  | 'malformed';

/** What jobs that fit come to. */
export interface OutcomeRule {
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

  /** What a job with this display name comes to; undefined for success. */
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
