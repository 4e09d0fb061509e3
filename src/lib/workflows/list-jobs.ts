import {awaitsService, replacedJobs} from '../domain/job-progress.js';
import {stateLabel} from '../domain/job-state.js';
import type {Clock} from '../domain/clock.js';
import type {GembatchError} from '../domain/errors.js';
import type {Intent} from '../domain/job-record.js';
import type {GeminiBatchClient} from '../gemini/gemini-batch-client.js';
import type {JobStore} from '../store/job-store.js';
import {noteStates} from './note-states.js';
import {polledJob} from './polled-job.js';
import type {PolledJob} from './poll-report.js';
import {refreshJobs} from './refresh-jobs.js';
import {selectJobs} from './select-jobs.js';

/** In which order jobs are listed: as they were recorded, by path, by age, by state. */
export type JobOrder = 'recorded' | 'file' | 'age' | 'state';

/** Which jobs are listed, and how. */
export interface ListInput {
  /** Request files and batch jobs, as the person named them; none for all. */
  readonly names: readonly string[];
  /** Only jobs in one of these states or with one of these outcomes, as people read them; none for all. */
  readonly states: readonly string[];
  readonly order: JobOrder;
}

/** The `--json` object of `gembatch list`. */
export interface JobList {
  readonly job_info: string;
  readonly jobs: readonly PolledJob[];
  /** Creates of which nobody knows whether they made a job. */
  readonly open_intents: readonly Intent[];
  /** Lines of the job-info file that cannot be read; they are kept as they are. */
  readonly problems: readonly {readonly line: number; readonly reason: string}[];
}

/**
 * Lists what the job-info file knows. No lock is taken and nothing is sent.
 *
 * @throws GembatchError `STORAGE` when it cannot be read, `USAGE` when a name means no job.
 */
export function listJobs(store: JobStore, {names, states, order}: ListInput): JobList {
  const {records, openIntents, problems} = store.read();
  const all = records.map(({record}) => record);
  const replaced = replacedJobs(all);
  const wanted = new Set(states.map((state) => state.toLowerCase().replaceAll(/[-_]/gu, ' ')));
  const jobs = selectJobs(store, all, names)
    .map((record) => polledJob(record, replaced.has(record.batch.name)))
    .filter((job) => wanted.size === 0 || labelsOf(job).some((label) => wanted.has(label)));
  return {job_info: store.path, jobs: ordered(jobs, order), open_intents: openIntents, problems};
}

/**
 * Asks the service how the unfinished jobs stand and records it.
 *
 * @returns why some could not be asked for.
 */
export async function refreshList(
  {store, client, clock}: {store: JobStore; client: GeminiBatchClient; clock: Clock},
  stop: AbortSignal,
): Promise<GembatchError | undefined> {
  const records = store.read().records.map(({record}) => record);
  const names = records.filter(awaitsService).map(({batch}) => batch.name);
  const refreshed = await refreshJobs(client, names, {signal: stop});
  await store.updateJobs(noteStates(records, refreshed, new Date(clock.now()).toISOString()));
  return refreshed.error ?? [...refreshed.refused.values()].at(0);
}

/** The words by which a job is found: its state and what became of it. */
function labelsOf({state, outcome, replaced}: PolledJob): readonly string[] {
  return [stateLabel(state), outcome.replace('_', ' '), ...(replaced ? ['replaced'] : [])];
}

function ordered(jobs: readonly PolledJob[], order: JobOrder): readonly PolledJob[] {
  switch (order) {
    case 'recorded':
      return jobs;
    case 'file': {
      const {compare} = new Intl.Collator('en', {numeric: true});
      return jobs.toSorted((a, b) => compare(a.file, b.file));
    }
    case 'age':
      return jobs.toSorted((a, b) => compareText(a.create_time, b.create_time));
    case 'state':
      return jobs.toSorted((a, b) => compareText(a.outcome, b.outcome) || compareText(a.state, b.state));
  }
}

function compareText(a = '', b = ''): number {
  return a < b ? -1 : Number(a > b);
}
