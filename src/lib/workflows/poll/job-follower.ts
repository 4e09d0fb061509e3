/**
 * Follows batch jobs to their end.
 *
 * Each round reads the job-info file if it has changed, asks the service when it is time to, and begins to fetch what is
 * ready; fetches go on in the background. Everything that is learnt is in the job-info file before it is acted upon, so
 * that a run can be stopped at any moment, started again, and run twice at the same time.
 */
import {itemError} from '../../domain/item-error.js';
import {GembatchError} from '../../domain/errors.js';
import {awaitsFetch, isFinished} from '../../domain/job/job-progress.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import {CONCURRENT_FETCHES, FetchLimiters} from '../fetch/fetch-limiters.js';
import {FetchQueue} from '../fetch/fetch-queue.js';
import {recordResultsInPlace} from '../fetch/place/results-in-place.js';
import {afterFailedFetch} from '../fetch/gone-results.js';
import {FreshStore} from '../job-states/fresh-store.js';
import {FollowedJobs} from './followed-jobs.js';
import {JournalWatch} from '../reconcile/journal-watch.js';
import {WakeableSleep} from './wakeable-sleep.js';
import type {PollEnd} from './poll-report.js';
import type {PollDeps, PollInput} from './poll-run.js';
import type {PollOutcome} from './poll-summary.js';
import {RetrySchedule} from '../reconcile/retry-schedule.js';
import {StateWatch} from '../job-states/state-watch.js';
import {ownCommand} from '../../domain/program-name.js';

/** How often the job-info file is looked at: new jobs of a submission are seen at once. */
const LOOK_MS = 1_000;
/** How long a record may be away from the job-info file before it counts as removed. */
const VANISHED_MS = 5_000;
/** Looks that did not find a job before a file at the place of its results is taken for them. */
const LOOKS_BEFORE_PLACE = 2;

/** One run over all jobs that are followed. */
export class JobFollower {
  readonly #deps: PollDeps;
  readonly #input: PollInput;
  /** Aborted when the run is to end before all is over. The reason is a `PollEnd`, or what went wrong. */
  readonly #halt = new AbortController();
  readonly #followed: FollowedJobs;
  readonly #retrySchedule: RetrySchedule;
  readonly #states: StateWatch;
  readonly #journal: JournalWatch;
  readonly #fetches: FetchQueue;
  #vanishedMs: number | undefined;
  readonly #sleep: WakeableSleep;
  /** Jobs for whose results their place was looked at, by batch name. */
  readonly #inPlaceSought = new Set<string>();
  /** By the monotonic clock. */
  readonly startedMs: number;

  constructor(deps: PollDeps, input: PollInput) {
    const stop = this.#halt.signal;
    this.startedMs = deps.clock.monotonic();
    this.#deps = deps;
    this.#input = input;
    const known = new FreshStore(deps.store);
    this.#followed = new FollowedJobs(deps, known, input);
    this.#retrySchedule = new RetrySchedule(deps.clock, input.isOnce);
    this.#states = new StateWatch({
      deps,
      followed: this.#followed,
      retrySchedule: this.#retrySchedule,
      input,
      stop,
    });
    this.#journal = new JournalWatch(deps, this.#followed, {graceMs: input.createGraceMs, stop});
    this.#sleep = new WakeableSleep(deps.clock, stop);
    const {keepsRemote, resultsDir, fetchesLeft, checksAnswers, isOnce} = input;
    this.#fetches = new FetchQueue({
      deps: {...deps, limiters: new FetchLimiters(known, (job) => this.#states.latest(job))},
      how: {keepsRemote, resultsDir, fetchesLeft, checksAnswers, isRetried: !isOnce, stop},
      limit: CONCURRENT_FETCHES,
      retrySchedule: this.#retrySchedule,
      onFailedTry: (record, error, retryMs) => this.#noteFailedTry(record, error, retryMs),
      onFatal: (error) => this.#halt.abort(error),
      onEnd: () => this.#sleep.end(),
    });
  }

  /**
   * Follows the jobs until all are over, or until `isEnough` says so, which is asked about once a second. What is being
   * fetched then goes on: `end` gives it up.
   *
   * @returns why it ended before that; undefined when all are over, or it was enough.
   * @throws GembatchError as `pollJobs`.
   */
  async follow(isEnough = (): Promise<boolean> => this.#isOver()): Promise<PollEnd | undefined> {
    const release = this.#haltWhenAsked();
    try {
      await this.#begin();
      while (!this.#halt.signal.aborted) {
        this.#look();
        if (this.#states.isDue) await this.#ask();
        this.#fetches.start(this.#fetchable);
        if (this.#input.isOnce) return (await this.#finishOnce()) ?? (await this.#whyHalted());
        if (await isEnough()) return undefined;
        await this.#sleep.take(LOOK_MS);
      }
      return await this.#whyHalted();
    } finally {
      release();
    }
  }

  /** Follows these jobs, and no others from now on. */
  followOnly(jobs: ReadonlySet<string>): void {
    this.#followed.followOnly(jobs);
  }

  /** Why this run does not try for the results of a job any more; undefined when it does. */
  finalError(job: string): GembatchError | undefined {
    return this.#retrySchedule.finalError(job);
  }

  /** What became of the jobs by now. */
  outcome(ended: PollEnd): PollOutcome {
    this.#followed.reload();
    return {
      ended,
      records: this.#followed.records,
      followed: this.#followed.remembered,
      onDisk: (record) => this.#followed.onDisk(record),
      givenUp: (name) => this.#retrySchedule.finalError(name),
      unclear: this.#followed.openIntents.length,
      unreadable: this.#followed.isNamed ? 0 : this.#followed.problems.length,
      serviceError: this.#states.serviceError,
    };
  }

  /** Gives up what is being fetched. When it returns, nothing is in flight. */
  async end(): Promise<void> {
    this.#haltAs('finished');
    await this.#fetches.untilIdle();
  }

  /** Halts the run when it is stopped or its time is up, until the returned function is called. */
  #haltWhenAsked(): () => void {
    const {stop, timeoutMs} = this.#input;
    const over = new AbortController();
    const interrupt = (): void => this.#haltAs('interrupted');
    if (stop.aborted) interrupt();
    stop.addEventListener('abort', interrupt, {once: true});
    if (timeoutMs !== null) void this.#haltAfter(timeoutMs, over.signal);
    return () => {
      over.abort();
      stop.removeEventListener('abort', interrupt);
    };
  }

  /** Before anything is fetched it is known which results are on disk as they were fetched. */
  async #begin(): Promise<void> {
    const {signal} = this.#halt;
    if (signal.aborted) return;
    try {
      for (const [{batch}, {message, suggestions}] of await this.#followed.lookAtResults(signal)) {
        const text = [message, ...suggestions].join(' ');
        this.#deps.report({type: 'warning', name: batch.name, message: text});
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  #look(): void {
    this.#followed.reload();
    if (this.#followed.takeMovement() || this.#journal.hasOpenQuestions) this.#states.pollSoon();
  }

  async #ask(): Promise<void> {
    await this.#journal.reconcile();
    await this.#states.ask();
    await this.#takeResultsInPlace();
  }

  /** Another tool may have fetched the results of a job and then deleted it. */
  async #takeResultsInPlace(): Promise<void> {
    for (const record of this.#followed.writtenRecords) {
      const {batch, input_file: file, not_seen: missed} = record;
      if ((missed?.looks ?? 0) < LOOKS_BEFORE_PLACE || this.#inPlaceSought.has(batch.name)) continue;
      this.#inPlaceSought.add(batch.name);
      const results = await recordResultsInPlace(this.#deps, record, this.#input);
      if (results === undefined) continue;
      const message = `${file}: the service no longer has its job; ${results.file}, which answers exactly its requests, is recorded as its results.`;
      this.#deps.report({type: 'warning', name: batch.name, message});
    }
    this.#followed.reload();
  }

  get #fetchable(): readonly JobRecord[] {
    return this.#followed.writtenRecords.filter((record) =>
      awaitsFetch(record, this.#followed.onDisk(record)),
    );
  }

  /** Tries each fetch that is due one time. */
  async #finishOnce(): Promise<PollEnd | undefined> {
    if (this.#halt.signal.aborted) return undefined;
    while (!this.#fetches.isIdle) {
      await this.#fetches.untilIdle();
      if (this.#halt.signal.aborted) return undefined;
      this.#followed.reload();
      this.#fetches.start(this.#fetchable);
    }
    this.#refuseEmpty();
    return this.#areAllOver ? 'finished' : 'once';
  }

  get #areAllOver(): boolean {
    return this.#followed.records.every(
      (record) =>
        isFinished(record, this.#followed.onDisk(record)) ||
        this.#retrySchedule.finalError(record.batch.name) !== undefined,
    );
  }

  /** Jobs that were named are all there is; otherwise a submission that runs may add more. */
  async #isOver(): Promise<boolean> {
    if (!this.#fetches.isIdle || !this.#areAllOver || this.#mayComeBack) return false;
    if (this.#followed.isNamed) return !this.#journal.hasOpenQuestions;
    if (this.#journal.hasOpenQuestions || (await this.#journal.isSubmitting())) return false;
    this.#refuseEmpty();
    return this.#areAllOver;
  }

  /** An editor that saves a file may empty it first. */
  get #mayComeBack(): boolean {
    if (!this.#followed.hasVanished) {
      this.#vanishedMs = undefined;
      return false;
    }
    const nowMs = this.#deps.clock.monotonic();
    this.#vanishedMs ??= nowMs;
    return nowMs - this.#vanishedMs < VANISHED_MS;
  }

  #refuseEmpty(): void {
    const {records, openIntents, hasVanished} = this.#followed;
    if (records.length > 0 || openIntents.length > 0 || hasVanished) return;
    // Its jobs may be in the lines that cannot be read.
    this.#deps.store.requireReadable(this.#followed);
    throw new GembatchError('NO_INPUT', `No batch job is recorded in ${this.#deps.store.path}.`, {
      suggestions: [
        `Submit request files first, for example: ${ownCommand('submit batch/*.jsonl')}`,
        'Or name the file that records the jobs: --job-info FILE',
      ],
    });
  }

  async #noteFailedTry(record: JobRecord, error: GembatchError, retryMs: number | null): Promise<void> {
    const {name} = record.batch;
    this.#deps.report({type: 'error', name, file: record.input_file, error: itemError(error), retryMs});
    const change = await afterFailedFetch(this.#deps, record, {error, stop: this.#halt.signal});
    await this.#followed.change(new Map([[name, change]]));
    if (isFinished(change(record), this.#followed.onDisk(record))) this.#retrySchedule.clear(name);
  }

  #haltAs(end: PollEnd): void {
    this.#halt.abort(end);
  }

  async #haltAfter(timeoutMs: number, over: AbortSignal): Promise<void> {
    const {clock} = this.#deps;
    await clock.sleep(Math.max(0, this.startedMs + timeoutMs - clock.monotonic()), over);
    if (!over.aborted) this.#haltAs('timeout');
  }

  async #whyHalted(): Promise<PollEnd> {
    await this.#fetches.untilIdle();
    const reason: unknown = this.#halt.signal.reason;
    if (reason === 'timeout' || reason === 'interrupted') return reason;
    throw reason;
  }
}
