import type {GembatchError} from '../../domain/errors.js';
import {
  badRowsOf,
  goodRowsOf,
  isLeft,
  jobOutcome,
  type JobOutcome,
  type ResultsOnDisk,
} from '../../domain/job/job-progress.js';
import {replacedJobs} from '../../domain/job/replaced-jobs.js';
import type {JobRecord, RowCounts} from '../../domain/job/job-record.js';
import {
  exitCodeBesideUnreadable,
  exitCodeOf,
  exitCodeOfFollowed,
  outcomesOfJob,
  type ItemOutcome,
} from '../../domain/outcome.js';
import {noCounts} from '../../domain/result/row-counts.js';
import {modelLabel} from '../../domain/service/model-choice.js';
import {costOfRecord} from '../../domain/price/record-cost.js';
import {addCosts} from '../../domain/price/usage-sum.js';
import type {PollEnd, PollSummary} from './poll-report.js';

const ROW_OUTCOMES = Object.keys(noCounts()) as (keyof RowCounts)[];

/** How a run ended, and what it left. */
export interface PollOutcome {
  readonly ended: PollEnd;
  readonly records: readonly JobRecord[];
  /** The request file of every job that was followed, also where the record is not there any more; by batch name. */
  readonly followed: ReadonlyMap<string, string>;
  /** What is in the place of a job's results. */
  readonly onDisk: (record: JobRecord) => ResultsOnDisk;
  /** Why the run has given a job up; by batch name. */
  readonly givenUp: (name: string) => GembatchError | undefined;
  /** Creates whose outcome is unknown. */
  readonly unclear: number;
  /** Lines of the job-info file that cannot be read, and may be jobs that were to be followed. */
  readonly unreadable: number;
  /** Why the service could not be asked the last time; undefined when it could. */
  readonly serviceError?: GembatchError | undefined;
}

/** The totals of a run, without what only its surroundings know. */
export type PollTotals = Omit<PollSummary, 'job_info' | 'duration_ms'>;

interface Judged {
  readonly record: JobRecord;
  readonly outcome: JobOutcome;
  readonly error: GembatchError | undefined;
}

/** Counts what became of the jobs that were followed, and decides the exit code. */
export function summarisePoll(outcome: PollOutcome): PollTotals {
  const {ended, records, onDisk, givenUp, unclear} = outcome;
  const replaced = replacedJobs(records, onDisk);
  const vanished = vanishedJobs(outcome).size;
  const judged = records
    .filter((record) => !replaced.has(record.batch.name))
    .map((record): Judged => {
      const error = givenUp(record.batch.name);
      return {record, error, outcome: error === undefined ? jobOutcome(record, onDisk(record)) : 'failed'};
    });
  const count = (kind: JobOutcome): number => judged.filter((job) => job.outcome === kind).length;
  const left = judged.filter((job) => hasRows(job) && isLeft(job.record));
  return {
    ended,
    jobs: records.length,
    done: count('done'),
    bad_rows: count('bad_rows'),
    altered: count('altered'),
    failed: count('failed'),
    cancelled: count('cancelled'),
    expired: count('expired'),
    lost: count('lost'),
    not_seen: count('not_seen'),
    running: count('running'),
    replaced: records.length - judged.length,
    unclear,
    vanished,
    ...costsOf(records),
    retiring: retiringModels(records),
    left: left.length,
    left_bytes: left.reduce((sum, {record}) => sum + (record.left?.size_bytes ?? 0), 0),
    rows: sumOfRows(judged.filter(hasRows)),
    bad_row_count: judged.filter(hasRows).reduce((sum, {record}) => sum + badRowsOf(record), 0),
    exit_code: vanished > 0 ? exitCodeOf([{kind: 'failed', code: 'STORAGE'}]) : exitCode(outcome, judged),
  };
}

/** Of the jobs that were followed, those whose record is not there any more, as in `followed`. */
export function vanishedJobs({
  followed,
  records,
}: Pick<PollOutcome, 'followed' | 'records'>): ReadonlyMap<string, string> {
  const there = new Set(records.map(({batch}) => batch.name));
  return new Map([...followed].filter(([name]) => !there.has(name)));
}

function costsOf(records: readonly JobRecord[]): Pick<PollSummary, 'cost_usd' | 'cost_usd_known'> {
  const costs = records.map(costOfRecord);
  return {
    cost_usd: costs.reduce(addCosts, 0),
    cost_usd_known: costs.reduce<number>((sum, cost) => sum + (cost ?? 0), 0),
  };
}

function retiringModels(records: readonly JobRecord[]): PollSummary['retiring'] {
  const ends = new Map<string, string>();
  for (const {batch, usage} of records) {
    if (usage?.retires_at !== undefined)
      ends.set(modelLabel(batch.model ?? 'unknown'), usage.retires_at.slice(0, 10));
  }
  return [...ends].map(([model, on]) => ({model, on}));
}

function exitCode({unclear, unreadable, serviceError}: PollOutcome, judged: readonly Judged[]): number {
  const items = judged.flatMap(({record, outcome, error}): readonly ItemOutcome[] =>
    outcome === 'not_seen'
      ? [{kind: 'unclear'}]
      : outcomesOfJob({outcome, goodRows: goodRowsOf(record), errorCode: error?.code}),
  );
  const all = unclear > 0 ? [...items, {kind: 'unclear'} as const] : items;
  return exitCodeBesideUnreadable(exitCodeOfFollowed(all, serviceError), unreadable);
}

/** Whether the rows that are recorded are known to be on disk, or where they are to stay. */
function hasRows({outcome}: Judged): boolean {
  return outcome === 'done' || outcome === 'bad_rows';
}

function sumOfRows(judged: readonly Judged[]): RowCounts {
  const sum = noCounts();
  for (const {record} of judged) {
    for (const outcome of ROW_OUTCOMES) sum[outcome] += record.results?.rows[outcome] ?? 0;
  }
  return sum;
}
