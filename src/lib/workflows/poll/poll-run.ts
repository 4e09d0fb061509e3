import type {PriceList} from '../../domain/price/price-list.js';
import type {Clock} from '../../domain/clock.js';
import type {BatchService} from '../../services/batch-service.js';
import type {AtomicFile} from '../../store/file/atomic-file.js';
import type {JobStore} from '../../store/job-store.js';
import type {PollEvent} from './poll-report.js';

/**
 * Starts a file that appears at its target whole or not at all, and over another one only when `overwrite` says so.
 */
export type CreateFile = (
  target: string,
  options?: {readonly overwrite?: boolean; readonly besides?: readonly string[]},
) => Promise<AtomicFile>;

export interface PollDeps {
  readonly store: JobStore;
  readonly client: BatchService;
  readonly clock: Clock;
  readonly createFile: CreateFile;
  /** By which what the answers used is priced. */
  readonly prices: PriceList;
  /** Takes each step of progress; must not throw. */
  readonly report: (event: PollEvent) => void;
}

/** What to follow, and how. Times are in milliseconds. */
export interface PollInput {
  /** Request files and batch jobs to follow, as the person named them; none for all. */
  readonly selection: readonly string[];
  /** Looks once, fetches what is ready, and ends. */
  readonly isOnce: boolean;
  readonly intervalMs: number;
  /** When to give up waiting; null for never. */
  readonly timeoutMs: number | null;
  /** Deletes nothing at the service. */
  readonly keepsRemote: boolean;
  /** Folder for the results; null for `results` beside each request file. */
  readonly resultsDir: string | null;
  /** Whether results are fetched that were left in their bucket. */
  readonly fetchesLeft: boolean;
  /** Whether answers are checked against what their requests ask for. */
  readonly checksAnswers: boolean;
  /** How long a job whose create was not answered may take to show up in the service's list. */
  readonly createGraceMs: number;
  /** Asks the run to end: what is being written is finished, what is being downloaded is given up. The reason is a `GembatchError`. */
  readonly stop: AbortSignal;
}
