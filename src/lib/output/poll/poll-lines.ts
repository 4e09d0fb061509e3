import type {ItemError} from '../../domain/item-error.js';
import {stateLabel} from '../../domain/job/job-state.js';
import type {PolledJob, PollEvent, PollSummary} from '../../workflows/poll/poll-report.js';
import {formatCount, formatDuration} from '../text/format.js';
import {formatUsd} from '../text/money.js';
import {ownCommand} from '../../domain/program-name.js';
import {rowsText} from './job-columns.js';
import {tally} from './poll-table.js';
import {printable} from '../terminal/printable.js';

/** What an event means to a person, in lines of text; none when it is not worth one. */
export function pollLines(event: PollEvent): readonly string[] {
  switch (event.type) {
    case 'jobs':
      return [`Following ${jobs(event.jobs.length)}: ${tally(event.jobs)}`];
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

/** How a run went, and what to do next. */
export function summaryLines(summary: PollSummary, nextCommand: string | undefined): readonly string[] {
  const {
    done,
    bad_rows: bad,
    altered,
    failed,
    cancelled,
    expired,
    lost,
    not_seen: notSeen,
    running,
    replaced,
    unclear,
    vanished,
    rows,
  } = summary;
  const parts: readonly (readonly [number, string])[] = [
    [done, 'done'],
    [bad, 'done with bad rows'],
    [altered, 'altered since they were fetched'],
    [failed, 'failed'],
    [cancelled, 'cancelled'],
    [expired, 'expired'],
    [lost, 'lost'],
    [notSeen, 'not seen'],
    [running, 'still running'],
    [replaced, 'replaced by later jobs'],
    [unclear, 'unclear'],
    [vanished, 'not in the job-info file any more'],
  ];
  const text = parts
    .filter(([number]) => number > 0)
    .map(([number, what]) => `${formatCount(number)} ${what}`);
  const badRows = Object.entries(rows).filter(([outcome, number]) => outcome !== 'ok' && number > 0);
  const rowTexts = [['ok', rows.ok] as const, ...badRows].map(
    ([outcome, number]) => `${formatCount(number)} ${outcome.replaceAll('_', ' ')}`,
  );
  return [
    `${jobs(summary.jobs)}: ${text.join(', ')} (${formatDuration(summary.duration_ms)})`,
    ...(done + bad > 0 ? [`Rows: ${rowTexts.join(', ')}`] : []),
    ...(done + bad > 0 ? [costLine(summary)] : []),
    ...summary.retiring.map(({model, on}) => printable(retiringText(model, on))),
    ...(nextCommand === undefined || summary.jobs === 0 ? [] : [`Next: ${nextCommand}`]),
  ];
}

function costLine({cost_usd: cost, cost_usd_known: known}: PollSummary): string {
  return cost === null ? `Cost: ${formatUsd(known)}, and jobs of unknown cost` : `Cost: ${formatUsd(cost)}`;
}

function retiringText(model: string, on: string): string {
  return `Its answers say that ${model} ends on ${on}: choose another one for what comes next (${ownCommand('models')}).`;
}

function jobs(number: number): string {
  return number === 1 ? '1 job' : `${formatCount(number)} jobs`;
}

function stateLine(job: PolledJob): string {
  const error = job.error === undefined ? '' : `: ${job.error.message}`;
  const isGone = ['altered', 'lost', 'not_seen'].includes(job.outcome);
  const state = isGone ? job.outcome.replace('_', ' ') : stateLabel(job.state);
  return printable(`${job.file}: ${state}${error}`);
}

function resultLine(job: PolledJob): string {
  return printable(`${job.file}: ${rowsText(job)} -> ${job.results?.file ?? ''}`);
}

function waitLine({file, reason, delayMs}: PollEvent & {type: 'wait'}): string {
  const text = `${reason.replace(/\.$/u, '')}. Retrying in ${formatDuration(delayMs)}.`;
  return printable(file === undefined ? text : `${file}: ${text}`);
}

function errorLines(error: ItemError, retryMs: number | null): readonly string[] {
  const next = retryMs === null ? error.suggestions : [`Trying again in ${formatDuration(retryMs)}.`];
  return [`Error: ${printable(error.message)}`, ...next.map((line) => printable(line))];
}
