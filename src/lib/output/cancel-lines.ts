import {stateLabel} from '../domain/job/job-state.js';
import type {CancelledJob, CancelResult} from '../workflows/cancel/cancel-report.js';
import {formatCount, plural} from './text/format.js';
import {ownCommand} from '../domain/program-name.js';

/** What became of jobs that were to be cancelled, for people: a line for each, their number, and what to do next. */
export function cancelLines({jobs, summary}: CancelResult): readonly string[] {
  const parts: readonly (readonly [number, string])[] = [
    [summary.cancelled, 'cancelled'],
    [summary.requested, 'asked to stop'],
    [summary.ended, 'already finished'],
    [summary.failed, 'failed'],
    [summary.not_started, 'left alone'],
  ];
  const counts = parts
    .filter(([number]) => number > 0)
    .map(([number, what]) => `${formatCount(number)} ${what}`);
  const total = [plural(summary.jobs, 'job'), counts.join(', ')].filter((text) => text !== '').join(': ');
  const advice = new Set(jobs.flatMap(({error}) => error?.suggestions ?? []));
  const mayHaveResults = jobs.some(({outcome, state}) => outcome === 'requested' || hasResults(state));
  return [
    ...jobs.map(jobLine),
    ...[...advice].map((text) => `  ${text}`),
    jobs.length === 0 ? 'No batch job is running.' : total,
    ...(mayHaveResults ? [`Next: ${ownCommand('poll')}`] : []),
  ];
}

function hasResults(state: string): boolean {
  return state === 'JOB_STATE_SUCCEEDED' || state === 'JOB_STATE_PARTIALLY_SUCCEEDED';
}

function jobLine(job: CancelledJob): string {
  return `${job.file} (${job.name}): ${outcomeText(job)}`;
}

function outcomeText({outcome, state, error}: CancelledJob): string {
  switch (outcome) {
    case 'cancelled':
      return 'cancelled';
    case 'requested':
      return `asked to stop; still ${stateLabel(state)}`;
    case 'ended':
      return `already finished (${stateLabel(state)})`;
    case 'failed':
      return `not cancelled: ${error?.message ?? 'no reason given'}`;
    case 'not_started':
      return 'left alone';
  }
}
