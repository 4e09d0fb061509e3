import {isDeepStrictEqual} from 'node:util';
import type {GembatchError} from '../../domain/errors.js';
import type {Intent, JobRecord} from '../../domain/job/job-record.js';
import type {ResultsOnDisk} from '../../domain/job/job-progress.js';
import {replacedJobs} from '../../domain/job/replaced-jobs.js';
import type {LineProblem, StoreSnapshot} from '../../store/job-store.js';
import type {FreshStore} from '../job-states/fresh-store.js';
import {alteredError, ResultFiles} from '../job-states/result-files.js';
import type {PolledJob} from './poll-report.js';
import {polledJob} from './polled-job.js';
import type {PollDeps, PollInput} from './poll-run.js';
import {jobSelector, namesOfWork, selectNamed} from '../job-states/select-jobs.js';

/** A job as it was shown last, and what it was made from. */
interface Shown {
  readonly record: JobRecord;
  readonly isReplaced: boolean;
  readonly onDisk: ResultsOnDisk;
  readonly job: PolledJob;
}

/** How a record becomes a newer one; must do nothing else. */
export type RecordChange = (record: JobRecord) => JobRecord;

/**
 * The jobs that are followed, as they are now: what the job-info file says, and over it what this run has learnt of jobs
 * that a submission has not written there yet. Reports every job that is new or has changed.
 */
export class FollowedJobs {
  readonly #deps: PollDeps;
  readonly #known: FreshStore;
  readonly #selection: readonly string[];
  #isSelected: ((work: JobRecord | Intent) => boolean) | undefined;
  readonly #resultFiles: ResultFiles;
  /** Changes that could not be written, because the job has no line yet. */
  readonly #unwritten = new Map<string, RecordChange>();
  readonly #shown = new Map<string, Shown>();
  #snapshot: StoreSnapshot = {records: [], openIntents: [], problems: []};
  #records: readonly JobRecord[] = [];
  #writtenRecords: readonly JobRecord[] = [];
  #hasMoved = false;
  #hasVanished = false;
  /** Batch jobs that are followed in place of the selection, with what retries them. */
  #only: ReadonlySet<string> | undefined;
  /** Of jobs that were named: the batch jobs that were found to be meant, and those that retry them. */
  readonly #family = new Set<string>();

  /** `selection`: request files and batch jobs, as the person named them; none for all. */
  constructor(
    deps: PollDeps,
    known: FreshStore,
    {selection, fetchesLeft}: Pick<PollInput, 'selection' | 'fetchesLeft'>,
  ) {
    this.#deps = deps;
    this.#known = known;
    this.#selection = selection;
    this.#resultFiles = new ResultFiles(deps.store, {wantsLeft: fetchesLeft});
  }

  /**
   * Looks at the results on disk of jobs that are followed from now on, and reports what is new.
   *
   * @returns the jobs whose results were altered, and what is said of them. What is lost, the end says.
   * @throws GembatchError STORAGE, LOCKED, LOCK_LOST, and the reason of `stop`.
   */
  async lookAtResults(stop: AbortSignal): Promise<ReadonlyMap<JobRecord, GembatchError>> {
    const unseen = this.#followedOf(this.#known.records).filter(
      (record) => !this.#resultFiles.hasSeen(record),
    );
    await this.#resultFiles.look(unseen, stop);
    this.#snapshot = this.#known.snapshot;
    this.#show();
    const altered = unseen.filter((record) => this.onDisk(record) === 'altered');
    return new Map(altered.map((record) => [record, alteredError(record)]));
  }

  /** What is in the place of a job's results. */
  onDisk(record: JobRecord): ResultsOnDisk {
    return this.#resultFiles.stateOf(record);
  }

  /** Follows these batch jobs, what retries them, and no others from now on. */
  followOnly(jobs: ReadonlySet<string>): void {
    this.#only = new Set(jobs);
    this.#family.clear();
    this.#snapshot = this.#known.snapshot;
    this.#show();
  }

  /** Whether the jobs were named, so that there will be no others. */
  get isNamed(): boolean {
    return this.#only !== undefined || this.#selection.length > 0;
  }

  /** The jobs that are followed, in the order of the job-info file. */
  get records(): readonly JobRecord[] {
    return this.#records;
  }

  /**
   * The request file of every job that is followed, also where the record is not there any more; by batch name. A job that
   * was to be followed and never had a record has only its name.
   */
  get remembered(): ReadonlyMap<string, string> {
    const named = Array.from(this.#only ?? [], (name) => [name, name] as const);
    const shown = [...this.#shown.values()].filter(
      ({job}) => !this.isNamed || this.#only?.has(job.name) === true || this.#family.has(job.name),
    );
    return new Map([...named, ...shown.map(({job}) => [job.name, job.file] as const)]);
  }

  /** Whether the record of a job that is followed was there and is not any more. */
  get hasVanished(): boolean {
    return this.#hasVanished;
  }

  /** Those of them that are in the job-info file, so that results can be recorded. */
  get writtenRecords(): readonly JobRecord[] {
    return this.#writtenRecords;
  }

  /** Creates whose outcome is still unknown; where jobs were named, those of them and of their retries. */
  get openIntents(): readonly Intent[] {
    const {openIntents} = this.#snapshot;
    if (!this.isNamed || openIntents.length === 0) return openIntents;
    const isMeant = this.#isMeant;
    return openIntents.filter((intent) => isMeant(intent) || this.#family.has(intent.retry_of ?? ''));
  }

  /** Lines of the job-info file that are not job records. */
  get problems(): readonly LineProblem[] {
    return this.#snapshot.problems;
  }

  /** Whether the journal holds something that a dead process left, or that a live one has not published yet. */
  get needsReconciling(): boolean {
    const {openIntents, records} = this.#snapshot;
    return openIntents.length > 0 || records.some(({line}) => line === null);
  }

  /** Reads the store if it has changed, and reports what is new. */
  reload(): void {
    const {snapshot} = this.#known;
    if (snapshot === this.#snapshot) return;
    this.#snapshot = snapshot;
    this.#show();
  }

  /** Writes changes to the job-info file in one commit, and reports them. On return they are durable. */
  async change(changes: ReadonlyMap<string, RecordChange>): Promise<void> {
    for (const [name, change] of changes) {
      const before = this.#unwritten.get(name) ?? ((record: JobRecord) => record);
      this.#unwritten.set(name, (record) => change(before(record)));
    }
    const written = await this.#deps.store.updateJobs(this.#unwritten);
    for (const name of written) this.#unwritten.delete(name);
    this.#snapshot = this.#known.snapshot;
    this.#show();
  }

  /** Whether any job is new or has changed since this was asked last. */
  takeMovement(): boolean {
    const hasMoved = this.#hasMoved;
    this.#hasMoved = false;
    return hasMoved;
  }

  get #isMeant(): (work: JobRecord | Intent) => boolean {
    const only = this.#only;
    if (only !== undefined) return (work) => 'batch' in work && only.has(work.batch.name);
    // To find the files that thousands of names mean takes its time.
    this.#isSelected ??= jobSelector(this.#deps.store, this.#selection);
    return this.#isSelected;
  }

  /** Those of the records that are followed, in their order: retries are recorded after the jobs that they retry. */
  #followedOf(records: readonly JobRecord[]): readonly JobRecord[] {
    if (!this.isNamed) return records;
    const isMeant = this.#isMeant;
    const family = this.#family;
    for (const record of records) {
      if (isMeant(record) || family.has(record.retry_of ?? '')) family.add(record.batch.name);
    }
    return records.filter(({batch}) => family.has(batch.name));
  }

  /** Finds the jobs that a person has named, also by the start of the name of one. */
  #choose(records: readonly JobRecord[]): void {
    const works = [...records, ...this.#snapshot.openIntents];
    const chosen = selectNamed(this.#deps.store, works, {names: this.#selection, namesOf: namesOfWork});
    for (const work of chosen) if ('batch' in work) this.#family.add(work.batch.name);
  }

  #show(): void {
    const {records: stored} = this.#snapshot;
    const newest = stored.map(({record}) => this.#unwritten.get(record.batch.name)?.(record) ?? record);
    const isFirst = this.#shown.size === 0;
    if (this.#only === undefined && isFirst && this.#selection.length > 0) this.#choose(newest);
    this.#records = this.#followedOf(newest);
    const unwritten = new Set(stored.flatMap(({record, line}) => (line === null ? [record.batch.name] : [])));
    this.#writtenRecords =
      unwritten.size === 0 ? this.#records : this.#records.filter(({batch}) => !unwritten.has(batch.name));
    const changed = this.#takeChanged();
    this.#hasVanished = this.#isAnyMissing();
    if (changed.length === 0) return;
    this.#hasMoved = true;
    if (isFirst) this.#deps.report({type: 'jobs', jobs: changed.map(({job}) => job)});
    for (const {job, type} of changed) if (!isFirst) this.#deps.report({type, job});
  }

  /** Whether a job that is to be followed, or was shown, has no record. All that have one are shown by now. */
  #isAnyMissing(): boolean {
    const names = new Set(this.#records.map(({batch}) => batch.name));
    const known = this.isNamed ? this.#family : this.#shown;
    const areOnlyThere = [...(this.#only ?? [])].every((name) => names.has(name));
    if (known.size === names.size && areOnlyThere) return false;
    return [...this.remembered.keys()].some((name) => !names.has(name));
  }

  /** The jobs that are not shown as they are, and what each change is; from now on they count as shown. */
  #takeChanged(): ReadonlyArray<{readonly job: PolledJob; readonly type: 'state' | 'result'}> {
    const replaced = replacedJobs(this.#known.records, (record) => this.onDisk(record));
    return this.#records.flatMap((record) => {
      const isReplaced = replaced.has(record.batch.name);
      const before = this.#shown.get(record.batch.name);
      // A record that did not change is the same object, which saves thousands of comparisons.
      const onDisk = this.onDisk(record);
      if (before?.record === record && before.isReplaced === isReplaced && before.onDisk === onDisk)
        return [];
      const job = polledJob(record, {isReplaced, onDisk});
      this.#shown.set(record.batch.name, {record, isReplaced, onDisk, job});
      if (isDeepStrictEqual(job, before?.job)) return [];
      const isResult = hasResults(job) && !hasResults(before?.job);
      return [{job, type: isResult ? 'result' : 'state'} as const];
    });
  }
}

/** Whether its results are on disk, or where they are to stay. */
function hasResults(job: PolledJob | undefined): boolean {
  return job?.results !== undefined || job?.left !== undefined;
}
