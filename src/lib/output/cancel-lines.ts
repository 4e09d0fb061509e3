import {withoutName} from './text/item-message.js';
import {stateLabel} from '../domain/job/job-state.js';
import type {CancelledJob, CancelResult} from '../workflows/cancel/cancel-report.js';
import {formatCount, plural} from './text/format.js';

/** What became of jobs that were to be cancelled, for people: a line for each, their number, and `next` to go on with. */
export function cancelLines({jobs, summary}: CancelResult, next: string | undefined): readonly string[] {
  const parts: readonly (readonly [number, string])[] = [
    [summary.cancelled, 'cancelled'],
    [summary.requested, 'asked to stop'],
    [summary.ended, 'already finished'],
    [summary.failed, 'failed'],
    [summary.not_started, 'left alone'],
  ];
  const isNothing = summary.cancelled + summary.requested === 0;
  const counts = parts
    .filter(([number, what]) => number > 0 || (isNothing && what === 'cancelled'))
    .map(([number, what]) => `${formatCount(number)} ${what}`);
  const total = [plural(summary.jobs, 'job'), counts.join(', ')].filter((text) => text !== '').join(': ');
  const advice = new Set(jobs.flatMap(({error}) => error?.suggestions ?? []));
  return [
    ...jobs.map(jobLine),
    ...[...advice].map((text) => `  ${text}`),
    jobs.length === 0 ? 'No batch job is running.' : total,
    ...(next === undefined ? [] : [`Next: ${next}`]),
  ];
}

function jobLine(job: CancelledJob): string {
  const {file, name, outcome, error} = job;
  const unrecorded =
    error === undefined || outcome === 'failed' ? '' : `, but ${withoutName(error.message, file)}`;
  return `${file} (${name}): ${outcomeText(job)}${unrecorded}`;
}

function outcomeText({file, outcome, state, error}: CancelledJob): string {
  switch (outcome) {
    case 'cancelled':
      return 'cancelled';
    case 'requested':
      return `asked to stop; still ${stateLabel(state)}`;
    case 'ended':
      return `already finished (${stateLabel(state)})`;
    case 'failed':
      return `not cancelled: ${error === undefined ? 'no reason given' : withoutName(error.message, file)}`;
    case 'not_started':
      return 'left alone';
  }
}
