/**
 * The live table of `gembatch poll` as lines of text: as wide and as high as the terminal, whatever the number of jobs.
 */
import {stateLabel} from '../../domain/job/job-state.js';
import type {PolledJob} from '../../workflows/poll/poll-report.js';
import {shortenRight} from '../terminal/display-width.js';
import {printable} from '../terminal/printable.js';
import {formatCount} from '../text/format.js';
import {tableLines} from '../text/table.js';
import {jobColumns, oncePerState, type ColumnTerms, type JobColumn} from './job-columns.js';

export interface PollTableState extends ColumnTerms {
  /** When jobs came into their state in this run, in milliseconds since the epoch; by batch name. */
  readonly changedAt: ReadonlyMap<string, number>;
  /** Only these columns, in this order; they do not give way. */
  readonly columns?: readonly JobColumn[] | undefined;
}

export interface TableRoom {
  readonly columns: number;
  readonly rows: number;
}

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
  const lines = tableLines(shown, jobColumns(state, state.columns), room.columns);
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

/** All jobs when there is room; otherwise those in which most happens, still in the order of the file. */
function chooseJobs(state: PollTableState, rows: number): readonly PolledJob[] {
  if (state.jobs.length <= rows) return state.jobs;
  const since = (job: PolledJob): number => state.changedAt.get(job.name) ?? 0;
  const ranked = state.jobs.map((job, position) => ({position, job, rank: rankOf(state, job)}));
  ranked.sort((a, b) => a.rank - b.rank || since(b.job) - since(a.job) || a.position - b.position);
  const chosen = ranked.slice(0, Math.max(0, rows - 1));
  return chosen.sort((a, b) => a.position - b.position).map(({job}) => job);
}

/** What needs a person goes before what is news, and that before what only runs. */
function rankOf({downloads, changedAt, nowMs}: PollTableState, job: PolledJob): number {
  if (downloads.has(job.name)) return 0;
  const {outcome, replaced} = job;
  if (!replaced && outcome !== 'done' && outcome !== 'running') return outcome === 'bad_rows' ? 2 : 1;
  if (nowMs - (changedAt.get(job.name) ?? -Infinity) < NEWS_MS) return 3;
  if (outcome === 'running') return job.state === 'JOB_STATE_PENDING' ? 5 : 4;
  return replaced ? 7 : 6;
}
