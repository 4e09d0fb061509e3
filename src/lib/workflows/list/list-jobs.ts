import {awaitsFetch, awaitsService, type JobOutcome} from '../../domain/job/job-progress.js';
import {linkOf, replacedAmong, type RetryLink} from '../../domain/job/replaced-jobs.js';
import type {Clock} from '../../domain/clock.js';
import {GembatchError} from '../../domain/errors.js';
import type {Intent, JobRecord} from '../../domain/job/job-record.js';
import type {BatchService} from '../../services/batch-service.js';
import type {JobStore} from '../../store/job-store.js';
import {isToStay, noteLeftResults} from '../fetch/leave-results.js';
import {noteStates} from '../job-states/note-states.js';
import {polledJob} from '../poll/polled-job.js';
import type {PolledJob} from '../poll/poll-report.js';
import {refreshJobs} from '../job-states/refresh-jobs.js';
import {glanceAtResults, lookAtResults} from '../job-states/result-files.js';
import {selectNamed, type JobNames} from '../job-states/select-jobs.js';
import {vanishedRecords} from '../job-states/vanished-records.js';
import {ownCommand} from '../../domain/program-name.js';
import {filterJobs, orderJobs, type JobFilter, type JobOrder} from './filter-jobs.js';
import {foldJobs, type FoldedJob} from './fold-jobs.js';

/** Which jobs are listed, and how. */
export interface ListInput extends JobFilter {
  /** Request files and batch jobs, as the person named them; none for all. */
  readonly names: readonly string[];
  readonly order: JobOrder;
  /** Whether the jobs of a request file are listed as one. */
  readonly isFolded: boolean;
}

/** The `--json` object of `gembatch list`. */
export interface JobList {
  readonly job_info: string;
  readonly jobs: readonly FoldedJob[];
  /** Creates whose outcome is unknown. */
  readonly open_intents: readonly Intent[];
  /** Lines of the job-info file that cannot be read; they are kept as they are. */
  readonly problems: readonly {readonly line: number; readonly reason: string}[];
  readonly summary: ListSummary;
  /** Where the jobs of a request file are listed as one: how many files have jobs, listed or not. */
  readonly recorded_files?: number;
}

/** Counts of the listed jobs by outcome. Replaced jobs count in `jobs` and `replaced` only. */
export interface ListSummary extends Readonly<Record<JobOutcome, number>> {
  /** Jobs in the job-info file, listed or not. */
  readonly recorded: number;
  readonly jobs: number;
  readonly replaced: number;
}

/**
 * Lists what the job-info file knows, and whether the result files are still those that were fetched. No lock is taken,
 * nothing is sent.
 *
 * @throws GembatchError `STORAGE` when it cannot be read, `USAGE` when a name means no job, or there is no such state or
 *   model, and the reason of `stop`.
 */
export async function listJobs(store: JobStore, input: ListInput, stop: AbortSignal): Promise<JobList> {
  const {jobs: all, retries, openIntents, problems} = await readJobs(store, stop);
  const isEach = input.names.length === 0;
  const named = new Set(isEach ? [] : selectNamed(store, all, {names: input.names, namesOf: namesOfJob}));
  const files = input.isFolded ? foldJobs(all, retries) : undefined;
  const isNamed = (row: FoldedJob): boolean => isEach || (row.jobs ?? [row]).some((job) => named.has(job));
  const listed = orderJobs(filterJobs((files ?? all).filter(isNamed), input), input.order);
  return {
    job_info: store.path,
    jobs: listed,
    open_intents: openIntents,
    problems,
    summary: {recorded: all.length, ...summaryOf(listed)},
    ...(files === undefined ? {} : {recorded_files: files.length}),
  };
}

/** All that is recorded, with the state of the result files. */
async function readJobs(
  store: JobStore,
  stop: AbortSignal,
): Promise<{
  readonly jobs: readonly PolledJob[];
  readonly retries: readonly RetryLink[];
  readonly openIntents: readonly Intent[];
  readonly problems: JobList['problems'];
}> {
  const all: PolledJob[] = [];
  const retries: RetryLink[] = [];
  const unread: {position: number; record: JobRecord}[] = [];
  const {openIntents, problems} = store.readEach((record) => {
    const found = glanceAtResults(store, record);
    if (found === 'unread') unread.push({position: all.length, record});
    all.push(polledJob(record, {onDisk: found === 'unread' ? 'intact' : found}));
    const link = linkOf(record);
    if (link !== undefined) retries.push(link);
  });
  const looks = await lookAtResults(
    store,
    unread.map(({record}) => record),
    {stop},
  );
  for (const {position, record} of unread)
    all[position] = polledJob(record, {onDisk: looks.get(record.batch.name)?.state ?? 'intact'});
  const replaced = replacedAmong(all, retries);
  for (const [position, job] of replaced.size === 0 ? [] : all.entries())
    if (replaced.has(job.name)) all[position] = {...job, replaced: true};
  return {jobs: all, retries, openIntents, problems};
}

function namesOfJob({file, part_of: partOf, name}: PolledJob): JobNames {
  return {file, whole: partOf?.input_file, name};
}

function summaryOf(jobs: readonly PolledJob[]): Omit<ListSummary, 'recorded'> {
  const counts = {
    done: 0,
    bad_rows: 0,
    altered: 0,
    failed: 0,
    cancelled: 0,
    expired: 0,
    lost: 0,
    not_seen: 0,
    running: 0,
    replaced: 0,
  };
  for (const {replaced, outcome} of jobs) counts[replaced ? 'replaced' : outcome] += 1;
  return {jobs: jobs.length, ...counts};
}

/**
 * Asks the service how the unfinished jobs stand and records it.
 *
 * @returns why the service refused to tell about single jobs, and why the others could not be asked for.
 */
export async function refreshList(
  {store, client, clock}: {store: JobStore; client: BatchService; clock: Clock},
  stop: AbortSignal,
): Promise<{readonly error: GembatchError | undefined; readonly refusals: readonly GembatchError[]}> {
  const records = store.read().records.map(({record}) => record);
  const asked = records.filter(awaitsService).map(({batch}) => batch);
  const refreshed = await refreshJobs(client, asked, {signal: stop});
  await store.updateJobs(noteStates(records, refreshed, new Date(clock.now()).toISOString()));
  return {
    error: refreshed.error ?? notSeenError(refreshed.gone),
    refusals: [
      ...refreshed.refused.values(),
      ...(await lookForLeftResults({store, client, clock}, stop)),
      ...vanishedRecords(store, records).values(),
    ],
  };
}

/** Results that stay in their bucket are never fetched: a job of which they are there is done. */
async function lookForLeftResults(
  deps: {store: JobStore; client: BatchService; clock: Clock},
  stop: AbortSignal,
): Promise<readonly GembatchError[]> {
  const errors: GembatchError[] = [];
  for (const {record} of deps.store.read().records) {
    if (!awaitsFetch(record) || !isToStay(record, {fetchesLeft: false})) continue;
    try {
      await noteLeftResults(deps, record, {signal: stop});
    } catch (error) {
      if (!(error instanceof GembatchError) || error.code === 'INTERRUPTED') throw error;
      errors.push(error);
    }
  }
  return errors;
}

function notSeenError(gone: ReadonlySet<string>): GembatchError | undefined {
  if (gone.size === 0) return undefined;
  const [first = ''] = gone;
  const subject = gone.size === 1 ? first : `${first} and ${gone.size - 1} more`;
  return new GembatchError('UNCLEAR', `This API key does not see ${subject}. Nothing was changed.`, {
    suggestions: [
      `Use the API key that the jobs were submitted with. What is recorded: ${ownCommand('list')}`,
    ],
  });
}
