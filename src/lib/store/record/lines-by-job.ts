import type {JobLine} from './stored-record.js';

/**
 * Where the lines of each batch job are. It may serve several contents of a job-info file that grew out of each other: what
 * it says of one of them is looked up there.
 */
export class LinesByJob {
  readonly #positions = new Map<string, number>();
  /** Of jobs that stand in several lines. */
  readonly #repeated = new Map<string, readonly number[]>();

  constructor(jobs: readonly JobLine[]) {
    this.add(jobs, 0);
  }

  /** @param first - position of the first of these lines among all. */
  add(jobs: readonly JobLine[], first: number): void {
    for (const [at, {record}] of jobs.entries()) this.#note(record.batch.name, first + at);
  }

  /** Positions of the lines of a batch job among those of a content, in their order. */
  of(name: string, jobs: readonly JobLine[]): readonly number[] {
    const position = this.#positions.get(name);
    if (position === undefined) return [];
    const positions = this.#repeated.get(name) ?? [position];
    return positions.filter((at) => jobs[at]?.record.batch.name === name);
  }

  #note(name: string, at: number): void {
    const position = this.#positions.get(name);
    if (position === undefined) this.#positions.set(name, at);
    else if (position !== at) this.#repeated.set(name, inOrder(this.#repeated.get(name) ?? [position], at));
  }
}

function inOrder(positions: readonly number[], at: number): readonly number[] {
  return [...new Set([...positions, at])].toSorted((a, b) => a - b);
}
