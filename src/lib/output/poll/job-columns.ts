/** What tables show of a batch job, or of the jobs of a request file. */
import {ageMs, remainingMs, usualDurations} from '../../domain/job/remaining-time.js';
import {modelLabel} from '../../domain/service/model-choice.js';
import {stateLabel} from '../../domain/job/job-state.js';
import type {FoldedJob} from '../../workflows/list/fold-jobs.js';
import type {PolledJob} from '../../workflows/poll/poll-report.js';
import {shortenRight} from '../terminal/display-width.js';
import {printable} from '../terminal/printable.js';
import type {Colors} from '../terminal/screen.js';
import {formatBytes, formatCount, formatDuration} from '../text/format.js';
import {formatUsd} from '../text/money.js';
import type {Column} from '../text/table.js';

/** The columns, as the command line names them. */
export const JOB_COLUMNS = [
  'file',
  'requests',
  'state',
  'done',
  'failed',
  'time',
  'left',
  'cost',
  'model',
  'result',
  'job',
  'created',
  'ended',
] as const;

export type JobColumn = (typeof JOB_COLUMNS)[number];

export interface ColumnTerms {
  readonly jobs: readonly FoldedJob[];
  /** Bytes that have arrived of results that are being fetched; by batch name. */
  readonly downloads: ReadonlyMap<string, number>;
  readonly nowMs: number;
  /** None where absent. */
  readonly colors?: Colors | undefined;
}

const LONGEST_REASON = 32;

/** The columns as a table takes them; those that say nothing of any job are left out, unless they were asked for. */
export function jobColumns(
  terms: ColumnTerms,
  asked: readonly JobColumn[] | undefined,
): readonly Column<FoldedJob>[] {
  const columns = columnsOf(terms);
  if (asked !== undefined) return asked.map((name) => ({...columns[name], rank: 0}));
  const {file, requests, state, done, failed, time, left, cost, model, result} = columns;
  const isSaid = ({cell}: Column<FoldedJob>): boolean => terms.jobs.some((job) => cell(job) !== '');
  return [file, requests, state, done, failed, time, ...[left, cost].filter(isSaid), model, result];
}

function columnsOf({jobs, downloads, nowMs, colors}: ColumnTerms): Record<JobColumn, Column<FoldedJob>> {
  const isWaiting = jobs.some(({outcome}) => outcome === 'running');
  const usual = usualDurations(
    isWaiting ? jobs.filter(({outcome}) => outcome === 'done' || outcome === 'bad_rows') : [],
  );
  const labelOf = oncePerState(stateLabel);
  const requestsText = asAbove((requests: number | null) =>
    requests === null ? '?' : formatCount(requests),
  );
  const modelText = asAbove(modelLabel);
  const left = (job: FoldedJob): string => {
    const ms =
      job.outcome === 'running' && !downloads.has(job.name) && remainingMs(job, usual.get(job.model), nowMs);
    return typeof ms === 'number' ? `~${formatDuration(ms)}` : '';
  };
  // To colour 100,000 rows in vain takes as long as to lay them out.
  const color = colors?.isColorSupported ? (job: FoldedJob) => stateColor(job, colors) : undefined;
  return {
    file: {title: 'FILE', align: 'left', rank: 0, cell: ({file}) => file},
    requests: {
      title: 'REQUESTS',
      align: 'right',
      rank: 4,
      cell: ({requests}) => requestsText(requests),
    },
    state: {
      title: 'STATE',
      align: 'left',
      rank: 1,
      cell: ({state}) => labelOf(state),
      ...(color === undefined ? {} : {color}),
    },
    done: {
      title: 'DONE',
      align: 'right',
      rank: 5,
      cell: ({stats}) => countCell(stats?.successful_request_count),
    },
    failed: {
      title: 'FAILED',
      align: 'right',
      rank: 6,
      cell: ({stats}) => countCell(stats?.failed_request_count),
    },
    time: {title: 'TIME', align: 'right', rank: 3, cell: (job) => durationCell(ageMs(job, nowMs))},
    left: {title: 'LEFT', align: 'right', rank: 7, cell: left},
    cost: {title: 'COST', align: 'right', rank: 8, cell: costCell},
    model: {title: 'MODEL', align: 'left', rank: 9, cell: ({model = ''}) => modelText(model)},
    result: {
      title: 'RESULT',
      align: 'left',
      rank: 2,
      cell: (job) => resultCell(job, downloads.get(job.name)),
      ...(color === undefined
        ? {}
        : {color: (job: FoldedJob) => (job.outcome === 'done' ? undefined : color(job))}),
    },
    job: {title: 'JOB', align: 'left', rank: 10, cell: ({name}) => name},
    created: {title: 'CREATED', align: 'left', rank: 11, cell: ({create_time: time}) => timeCell(time)},
    ended: {title: 'ENDED', align: 'left', rank: 12, cell: ({end_time: time}) => timeCell(time)},
  };
}

function stateColor(
  {outcome, replaced, state}: PolledJob,
  colors: Colors,
): ((text: string) => string) | undefined {
  if (replaced) return colors.dim;
  switch (outcome) {
    case 'done':
      return colors.green;
    case 'running':
      return state === 'JOB_STATE_RUNNING' ? colors.cyan : undefined;
    case 'bad_rows':
    case 'cancelled':
      return colors.yellow;
    case 'failed':
    case 'expired':
    case 'altered':
    case 'lost':
    case 'not_seen':
      return colors.red;
  }
}

/** Makes the label of each state once: there are few states, however many jobs there are. */
export function oncePerState(labelOf: (state: string) => string): (state: string) => string {
  const labels = new Map<string, string>();
  return (state) => {
    const known = labels.get(state);
    if (known !== undefined) return known;
    const label = labelOf(state);
    labels.set(state, label);
    return label;
  };
}

/** Makes no text anew where a row says what the one above said, as most of 100,000 do. */
function asAbove<T>(textOf: (value: T) => string): (value: T) => string {
  let above: {readonly value: T; readonly text: string} | undefined;
  return (value) => {
    if (above?.value !== value) above = {value, text: textOf(value)};
    return above.text;
  };
}

function resultCell(job: FoldedJob, downloadedBytes: number | undefined): string {
  if (downloadedBytes !== undefined) return `fetching ${formatBytes(downloadedBytes)}`;
  if (job.outcome === 'altered') return 'altered since it was fetched';
  if (job.results !== undefined) return rowsText(job);
  if (job.left !== undefined) return `${rowsText(job)}, left`;
  if (job.replaced) return 'replaced';
  if (job.results_error !== undefined) return 'not fetched yet';
  if (job.outcome === 'lost' || job.outcome === 'not_seen') return job.outcome.replace('_', ' ');
  const reason = printable(job.error?.message ?? '');
  return reason === '' ? othersText(job) : shortenRight(reason, LONGEST_REASON);
}

/** What is known beside the job that a folded row has its state from. */
function othersText({jobs = []}: FoldedJob): string {
  const retried = jobs.find(({replaced, results}) => replaced && results !== undefined);
  if (retried !== undefined) return `${formatCount(retried.results?.rows.ok ?? 0)} ok, the rest again`;
  const current = jobs.filter(({replaced}) => !replaced);
  const over = current.filter(({outcome}) => outcome === 'done' || outcome === 'bad_rows');
  const what = current.every(({part_of: part}) => part !== undefined) ? 'parts' : 'batch jobs';
  return current.length < 2 ? '' : `${formatCount(over.length)} of ${formatCount(current.length)} ${what}`;
}

/** The rows of results in a few words; of those that were left in a bucket, as the service counts them. */
export function rowsText({results, stats, bad_rows: bad = 0}: PolledJob): string {
  const ok = formatCount(results?.rows.ok ?? stats?.successful_request_count ?? 0);
  return bad === 0 ? `${ok} ok` : `${ok} ok, ${formatCount(bad)} bad`;
}

/** What it has cost, or after a tilde what it is likely to. */
function costCell({cost_usd: cost, estimate_usd: estimate, outcome}: PolledJob): string {
  if (cost !== undefined) return formatUsd(cost);
  return estimate === undefined || outcome !== 'running' ? '' : `~${formatUsd(estimate)}`;
}

function durationCell(ms: number | undefined): string {
  return ms === undefined ? '' : formatDuration(ms);
}

/** UTC, to the second. */
function timeCell(time: string | undefined): string {
  return time === undefined ? '' : `${time.slice(0, 19).replace('T', ' ')}Z`;
}

function countCell(count: number | undefined): string {
  return count === undefined ? '' : formatCount(count);
}
