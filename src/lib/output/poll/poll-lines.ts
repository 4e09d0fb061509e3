import type {ItemError} from '../../domain/item-error.js';
import {stateLabel} from '../../domain/job/job-state.js';
import type {PolledJob, PollEvent} from '../../workflows/poll/poll-report.js';
import {formatDuration, plural} from '../text/format.js';
import {rowsText} from './job-columns.js';
import {tally} from './poll-table.js';
import {printable} from '../terminal/printable.js';

/** What an event means to a person, in lines of text; none when it is not worth one. */
export function pollLines(event: PollEvent): readonly string[] {
  switch (event.type) {
    case 'jobs':
      return followingLines(event.jobs.filter(({replaced}) => !replaced));
    case 'state':
      return [stateLine(event.job)];
    case 'result':
      return [resultLine(event.job)];
    case 'error':
      return errorLines(event.error, event.retryMs);
    case 'wait':
      return [waitLine(event)];
    case 'status':
      return [printable(event.message)];
    case 'warning':
      return [`Warning: ${printable(event.message)}`];
    case 'download':
    case 'asked':
    case 'summary':
      return [];
  }
}

/** Where nothing is open, the summary says it all. */
function followingLines(jobs: readonly PolledJob[]): readonly string[] {
  if (jobs.every(({outcome}) => outcome !== 'running')) return [];
  return [`Following ${plural(jobs.length, 'job')}: ${tally(jobs)}`];
}

function stateLine(job: PolledJob): string {
  const error = job.error === undefined ? '' : `: ${job.error.message}`;
  const isGone = ['altered', 'lost', 'not_seen'].includes(job.outcome);
  const state = isGone ? job.outcome.replace('_', ' ') : stateLabel(job.state);
  return printable(`${job.file}: ${state}${error}`);
}

function resultLine(job: PolledJob): string {
  return printable(
    `${job.file}: ${rowsText(job)} -> ${job.results?.file ?? `left in ${job.results_left ?? ''}`}`,
  );
}

function waitLine({file, reason, delayMs}: PollEvent & {type: 'wait'}): string {
  const text = `${reason.replace(/\.$/u, '')}. Retrying in ${formatDuration(delayMs)}.`;
  return printable(file === undefined ? text : `${file}: ${text}`);
}

function errorLines(error: ItemError, retryMs: number | null): readonly string[] {
  const next = retryMs === null ? error.suggestions : [`Trying again in ${formatDuration(retryMs)}.`];
  return [`Error: ${printable(error.message)}`, ...next.map((line) => printable(line))];
}
