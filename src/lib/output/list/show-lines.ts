import {payAgainAdvice} from '../../domain/job/lost-results.js';
import {stateLabel} from '../../domain/job/job-state.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import type {PolledJob} from '../../workflows/poll/poll-report.js';
import type {ShownJob, ShownJobs} from '../../workflows/list/show-job.js';
import {formatBytes, formatCount, plural} from '../text/format.js';
import {formatCostRange, formatUsd} from '../text/money.js';
import {rowsText} from '../poll/job-columns.js';
import {printable} from '../terminal/printable.js';
import {ownCommand} from '../../domain/program-name.js';

type Fact = readonly [name: string, value: string | undefined];

/** All that is known of a job, a fact on each line. */
export function showLines({jobs, open_intents: intents}: ShownJobs): readonly string[] {
  const blocks = jobs.map((job) => [...block(factsOf(job)), ...adviceOf(job)]);
  const open = intents.map((intent) =>
    block([
      ['File', intent.input_file],
      [
        'State',
        `unclear whether the job exists: interrupted while submitting. Run ${ownCommand('poll')} to find out.`,
      ],
      ['Sent', timeText(intent.intended_at)],
      ['Display name', intent.display_name],
      ['Upload', intent.uploaded_file_name],
    ]),
  );
  return [...open, ...blocks].flatMap((lines, position) => (position === 0 ? lines : ['', ...lines]));
}

function adviceOf({job: {outcome, replaced, file}}: ShownJob): readonly string[] {
  return outcome === 'lost' && !replaced ? [printable(payAgainAdvice([file]))] : [];
}

function costText({cost_usd: cost}: PolledJob, {estimate}: JobRecord): string | undefined {
  const before = estimate === undefined ? '' : `estimated ${formatCostRange(estimate.cost_usd ?? null)}`;
  if (cost === undefined) return before === '' ? undefined : before;
  return before === '' ? formatUsd(cost) : `${formatUsd(cost)} (${before})`;
}

function factsOf({job, record, retried_by: retriedBy}: ShownJob): readonly Fact[] {
  const {batch, sha256, size_bytes: sizeBytes} = record;
  const {stats, error, results} = job;
  const isAltered = job.outcome === 'altered';
  return [
    ['File', job.file],
    ['Job', job.name],
    ['Outcome', `${job.outcome.replace('_', ' ')}${job.replaced ? ' (replaced by a later job)' : ''}`],
    ['State', stateLabel(job.state)],
    [
      'Error',
      error === undefined
        ? undefined
        : `${error.message}${error.code === undefined ? '' : ` (code ${error.code})`}`,
    ],
    ['Model', job.model],
    ['Requests', job.requests === null ? 'unknown' : formatCount(job.requests)],
    [
      'Answered',
      stats === undefined
        ? undefined
        : `${formatCount(stats.successful_request_count)} ok, ${formatCount(stats.failed_request_count)} failed, ${formatCount(stats.pending_request_count)} pending`,
    ],
    [
      'Results',
      results === undefined
        ? undefined
        : `${results.file} (${isAltered ? 'altered since it was fetched' : `${rowsText(job)}, ${formatBytes(results.size_bytes)}`})`,
    ],
    [
      'Results left in',
      job.results_left === undefined
        ? undefined
        : `${job.results_left}${job.left === undefined ? '' : ` (${rowsText(job)} by the service's counts; ${plural(job.left.objects, 'object')}, ${formatBytes(job.left.size_bytes)})`}`,
    ],
    ['Rows', results === undefined || isAltered ? undefined : rowsInWords(Object.entries(results.rows))],
    [
      'Not fetched',
      job.results_error === undefined
        ? undefined
        : `${job.results_error.message} (${timeText(job.results_error.at)})`,
    ],
    ['Cost', costText(job, record)],
    ['Submitted', timeText(record.submitted_at)],
    ['Created', timeText(job.create_time)],
    ['Ended', timeText(job.end_time)],
    ['Retry of', record.retry_of],
    ['Retried by', retriedBy.length === 0 ? undefined : retriedBy.join(', ')],
    ['Lost', timeText(record.lost_at)],
    ['Not seen since', timeText(record.not_seen?.since)],
    ['Upload', record.object === undefined ? record.uploaded_file_name : undefined],
    ['Generation', record.object?.generation],
    ['Deleted remotely', timeText(record.remote_deleted_at)],
    ['Display name', batch.display_name],
    ['Size', sizeBytes === undefined ? undefined : formatBytes(sizeBytes)],
    [record.object === undefined ? 'SHA-256' : 'Fingerprint', sha256],
  ];
}

/** The service gives up to nine decimals of a second, which tell a person nothing. */
function timeText(time = ''): string {
  return time.replace(/\.\d+/u, '');
}

function rowsInWords(rows: readonly (readonly [string, number])[]): string {
  return rows
    .filter(([, count]) => count > 0)
    .map(([outcome, count]) => `${formatCount(count)} ${outcome.replace('_', ' ')}`)
    .join(', ');
}

function block(facts: readonly Fact[]): readonly string[] {
  const known = facts.filter(([, value]) => value !== undefined && value !== '');
  const width = Math.max(...known.map(([name]) => name.length)) + 2;
  return known.map(([name, value = '']) => `${`${name}:`.padEnd(width)} ${printable(value)}`);
}
