import type {BatchStats} from '../../domain/job/batch-job.js';
import type {JobOutcome} from '../../domain/job/job-progress.js';
import type {RetryLink} from '../../domain/job/replaced-jobs.js';
import type {RowCounts} from '../../domain/job/job-record.js';
import {noCounts} from '../../domain/result/row-counts.js';
import type {PolledJob} from '../poll/poll-report.js';

/** All batch jobs of one request file as one: how its work stands now. A file with a single job is that job. */
export interface FoldedJob extends PolledJob {
  /** Of the file, where there are several: retries, parts and earlier tries, in the order of the job-info file. */
  readonly jobs?: readonly PolledJob[];
}

/** Of several jobs that count, the first of these says how the file stands: what needs a person comes first. */
const GRAVEST_FIRST: readonly JobOutcome[] = [
  'lost',
  'not_seen',
  'altered',
  'failed',
  'expired',
  'cancelled',
  'running',
  'bad_rows',
  'done',
];

/**
 * The jobs as one for each request file: parts go with the file that was split, retries with the job that they retry, and
 * a file that was submitted again is one. In the order in which the files were first recorded.
 *
 * @param jobs - all that are recorded, in the order of the job-info file, with `replaced` as it is.
 */
export function foldJobs(jobs: readonly PolledJob[], retries: readonly RetryLink[]): readonly FoldedJob[] {
  const byName = new Map(retries.length === 0 ? [] : jobs.map((job) => [job.name, job]));
  const parents = new Map(retries.map(({name, parent}) => [name, byName.get(parent)]));
  const firsts = new Map<string, PolledJob>();
  // Of files with several jobs, of which there are few as a rule.
  const groups = new Map<string, PolledJob[]>();
  for (const job of jobs) {
    const {file, part_of: part} = firstOf(job, parents);
    const whole = part?.input_file ?? file;
    const first = firsts.get(whole);
    if (first === undefined) {
      firsts.set(whole, job);
      continue;
    }
    const group = groups.get(whole);
    if (group === undefined) groups.set(whole, [first, job]);
    else group.push(job);
  }
  return Array.from(firsts, ([file, first]) => {
    const group = groups.get(file);
    return group === undefined && first.file === file ? first : folded(file, group ?? [first], parents);
  });
}

/** The job whose work a retry, or the retry of a retry, does again. A retry may name a job that is gone, or itself. */
function firstOf(job: PolledJob, parents: ReadonlyMap<string, PolledJob | undefined>): PolledJob {
  // Most jobs retry none.
  if (!parents.has(job.name)) return job;
  let first = job;
  for (const seen = new Set<PolledJob>(); !seen.has(first);) {
    seen.add(first);
    first = parents.get(first.name) ?? first;
  }
  return first;
}

function folded(
  file: string,
  jobs: readonly PolledJob[],
  parents: ReadonlyMap<string, PolledJob | undefined>,
): FoldedJob {
  // Of a file that was submitted again with other content, the newest job tells.
  const counting = [
    ...new Map(jobs.filter(({replaced}) => !replaced).map((job) => [job.file, job])).values(),
  ];
  const current = counting.length === 0 ? jobs : counting;
  const head = current.reduce((first, job) => (gravity(job) < gravity(first) ? job : first));
  // A retry of single rows has a request file of its own; its requests are those of its job.
  const whole = jobs.filter((job) => isOfAllRows(job, parents));
  const all = [...new Map(whole.map((job) => [job.file, job])).values()];
  const requests = sum(all.map((job) => job.requests ?? undefined));
  const results = resultsOf(current);
  const isMerged = whole.length < jobs.length && current.every((job) => whole.includes(job));
  const stats = isMerged ? withRetries(sumOfStats(all), results.results?.rows) : sumOfStats(all);
  const created = current.map(({create_time: time}) => time).filter((time) => time !== undefined);
  const ended = current.map(({end_time: time}) => time).filter((time) => time !== undefined);
  const cost = sum(jobs.map(({cost_usd: usd}) => usd));
  const likely = sum(jobs.map(({cost_usd: usd, estimate_usd: estimate}) => usd ?? estimate));
  const {name, model, state, outcome, error, results_error: resultsError} = head;
  return {
    name,
    file,
    ...(model === undefined ? {} : {model}),
    state,
    outcome,
    replaced: false,
    requests: requests ?? null,
    ...(stats === undefined ? {} : {stats}),
    ...(created.length === 0 ? {} : {create_time: created.toSorted().at(0) ?? ''}),
    ...(ended.length < current.length ? {} : {end_time: ended.toSorted().at(-1) ?? ''}),
    ...(error === undefined ? {} : {error}),
    ...(resultsError === undefined ? {} : {results_error: resultsError}),
    ...results,
    ...leftOf(current),
    ...(cost === undefined ? {} : {cost_usd: cost}),
    ...(likely === undefined ? {} : {estimate_usd: likely}),
    jobs,
  };
}

function gravity({outcome}: PolledJob): number {
  return GRAVEST_FIRST.indexOf(outcome);
}

/** A retry of a retry without results sends the request file of that one again, so that its parent alone does not tell. */
function isOfAllRows(job: PolledJob, parents: ReadonlyMap<string, PolledJob | undefined>): boolean {
  return firstOf(job, parents).file === job.file;
}

/** Their rows together, once all of them have results. */
function resultsOf(jobs: readonly PolledJob[]): Pick<PolledJob, 'results' | 'bad_rows'> {
  const results = jobs.map(({results: its}) => its).filter((its) => its !== undefined);
  const [first] = results;
  if (first === undefined || results.length < jobs.length) return {};
  const rows = results.map((its) => its.rows).reduce(addCounts);
  return {results: {...first, rows}, bad_rows: sum(jobs.map(({bad_rows: bad}) => bad)) ?? 0};
}

/** Of those whose results were left in a bucket: where the first are, and what there is of all. */
function leftOf(jobs: readonly PolledJob[]): Pick<PolledJob, 'left' | 'results_left' | 'bad_rows'> {
  const placed = jobs.find(({results_left: place}) => place !== undefined);
  if (placed?.results_left === undefined) return {};
  const place = {results_left: placed.results_left};
  const left = jobs.map((job) => job.left).filter((its) => its !== undefined);
  const [first] = left;
  const isOver = jobs.every((job) => job.left !== undefined || job.results !== undefined);
  if (first === undefined || !isOver) return place;
  return {
    ...place,
    left: {
      seen_at: first.seen_at,
      objects: sum(left.map(({objects}) => objects)) ?? 0,
      size_bytes: sum(left.map(({size_bytes: bytes}) => bytes)) ?? 0,
    },
    bad_rows: sum(jobs.map(({bad_rows: bad}) => bad)) ?? 0,
  };
}

function addCounts(a: RowCounts, b: RowCounts): RowCounts {
  const counts = noCounts();
  for (const key of Object.keys(counts) as (keyof RowCounts)[]) counts[key] = (a[key] ?? 0) + (b[key] ?? 0);
  return counts;
}

function sumOfStats(jobs: readonly PolledJob[]): BatchStats | undefined {
  const stats = jobs.map((job) => job.stats).filter((its) => its !== undefined);
  if (stats.length === 0) return undefined;
  const total = (of: (its: BatchStats) => number): number => stats.reduce((all, its) => all + of(its), 0);
  return {
    request_count: total((its) => its.request_count),
    pending_request_count: total((its) => its.pending_request_count),
    successful_request_count: total((its) => its.successful_request_count),
    failed_request_count: total((its) => its.failed_request_count),
  };
}

/** What the service counted of the first tries, as it stands with the answers of retries among the rows. */
function withRetries(stats: BatchStats | undefined, rows: RowCounts | undefined): BatchStats | undefined {
  if (stats === undefined || rows === undefined) return stats;
  const failed = Math.min(stats.request_count, rows.error + rows.missing);
  return {
    ...stats,
    successful_request_count: stats.request_count - stats.pending_request_count - failed,
    failed_request_count: failed,
  };
}

/** Undefined as soon as one is not known. */
function sum(numbers: readonly (number | undefined)[]): number | undefined {
  return numbers.reduce<number | undefined>(
    (all, number) => (all === undefined || number === undefined ? undefined : all + number),
    0,
  );
}
