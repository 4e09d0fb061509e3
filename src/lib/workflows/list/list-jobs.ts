import {closest} from '../../domain/text/closest.js';
import {
  awaitsService,
  linkOf,
  replacedAmong,
  type JobOutcome,
  type RetryLink,
} from '../../domain/job/job-progress.js';
import {stateLabel} from '../../domain/job/job-state.js';
import type {Clock} from '../../domain/clock.js';
import {GembatchError} from '../../domain/errors.js';
import type {Intent, JobRecord} from '../../domain/job/job-record.js';
import type {BatchService} from '../../services/batch-service.js';
import type {JobStore} from '../../store/job-store.js';
import {noteStates} from '../job-states/note-states.js';
import {polledJob} from '../poll/polled-job.js';
import type {PolledJob} from '../poll/poll-report.js';
import {refreshJobs} from '../job-states/refresh-jobs.js';
import {glanceAtResults, lookAtResults} from '../job-states/result-files.js';
import {selectNamed, type JobNames} from '../job-states/select-jobs.js';
import {ownCommand} from '../../domain/program-name.js';

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
  readonly summary: ListSummary;
}

/** How many of the listed jobs are where. Jobs that were replaced are in `jobs` and `replaced` alone. */
export interface ListSummary extends Readonly<Record<JobOutcome, number>> {
  /** Jobs in the job-info file, listed or not. */
  readonly recorded: number;
  readonly jobs: number;
  readonly replaced: number;
}

/** What `--state` takes besides the states that the records have: what the service is known to say, and our outcomes. */
export const STATE_WORDS = [
  'pending',
  'running',
  'succeeded',
  'partially succeeded',
  'failed',
  'cancelled',
  'expired',
  'done',
  'bad rows',
  'altered',
  'lost',
  'not seen',
  'replaced',
];

/**
 * Lists what the job-info file knows, and whether the result files are still those that were fetched. No lock is taken,
 * nothing is sent.
 *
 * @throws GembatchError `STORAGE` when it cannot be read, `USAGE` when a name means no job, or there is no such state, and
 *   the reason of `stop`.
 */
export async function listJobs(
  store: JobStore,
  {names, states, order}: ListInput,
  stop: AbortSignal,
): Promise<JobList> {
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
  const selected = selectNamed(store, all, {names, namesOf: namesOfJob}).map((job) =>
    replaced.has(job.name) ? {...job, replaced: true} : job,
  );
  const jobs = ordered(withLabels(selected, states), order);
  const summary = {recorded: all.length, ...summaryOf(jobs)};
  return {job_info: store.path, jobs, open_intents: openIntents, problems, summary};
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
 * @returns why some could not be asked for.
 */
export async function refreshList(
  {store, client, clock}: {store: JobStore; client: BatchService; clock: Clock},
  stop: AbortSignal,
): Promise<GembatchError | undefined> {
  const records = store.read().records.map(({record}) => record);
  const asked = records.filter(awaitsService).map(({batch}) => batch);
  const refreshed = await refreshJobs(client, asked, {signal: stop});
  await store.updateJobs(noteStates(records, refreshed, new Date(clock.now()).toISOString()));
  return refreshed.error ?? [...refreshed.refused.values()].at(0) ?? notSeenError(refreshed.gone);
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

/** @throws GembatchError `USAGE` when a word is neither known nor the state of any job: an empty list would hide the slip. */
function withLabels(jobs: readonly PolledJob[], words: readonly string[]): readonly PolledJob[] {
  if (words.length === 0) return jobs;
  const known = new Set([...STATE_WORDS, ...jobs.flatMap(labelsOf)]);
  const wanted = new Set<string>();
  for (const word of words) {
    const label = stateLabel(word.toUpperCase().replaceAll(/[- ]/gu, '_'));
    if (!known.has(label)) throw unknownLabel(word, closest(label, [...known]));
    wanted.add(label);
  }
  return jobs.filter((job) => labelsOf(job).some((label) => wanted.has(label)));
}

function unknownLabel(word: string, meant: string | undefined): GembatchError {
  const labels = STATE_WORDS.map(asWord).join(', ');
  return new GembatchError('USAGE', `"${word}" is not a state of any batch job.`, {
    suggestions: [
      ...(meant === undefined ? [] : [`Did you mean: ${asWord(meant)}`]),
      `These can be named: ${labels}.`,
    ],
  });
}

/** A label as one word of the command line. */
function asWord(label: string): string {
  return label.replaceAll(' ', '-');
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
