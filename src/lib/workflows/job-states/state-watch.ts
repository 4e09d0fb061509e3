import {itemError} from '../../domain/item-error.js';
import {GembatchError} from '../../domain/errors.js';
import {awaitsService} from '../../domain/job/job-progress.js';
import type {BatchJob} from '../../domain/job/batch-job.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import {isTerminal} from '../../domain/job/job-state.js';
import {PollPace} from '../../domain/job/poll-pace.js';
import type {FollowedJobs} from '../poll/followed-jobs.js';
import {noteStates} from './note-states.js';
import type {PollDeps, PollInput} from '../poll/poll-run.js';
import {refreshJobs, type RefreshedJobs} from './refresh-jobs.js';
import type {RetrySchedule} from '../reconcile/retry-schedule.js';

/** A result file may lag behind the state of its job; no report speaks of more than minutes. */
const RESULT_LAG_MS = 1_800_000;
/** For so long each run asks once more for a job that was not seen: it may have been asked for with another project's key. */
const LOST_RECHECK_MS = 7 * 86_400_000;

/** What a watch over the states of jobs goes by. */
export interface StateWatchParts {
  readonly deps: PollDeps;
  readonly followed: FollowedJobs;
  readonly retrySchedule: RetrySchedule;
  readonly input: Pick<PollInput, 'intervalMs' | 'isOnce'>;
  readonly stop: AbortSignal;
}

/** Asks the service how the jobs stand whenever it is time to, and brings their records up to what it says. */
export class StateWatch {
  readonly #parts: StateWatchParts;
  readonly #pace: PollPace;
  /** Since when jobs have succeeded without naming a result file, by the monotonic clock. */
  readonly #lagging = new Map<string, number>();
  readonly #latest = new Map<string, BatchJob>();
  #nextAskMs = -Infinity;
  #hasAsked = false;
  #serviceError: GembatchError | undefined;

  constructor(parts: StateWatchParts) {
    this.#parts = parts;
    this.#pace = new PollPace(parts.input.intervalMs);
  }

  /** Why the service could not be asked the last time; undefined when it could. */
  get serviceError(): GembatchError | undefined {
    return this.#serviceError;
  }

  /** What the service said of a job the last time. */
  latest(job: string): BatchJob | undefined {
    return this.#latest.get(job);
  }

  get isDue(): boolean {
    return this.#parts.deps.clock.monotonic() >= this.#nextAskMs;
  }

  /** Asks no later than usual, because something moves. */
  pollSoon(): void {
    const soonMs = this.#parts.deps.clock.monotonic() + this.#parts.input.intervalMs;
    this.#nextAskMs = Math.min(this.#nextAskMs, soonMs);
  }

  /**
   * Asks for all jobs that are not over. When it returns, what the service said is durable.
   *
   * @throws GembatchError `KEY_REFUSED`, `STORAGE`, `LOCKED`, `LOCK_LOST`; `SERVICE` and `QUOTA` when there is only one look.
   */
  async ask(): Promise<void> {
    const {deps, followed, stop} = this.#parts;
    const asked = this.#recordsToAsk();
    const refreshed = await refreshJobs(
      deps.client,
      asked.map(({batch}) => batch),
      {signal: stop, onWait: ({reason, delayMs}) => deps.report({type: 'wait', reason, delayMs})},
    );
    for (const [name, batch] of refreshed.found) this.#latest.set(name, batch);
    followed.takeMovement();
    await followed.change(noteStates(asked, refreshed, new Date(deps.clock.now()).toISOString()));
    this.#noteNotSeen(asked, refreshed);
    this.#noteRefused(asked, refreshed);
    this.#noteLagging();
    this.#hasAsked ||= refreshed.error === undefined;
    this.#schedule(refreshed.error);
  }

  #recordsToAsk(): readonly JobRecord[] {
    const {deps, followed, retrySchedule} = this.#parts;
    const isRecheck = ({lost_at: lostAt, not_seen: missed, results}: JobRecord): boolean => {
      const sinceMs = deps.clock.now() - Date.parse(missed?.given_up_at ?? lostAt ?? '');
      return !this.#hasAsked && results === undefined && sinceMs < LOST_RECHECK_MS;
    };
    return followed.records.filter(
      (record) => (awaitsService(record) && retrySchedule.isDue(record.batch.name)) || isRecheck(record),
    );
  }

  #schedule(error: GembatchError | undefined): void {
    const {deps, followed, input} = this.#parts;
    if (error?.code === 'INTERRUPTED') return;
    this.#serviceError = error;
    if (error === undefined) {
      this.#askIn(this.#pace.afterAnswer(followed.takeMovement()));
    } else {
      if (input.isOnce || (error.code !== 'SERVICE' && error.code !== 'QUOTA')) throw error;
      const delayMs = this.#pace.afterError();
      deps.report({type: 'wait', reason: error.message, delayMs});
      this.#askIn(delayMs);
    }
  }

  #askIn(delayMs: number): void {
    const {clock, report} = this.#parts.deps;
    this.#nextAskMs = clock.monotonic() + delayMs;
    report({type: 'asked', delayMs});
  }

  #noteNotSeen(asked: readonly JobRecord[], {gone}: RefreshedJobs): void {
    const newest = new Map(this.#parts.followed.records.map((record) => [record.batch.name, record]));
    for (const {batch, input_file: file, not_seen: before, lost_at: lostAt} of asked) {
      if (!gone.has(batch.name) || lostAt !== undefined || before?.given_up_at !== undefined) continue;
      const isGivenUp = newest.get(batch.name)?.not_seen?.given_up_at !== undefined;
      if (before !== undefined && !isGivenUp) continue;
      const message = isGivenUp
        ? `${file}: ${batch.name} was not seen for ten minutes, neither by name nor in the list. Nothing is concluded from that: it may belong to the project of another API key, with which poll finds it again.`
        : `${file}: the service does not show its job ${batch.name} right now; poll looks again for ten minutes.`;
      this.#parts.deps.report({type: 'warning', name: batch.name, message});
    }
  }

  #noteRefused(asked: readonly JobRecord[], {refused}: RefreshedJobs): void {
    const {deps, retrySchedule} = this.#parts;
    for (const {batch, input_file: file} of asked) {
      const error = refused.get(batch.name);
      if (error === undefined) continue;
      const retryMs = retrySchedule.note(batch.name, error);
      deps.report({type: 'error', name: batch.name, file, error: itemError(error), retryMs});
    }
  }

  #noteLagging(): void {
    const {deps, followed, retrySchedule} = this.#parts;
    const nowMs = deps.clock.monotonic();
    for (const record of followed.records) {
      const {batch, input_file: file} = record;
      if (!awaitsService(record) || !isTerminal(batch.state)) continue;
      const sinceMs = this.#lagging.get(batch.name) ?? nowMs;
      this.#lagging.set(batch.name, sinceMs);
      if (nowMs - sinceMs < RESULT_LAG_MS || retrySchedule.finalError(batch.name)) continue;
      const error = new GembatchError(
        'NOT_FOUND',
        `${file}: ${batch.name} has succeeded, but names no result file.`,
        {
          suggestions: ['Run poll again later, or look at the job in Google AI Studio.'],
        },
      );
      retrySchedule.giveUp(batch.name, error);
      deps.report({type: 'error', name: batch.name, file, error: itemError(error), retryMs: null});
    }
  }
}
