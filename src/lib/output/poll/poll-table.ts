/**
 * The live table of `gembatch poll` as lines of text: as wide and as high as the terminal, whatever the number of jobs.
 */
import {ageMs, leftOf, usualDurations} from '../../domain/job/job-estimate.js';
import {stateLabel} from '../../domain/job/job-state.js';
import type {PolledJob} from '../../workflows/poll/poll-report.js';
import {shortenRight} from '../terminal/display-width.js';
import {formatBytes, formatCount, formatDuration} from '../text/format.js';
import {modelLabel} from '../../domain/job/model-choice.js';
import {formatUsd} from '../text/money.js';
import {printable} from '../terminal/printable.js';
import {tableLines, type Column} from '../text/table.js';

export interface PollTableState {
  /** In the order of the job-info file. */
  readonly jobs: readonly PolledJob[];
  /** Bytes that have arrived of results that are being fetched; by batch name. */
  readonly downloads: ReadonlyMap<string, number>;
  /** When jobs came into their state in this run, in milliseconds since the epoch; by batch name. */
  readonly changedAt: ReadonlyMap<string, number>;
  readonly nowMs: number;
}

export interface TableRoom {
  readonly columns: number;
  readonly rows: number;
}

const LONGEST_REASON = 32;
/** A change is news for this long. */
const NEWS_MS = 30_000;
/** Labels that are not here follow in the order in which they turn up. */
const TALLY_ORDER = [
  'done',
  'with bad rows',
  'altered',
  'failed',
  'cancelled',
  'expired',
  'lost',
  'not seen',
  'succeeded',
  'running',
];

/** The lines of the table: a header, as many jobs as there is room for, and one line about the others. */
export function pollTable(state: PollTableState, room: TableRoom): readonly string[] {
  const shown = chooseJobs(state, room.rows - 1);
  const hidden = state.jobs.length - shown.length;
  const lines = tableLines(shown, columnsOf(state), room.columns);
  if (hidden === 0) return lines;
  return [...lines, shortenRight(`… and ${formatCount(hidden)} more`, room.columns)];
}

/** How many jobs are where, in words: what is over first, then what runs. */
export function tally(jobs: readonly PolledJob[]): string {
  const numbers = new Map(TALLY_ORDER.map((label) => [label, 0]));
  const labelOf = oncePerState((state) => printable(stateLabel(state)));
  for (const job of jobs) {
    const label = tallyLabel(job, labelOf);
    numbers.set(label, (numbers.get(label) ?? 0) + 1);
  }
  return [...numbers]
    .filter(([, number]) => number > 0)
    .map(([label, number]) => `${formatCount(number)} ${label}`)
    .join(', ');
}

function tallyLabel({outcome, state}: PolledJob, labelOf: (state: string) => string): string {
  if (outcome === 'bad_rows') return 'with bad rows';
  return outcome === 'running' ? labelOf(state) : outcome;
}

/** Makes the label of each state once: there are few states, however many jobs there are. */
function oncePerState(labelOf: (state: string) => string): (state: string) => string {
  const labels = new Map<string, string>();
  return (state) => {
    const label = labels.get(state) ?? labelOf(state);
    labels.set(state, label);
    return label;
  };
}

/** All jobs when there is room; otherwise those in which most happens, still in the order of the file. */
function chooseJobs(state: PollTableState, rows: number): readonly PolledJob[] {
  if (state.jobs.length <= rows) return state.jobs;
  const since = (job: PolledJob): number => state.changedAt.get(job.name) ?? 0;
  const ranked = state.jobs.map((job, position) => ({position, job, rank: rankOf(state, job)}));
  ranked.sort((a, b) => a.rank - b.rank || since(b.job) - since(a.job) || a.position - b.position);
  const chosen = ranked.slice(0, Math.max(0, rows - 1));
  return chosen.sort((a, b) => a.position - b.position).map(({job}) => job);
}

function rankOf({downloads, changedAt, nowMs}: PollTableState, job: PolledJob): number {
  if (downloads.has(job.name)) return 0;
  if (nowMs - (changedAt.get(job.name) ?? -Infinity) < NEWS_MS) return 1;
  if (job.outcome === 'running') return job.state === 'JOB_STATE_PENDING' ? 3 : 2;
  return job.outcome === 'done' ? 5 : 4;
}

function columnsOf(state: PollTableState): readonly Column<PolledJob>[] {
  const {nowMs, downloads} = state;
  const isWaiting = state.jobs.some(({outcome}) => outcome === 'running');
  const usual = usualDurations(
    isWaiting ? state.jobs.filter(({outcome}) => outcome === 'done' || outcome === 'bad_rows') : [],
  );
  const labelOf = oncePerState(stateLabel);
  const left = (job: PolledJob): string => {
    const ms =
      job.outcome === 'running' && !downloads.has(job.name) && leftOf(job, usual.get(job.model), nowMs);
    return typeof ms === 'number' ? `~${formatDuration(ms)}` : '';
  };
  return [
    {title: 'File', align: 'left', rank: 0, cell: ({file}) => file},
    {
      title: 'Requests',
      align: 'right',
      rank: 4,
      cell: ({requests}) => (requests === null ? '?' : formatCount(requests)),
    },
    {title: 'State', align: 'left', rank: 1, cell: ({state: name}) => labelOf(name)},
    {title: 'Done', align: 'right', rank: 5, cell: ({stats}) => countCell(stats?.successful_request_count)},
    {title: 'Failed', align: 'right', rank: 6, cell: ({stats}) => countCell(stats?.failed_request_count)},
    {title: 'Time', align: 'right', rank: 3, cell: (job) => durationCell(ageMs(job, nowMs))},
    {title: 'Left', align: 'right', rank: 7, cell: left},
    ...(state.jobs.some((job) => costCell(job) !== '') ? [COST] : []),
    {title: 'Model', align: 'left', rank: 9, cell: ({model = ''}) => modelLabel(model)},
    {title: 'Result', align: 'left', rank: 2, cell: (job) => resultCell(job, downloads.get(job.name))},
  ];
}

function resultCell(job: PolledJob, downloadedBytes: number | undefined): string {
  if (downloadedBytes !== undefined) return `fetching ${formatBytes(downloadedBytes)}`;
  if (job.outcome === 'altered') return 'altered since it was fetched';
  if (job.results !== undefined) return rowsText(job);
  if (job.replaced) return 'replaced';
  if (job.results_error !== undefined) return 'not fetched yet';
  if (job.outcome === 'lost' || job.outcome === 'not_seen') return job.outcome.replace('_', ' ');
  return shortenRight(printable(job.error?.message ?? ''), LONGEST_REASON);
}

/** The rows of fetched results in a few words. */
export function rowsText({results, bad_rows: bad = 0}: PolledJob): string {
  const ok = formatCount(results?.rows.ok ?? 0);
  return bad === 0 ? `${ok} ok` : `${ok} ok, ${formatCount(bad)} bad`;
}

function durationCell(ms: number | undefined): string {
  return ms === undefined ? '' : formatDuration(ms);
}

const COST: Column<PolledJob> = {title: 'Cost', align: 'right', rank: 8, cell: costCell};

/** What it has cost, or after a tilde what it is likely to. */
function costCell({cost_usd: cost, estimate_usd: estimate, outcome}: PolledJob): string {
  if (cost !== undefined) return formatUsd(cost);
  return estimate === undefined || outcome !== 'running' ? '' : `~${formatUsd(estimate)}`;
}

function countCell(count: number | undefined): string {
  return count === undefined ? '' : formatCount(count);
}
