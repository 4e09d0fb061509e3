import {withoutName} from './text/item-message.js';
import type {RetryOutcome, RetryResult} from '../workflows/retry/retry-jobs.js';
import type {LeftOut} from '../workflows/retry/retry-requests.js';
import {addRanges, NOTHING} from '../domain/estimate/range.js';
import {formatCount, plural} from './text/format.js';
import {aboutUsd, describeCost} from './text/money.js';
import {printable} from './terminal/printable.js';
import {ownCommand} from '../domain/program-name.js';

/** Why rows are left out, and what would send them. */
const LEFT_OUT: Readonly<Record<LeftOut, string>> = {
  blocked: 'blocked: the same request is blocked again (to send them all the same: --only blocked)',
  truncated: 'cut off: they need a higher limit (--max-output-tokens x2)',
  continuation:
    'ended by the service before they were whole, which no limit changes: ask for less in one request (to send them all the same: --only truncated)',
  model_limit:
    'cut off at the limit of the model, which is the highest: ask for less in one request, or name another model (--model)',
  no_output_limit:
    'cut off without a limit of their own, which nothing can double: give a number (--max-output-tokens 16384)',
  not_named: 'not among those of --only',
  unanswerable: 'without a key of their own, so no answer can be matched to them',
};

/** What a person reads of a retry besides its submissions: what is sent again and what cannot be. */
export function retryLines({jobs, running, dry_run: isDryRun}: RetryResult): readonly string[] {
  if (jobs.length === 0) return nothingLines(running);
  const lines = jobs.flatMap((job) => [...linesOfJob(job, isDryRun), ...leftOutLines(job)]);
  return isDryRun
    ? [
        ...lines,
        `${formatCount(jobs.filter(({error}) => error === undefined).length)} to retry${totalText(jobs)}. Nothing was sent.`,
      ]
    : lines;
}

function nothingLines(running: number): readonly string[] {
  if (running === 0) return ['Nothing to retry: no failed job and no bad row is left.'];
  const jobs = running === 1 ? '1 job is' : `${formatCount(running)} jobs are`;
  return [`Nothing to retry yet: ${jobs} still running, or not fetched. To follow: ${ownCommand('poll')}`];
}

/** What all will cost, as far as it is known. */
function totalText(jobs: readonly RetryOutcome[]): string {
  const costs = jobs.filter(({request_files: files}) => files.length > 0).map(({estimate_usd: usd}) => usd);
  const known = costs.filter((usd) => usd !== null && usd !== undefined);
  if (costs.length === 0) return '';
  const text = describeCost(known.reduce(addRanges, NOTHING));
  if (known.length === costs.length) return `: ${text}`;
  return known.length === 0 ? ': the cost is unknown' : `: the cost is unknown; what is known costs ${text}`;
}

function linesOfJob(
  {file, was, requests, request_files: files, estimate_usd: usd, error}: RetryOutcome,
  isDryRun: boolean,
): readonly string[] {
  const name = printable(file);
  if (error !== undefined)
    return [
      `${name}: not retried: ${printable(withoutName(error.message, file))}`,
      ...error.suggestions.map((text) => `  ${printable(text)}`),
    ];
  if (files.length === 0) return [`${name}: none of its bad rows is sent again`];
  if (!isDryRun) return [];
  const what = requests === null ? 'all requests' : plural(requests, 'request');
  const jobs = files.length === 1 ? '' : ` in ${plural(files.length, 'job')}`;
  return [
    `${name}: ${was.replace('_', ' ')}, would send ${what} again${jobs}${usd ? `, ${aboutUsd(usd.likely)}` : ''}`,
  ];
}

function leftOutLines({left_out: leftOut}: RetryOutcome): readonly string[] {
  return Object.entries(LEFT_OUT).flatMap(([reason, text]) => {
    const rows = leftOut[reason as LeftOut] ?? 0;
    return rows === 0 ? [] : [`  ${plural(rows, 'row')} left out, ${text}`];
  });
}
