import type {StoreSnapshot} from '../../store/job-store.js';
import {PRICES} from '../../domain/price/prices.js';
import {costRoom, type CostRoom} from '../cost/cost-room.js';
import type {RequestFile} from '../submit/collect-inputs.js';
import type {SubmitDeps, SubmitOptions} from '../submit/submit-run.js';
import type {RunQueue} from './run-queue.js';

/** Another run that follows a job has its results within this time. When it does not, this run must not wait for ever. */
const OTHERS_FETCH_MS = 300_000;

interface WatchedCaps {
  readonly deps: Pick<SubmitDeps, 'store' | 'clock'>;
  readonly queue: RunQueue;
  readonly options: SubmitOptions;
  /** `input_file` of all files of the run. */
  readonly named: readonly string[];
}

/** Which of the files that wait have no room under the caps, and whether they may have some soon. */
export class CapWatch {
  readonly #parts: WatchedCaps;
  /** The room by a snapshot, as long as files wait for it. */
  #found: {readonly snapshot: StoreSnapshot; readonly room: CostRoom | undefined} | undefined;
  /** When jobs of other runs were first seen to be over without their results, by the monotonic clock. */
  readonly #overMs = new Map<string, number>();

  constructor(parts: WatchedCaps) {
    this.#parts = parts;
  }

  /** Forgets the room: a pass has changed it. */
  reset(): void {
    this.#found = undefined;
  }

  /** Computes the room where files wait for it and something has changed. */
  async look(snapshot: StoreSnapshot): Promise<void> {
    const {deps, queue, options, named} = this.#parts;
    const isAsked = queue.waiting.some(({index}) => queue.cappedCost(index) !== undefined);
    if (!isAsked || this.#found?.snapshot === snapshot) return;
    const room = await costRoom(deps.store, snapshot, {
      caps: options.caps ?? {},
      named,
      prices: options.prices ?? PRICES,
      nowMs: deps.clock.now(),
      followed: queue.jobs,
      signal: options.stop ?? new AbortController().signal,
    });
    this.#found = {snapshot, room};
    const nowMs = deps.clock.monotonic();
    for (const job of room?.unfetched ?? []) this.#overMs.set(job, this.#overMs.get(job) ?? nowMs);
  }

  /** Whether a file waits for room. */
  isCapped({index, inputFile}: RequestFile): boolean {
    const high = this.#parts.queue.cappedCost(index);
    return high !== undefined && this.#found?.room?.fits(inputFile, high) !== true;
  }

  /** Whether all of these files wait for room, and nothing will make any. */
  isOutOfRoom(files: readonly RequestFile[]): boolean {
    const room = this.#found?.room;
    if (room === undefined || room.isOpen || files.length === 0) return false;
    const nowMs = this.#parts.deps.clock.monotonic();
    const isFetched = (job: string): boolean => nowMs - (this.#overMs.get(job) ?? nowMs) < OTHERS_FETCH_MS;
    return files.every((file) => this.isCapped(file)) && !room.unfetched.some(isFetched);
  }
}
