import {itemError} from '../../domain/item-error.js';
import type {GembatchError} from '../../domain/errors.js';
import type {FileOutcome, EarlierCreate, SubmitResult} from '../submit/submit-report.js';
import type {RequestFile} from '../submit/collect-inputs.js';
import {summarise} from '../submit/summarise.js';

/** How often a file is tried that the service does not take, or whose create has an unknown outcome. */
const MOST_TRIES = 5;
/** A file that was refused so often in a row goes behind the others, which may be smaller. */
const MOST_REFUSALS = 3;

interface Waiting {
  readonly file: RequestFile;
  tries: number;
  refusals: number;
  /** What became of it the last time; undefined when it has not had its turn yet. */
  last?: FileOutcome;
}

/** The request files of a run: those that still wait to be submitted, and what became of the others. */
export class RunQueue {
  readonly #total: number;
  readonly #indexes: ReadonlyMap<string, number>;
  readonly #outcomes = new Map<number, FileOutcome>();
  readonly #earlierCreates = new Map<string, EarlierCreate>();
  readonly #jobs = new Set<string>();
  readonly #waiting: Map<number, Waiting>;
  #serviceError: FileOutcome['error'];
  #submittedRequests = 0;
  #estimate: SubmitResult['estimate'];

  constructor(files: readonly RequestFile[]) {
    this.#total = files.length;
    this.#indexes = new Map(files.map(({inputFile, index}) => [inputFile, index]));
    this.#waiting = new Map(files.map((file) => [file.index, {file, tries: 0, refusals: 0}]));
  }

  /** How many files there are. */
  get total(): number {
    return this.#total;
  }

  /** The files that wait, in the order in which they have their turn. */
  get waiting(): readonly RequestFile[] {
    return [...this.#waiting.values()].map(({file}) => file);
  }

  /** How many requests wait with the files, by the estimate of all that were not sent before; null where nobody has counted. */
  get waitingRequests(): number | null {
    if (this.waiting.some(({object}) => object !== undefined)) return null;
    const all = this.#estimate?.total.requests ?? 0;
    return this.isEmpty ? 0 : Math.max(0, all - this.#submittedRequests);
  }

  /** What became of a file; undefined while it waits. */
  outcomeOf(inputFile: string): FileOutcome | undefined {
    return this.#outcomes.get(this.#indexes.get(inputFile) ?? 0);
  }

  /** What a file costs at most that waits for room under the caps, null for unknown; undefined of other files. */
  cappedCost(index: number): number | null | undefined {
    const last = this.#waiting.get(index)?.last;
    return last?.error?.code === 'COST_CAP' ? (last.estimate_usd?.high ?? null) : undefined;
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** The batch jobs of the files that have one. */
  get jobs(): ReadonlySet<string> {
    return this.#jobs;
  }

  /** Why files of the last pass have to be tried again although there was room for them. */
  get serviceError(): FileOutcome['error'] {
    return this.#serviceError;
  }

  beginPass(): void {
    this.#serviceError = undefined;
  }

  /**
   * Notes what became of a file in a pass.
   *
   * @param index - of the file.
   * @returns whether that is its end; otherwise it waits for the next pass.
   */
  note(index: number, outcome: FileOutcome): boolean {
    const entry = this.#waiting.get(index);
    if (entry === undefined) return true;
    entry.last = outcome;
    if (this.#comesAgain(entry, outcome)) return false;
    this.#end(entry, outcome);
    return true;
  }

  /** Takes in what else a pass has found, and puts files behind the others that were refused again and again. */
  endPass({settled, estimate}: SubmitResult): void {
    this.#estimate ??= estimate;
    for (const create of settled) this.#earlierCreates.set(create.attempt, create);
    for (const [index, entry] of this.#waiting) {
      if (entry.refusals < MOST_REFUSALS) continue;
      this.#waiting.delete(index);
      this.#waiting.set(index, {...entry, refusals: 0});
    }
  }

  /** Ends the files that still wait. @returns what became of them, by index. */
  endWaiting(why: GembatchError | undefined): ReadonlyMap<number, FileOutcome> {
    const ended = new Map<number, FileOutcome>();
    for (const [index, {file, last}] of this.#waiting) ended.set(index, unfinished(file, last, why));
    for (const [index, outcome] of ended) this.#outcomes.set(index, outcome);
    this.#waiting.clear();
    return ended;
  }

  /** The result of all passes. */
  result(
    terms: Pick<SubmitResult, 'job_info' | 'model'>,
    end: {readonly fatal: GembatchError | undefined; readonly durationMs: number},
  ): SubmitResult {
    const files = [...this.#outcomes].sort(([a], [b]) => a - b).map(([, outcome]) => outcome);
    const settled = [...this.#earlierCreates.values()];
    const estimate = this.#estimate === undefined ? {} : {estimate: this.#estimate};
    return {...terms, dry_run: false, files, settled, summary: summarise(files, settled, end), ...estimate};
  }

  #comesAgain(entry: Waiting, {outcome, error}: FileOutcome): boolean {
    if (outcome === 'not_started') {
      if (error?.code === 'QUOTA') entry.refusals += 1;
      return true;
    }
    const isOfService = outcome === 'unclear' || (outcome === 'failed' && error?.code === 'SERVICE');
    if (!isOfService) return false;
    entry.tries += 1;
    this.#serviceError = error;
    return entry.tries < MOST_TRIES;
  }

  #end({file: {index}}: Waiting, outcome: FileOutcome): void {
    this.#waiting.delete(index);
    this.#outcomes.set(index, outcome);
    const {job, count} = outcome;
    if (outcome.outcome === 'submitted') this.#submittedRequests += count ?? 0;
    // The job of a file that has changed is of other work than was asked for.
    if (job !== undefined && outcome.outcome !== 'changed') this.#jobs.add(job.name);
  }
}

/** The outcome of a file that is not tried any more in this run. */
function unfinished(
  {name}: RequestFile,
  last: FileOutcome | undefined,
  why: GembatchError | undefined,
): FileOutcome {
  if (last?.outcome === 'failed' || last?.outcome === 'unclear') return last;
  if (last?.error?.code === 'COST_CAP' && why?.code === 'COST_CAP') return last;
  const {error: lastError, ...facts} = last ?? {file: name};
  const error = why === undefined ? lastError : itemError(why);
  return {...facts, outcome: 'not_started', ...(error === undefined ? {} : {error})};
}
