/** Which jobs others stand for: those that were retried, and those whose request file was submitted again. */
import {jobsWithEarlierResults, type PlacedJob} from './earlier-results.js';
import {jobOutcome, type JobOutcome, type ResultsOnDisk} from './job-progress.js';
import type {JobRecord, StoredResults} from './job-record.js';

const ENDS_WITHOUT_RESULTS: ReadonlySet<JobOutcome> = new Set([
  'failed',
  'cancelled',
  'expired',
  'lost',
  'not_seen',
]);

/** A job as far as it matters for whether a later one stands in its place. */
export interface RecordedJob extends PlacedJob {
  readonly outcome: JobOutcome;
}

/** A job that submits work of another one again. */
export interface RetryLink {
  readonly name: string;
  /** The job that it retries. */
  readonly parent: string;
  /** Whether its answers are in the results of that job. */
  readonly isMerged: boolean;
}

/**
 * The batch names of jobs whose own end says nothing about the work, because another one stands in their place: jobs
 * whose retry is not merged yet, or has all of their requests; retries that are merged, or whose job was retried whole
 * since; and jobs whose request file was submitted again, when they have no results, or earlier ones.
 *
 * @param records - in the order of the job-info file.
 * @param onDisk - what is in the place of a job's results; without it they count as they are recorded.
 */
export function replacedJobs(
  records: readonly JobRecord[],
  onDisk?: (record: JobRecord) => ResultsOnDisk,
): ReadonlySet<string> {
  const jobs = records.map((record) => ({
    name: record.batch.name,
    file: record.input_file,
    results: record.results,
    outcome: jobOutcome(record, onDisk?.(record)),
  }));
  return replacedAmong(
    jobs,
    records.flatMap((record) => linkOf(record) ?? []),
  );
}

/** What a retry is linked to; undefined of any other job. */
export function linkOf({
  batch: {name},
  retry_of: parent,
  merged_at: mergedAt,
}: JobRecord): RetryLink | undefined {
  return parent === undefined ? undefined : {name, parent, isMerged: mergedAt !== undefined};
}

/**
 * As `replacedJobs`.
 *
 * @param jobs - all that are recorded, in the order of the job-info file.
 * @param retries - the links of those that retry others, in the order of the job-info file.
 */
export function replacedAmong(
  jobs: readonly RecordedJob[],
  retries: readonly RetryLink[],
): ReadonlySet<string> {
  const ended = jobs.filter(({outcome}) => ENDS_WITHOUT_RESULTS.has(outcome));
  const replaced = retries.length === 0 ? new Set<string>() : replacedByRetries(jobs, retries, ended);
  for (const name of jobsWithEarlierResults(jobs)) replaced.add(name);
  if (ended.length === 0) return replaced;
  const latest = new Map(jobs.map(({name, file}) => [file, name]));
  for (const {name, file} of ended) if (latest.get(file) !== name) replaced.add(name);
  return replaced;
}

function replacedByRetries(
  jobs: readonly RecordedJob[],
  retries: readonly RetryLink[],
  ended: readonly RecordedJob[],
): Set<string> {
  const replaced = new Set<string>();
  const withoutResults = new Set(ended.map(({name}) => name));
  const lost = new Set(ended.flatMap(({name, outcome}) => (outcome === 'lost' ? [name] : [])));
  const parents = new Map(retries.map(({name, parent}) => [name, parent]));
  const retried = new Set(parents.values());
  const files = new Map(jobs.map(({name, file}) => [name, file]));
  const isOfAll = ({name, parent}: Omit<RetryLink, 'isMerged'>): boolean =>
    files.get(name) === files.get(parent);
  const whole = new Set(retries.flatMap((link) => (isOfAll(link) ? [link.parent] : [])));
  // A retry is recorded after the job that it retries, so that the last ones are looked at first.
  for (const {name, parent, isMerged} of retries.toReversed()) {
    const isOvertaken = !isOfAll({name, parent}) && whole.has(parent);
    // A retry without results that was retried has nothing to merge: what retries it stands for it.
    if (isOvertaken || (withoutResults.has(name) && retried.has(name))) {
      replaced.add(name);
      continue;
    }
    const target = nearestWithResults(parent, parents, withoutResults);
    // What retries single rows cannot stand for a job whose other answers are lost.
    const isEnough = !lost.has(target) || files.get(name) === files.get(target);
    // While a retry of it is open, so is the job that it is merged into.
    if (isEnough && (!isMerged || replaced.has(name))) replaced.add(target);
    if (isMerged) replaced.add(name);
  }
  return replaced;
}

/** The nearest job that was not itself a retry without results. Records may go round in a circle. */
function nearestWithResults(
  parent: string,
  parents: ReadonlyMap<string, string>,
  withoutResults: ReadonlySet<string>,
): string {
  let job = parent;
  for (const seen = new Set<string>(); withoutResults.has(job) && !seen.has(job);) {
    seen.add(job);
    job = parents.get(job) ?? job;
  }
  return job;
}

/**
 * The job into whose results those of a retry are merged: of those that it retries, the nearest with results, unless all
 * of its requests were sent again. Undefined where there is none: its own results are those of the file then.
 */
export function mergeTargetOf(
  retry: JobRecord,
  byName: Pick<ReadonlyMap<string, JobRecord>, 'get'>,
): (JobRecord & {readonly results: StoredResults}) | undefined {
  const seen = new Set([retry.batch.name]);
  let below = retry;
  let above = byName.get(retry.retry_of ?? '');
  while (above !== undefined && !seen.has(above.batch.name)) {
    const {results} = above;
    if (results !== undefined && above.input_file !== below.input_file) return {...above, results};
    seen.add(above.batch.name);
    below = above;
    above = byName.get(above.retry_of ?? '');
  }
  return undefined;
}

/** The jobs that others hold the answers of or will: all of their requests were sent again. By batch name. */
export function retriedWhole(records: readonly JobRecord[]): ReadonlySet<string> {
  const files = new Map(records.map(({batch, input_file: file}) => [batch.name, file]));
  return new Set(
    records.flatMap(({retry_of: parent, input_file: file}) =>
      parent !== undefined && files.get(parent) === file ? [parent] : [],
    ),
  );
}
