import {remainingMs, usualDurations} from '../../domain/job/remaining-time.js';
import {modelLabel} from '../../domain/service/model-choice.js';
import type {PolledJob} from '../../workflows/poll/poll-report.js';
import {formatCount, formatDuration} from '../text/format.js';
import {formatUsd} from '../text/money.js';

/**
 * How far the jobs are in one line: rows of all, percent in sum and for each model, cost so far, and the time that the
 * slowest still takes when that is known of all that run.
 *
 * @param waiting - requests that wait to be submitted.
 */
export function progressText(jobs: readonly PolledJob[], nowMs: number, waiting = 0): string {
  const current = jobs.filter(({replaced}) => !replaced);
  const models = [...new Set(current.map(({model = 'unknown'}) => model))];
  const percentOfModel = (model: string): string => {
    const its = current.filter(({model: name = 'unknown'}) => name === model);
    return `${modelLabel(model)} ${percentOf(sumOf(its, rowsDone), sumOf(its, rowsOf))}`;
  };
  const cost = jobs.reduce((sum, {cost_usd: usd = 0}) => sum + usd, 0);
  // It is unknown how long files will wait.
  const leftMs = waiting === 0 ? longestLeft(current, nowMs) : undefined;
  const [done, all] = [sumOf(current, rowsDone), sumOf(current, rowsOf) + waiting];
  const parts = [
    `${formatCount(done)} of ${formatCount(all)} rows (${percentOf(done, all)})`,
    ...(models.length > 1 ? [models.map(percentOfModel).join(', ')] : []),
    ...(cost > 0 ? [`${formatUsd(cost)} so far`] : []),
    ...(leftMs === undefined ? [] : [`~${formatDuration(leftMs)} left`]),
  ];
  return parts.join(', ');
}

function percentOf(done: number, all: number): string {
  return `${all === 0 ? 0 : Math.floor((100 * done) / all)}%`;
}

function sumOf(jobs: readonly PolledJob[], of: (job: PolledJob) => number): number {
  return jobs.reduce((sum, job) => sum + of(job), 0);
}

function rowsOf({requests, stats}: PolledJob): number {
  return requests ?? stats?.request_count ?? 0;
}

function rowsDone(job: PolledJob): number {
  if (job.outcome !== 'running') return rowsOf(job);
  const {stats} = job;
  return stats === undefined ? 0 : stats.successful_request_count + stats.failed_request_count;
}

/** Undefined unless it is known of every job that runs. */
function longestLeft(jobs: readonly PolledJob[], nowMs: number): number | undefined {
  const usual = usualDurations(jobs.filter(({outcome}) => outcome === 'done' || outcome === 'bad_rows'));
  let longest: number | undefined;
  for (const job of jobs) {
    if (job.outcome !== 'running') continue;
    const left = remainingMs(job, usual.get(job.model), nowMs);
    if (left === undefined) return undefined;
    longest = Math.max(longest ?? 0, left);
  }
  return longest;
}
