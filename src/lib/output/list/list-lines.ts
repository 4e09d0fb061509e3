import {payAgainAdvice} from '../../domain/job/lost-results.js';
import {nextStep} from '../../domain/job/next-step.js';
import type {JobList} from '../../workflows/list/list-jobs.js';
import type {FoldedJob} from '../../workflows/list/fold-jobs.js';
import {csvRecord} from '../text/csv.js';
import {formatCount, plural} from '../text/format.js';
import {formatUsd} from '../text/money.js';
import {tableLines} from '../text/table.js';
import {jobColumns, type JobColumn} from '../poll/job-columns.js';
import {tally} from '../poll/poll-table.js';
import {progressText} from '../poll/progress-text.js';
import {printable} from '../terminal/printable.js';
import type {Colors} from '../terminal/screen.js';
import {ownCommand} from '../../domain/program-name.js';

/** Of a screen: the titles, what is left out, a blank line, two of totals, what to run next, and the prompt. */
export const LINES_BESIDE_JOBS = 7;

export interface ListStyle {
  readonly width: number;
  readonly nowMs: number;
  readonly colors: Colors;
  /** Those of the listed jobs that are shown; the others are counted. */
  readonly shown: readonly FoldedJob[];
  /** Only these columns, in this order. */
  readonly columns?: readonly JobColumn[] | undefined;
}

/** The table of `gembatch list`, as wide as the terminal; what cannot be in it follows. */
export function listLines(list: JobList, style: ListStyle): readonly string[] {
  const {summary, recorded_files: files} = list;
  if (summary.recorded === 0) {
    const what = list.problems.length > 0 ? 'No record can be read in' : 'No batch jobs in';
    return [`${what} ${printable(list.job_info)}.`, ...sideLines(list)];
  }
  if (list.jobs.length === 0) {
    const all = files === undefined ? plural(summary.recorded, 'batch job') : plural(files, 'file');
    return [`No match among the ${all}.`, ...sideLines(list)];
  }
  const terms = {...style, jobs: style.shown, downloads: new Map<string, number>()};
  const table = tableLines(style.shown, jobColumns(terms, style.columns), style.width);
  return [...table, ...hiddenLine(list, style.shown), '', ...endLines(list, style.nowMs)];
}

/** What follows the table: the totals, what is no job, and what to run next. */
export function endLines(list: JobList, nowMs: number): readonly string[] {
  return [...totals(list, nowMs), ...lostLine(list), ...sideLines(list), ...nextLine(list)];
}

function hiddenLine({jobs}: JobList, shown: readonly FoldedJob[]): readonly string[] {
  if (shown.length === jobs.length) return [];
  const isShown = new Set(shown);
  const hidden = jobs.filter((job) => !isShown.has(job));
  return [`… and ${formatCount(hidden.length)} more: ${tally(hidden)} (all: --limit ${jobs.length})`];
}

function totals({jobs, summary, recorded_files: files}: JobList, nowMs: number): readonly string[] {
  const recorded = files ?? summary.recorded;
  const listed = summary.jobs === recorded ? '' : `${formatCount(summary.jobs)} of `;
  const current = jobs.filter(({replaced}) => !replaced);
  const replaced = summary.replaced === 0 ? [] : [`${formatCount(summary.replaced)} replaced by later jobs`];
  const counts = [tally(current), ...replaced].filter((text) => text !== '').join(', ');
  const isFolded = files !== undefined && files < summary.recorded;
  const folded = isFolded ? ` (${plural(summary.recorded, 'batch job')}: --all)` : '';
  return [
    `${listed}${plural(recorded, files === undefined ? 'job' : 'file')}: ${counts}${folded}`,
    ...(summary.running > 0 ? [progressText(jobs, nowMs)] : costLine(jobs)),
  ];
}

/** A folded row may stand for jobs of other files: those that are lost are named by their own. */
function lostLine({jobs}: JobList): readonly string[] {
  const all = jobs.flatMap((row) => row.jobs ?? [row]);
  const lost = all.filter(({outcome, replaced}) => outcome === 'lost' && !replaced);
  return lost.length === 0 ? [] : [printable(payAgainAdvice(lost.map(({file}) => file)))];
}

/** When all results are here there is nothing to run next. */
function nextLine({jobs, open_intents: intents}: JobList): readonly string[] {
  const step = intents.length > 0 ? 'poll' : nextStep(jobs);
  return step === undefined || step.startsWith('results') ? [] : [`Next: ${ownCommand(step)}`];
}

function costLine(jobs: readonly FoldedJob[]): readonly string[] {
  const cost = jobs.reduce((sum, {cost_usd: usd = 0}) => sum + usd, 0);
  if (cost === 0) return [];
  const isKnown = jobs.every(({cost_usd: usd}) => usd !== undefined);
  return [`Cost: ${formatUsd(cost)}${isKnown ? '' : ', not counting jobs of unknown cost'}`];
}

/** What is not a job, and must not be missed: creates without an answer, and lines that cannot be read. */
export function sideLines({job_info: jobInfo, open_intents: intents, problems}: JobList): readonly string[] {
  return [
    ...intents.map(
      ({input_file: file}) =>
        `${printable(file)}: interrupted while submitting; unclear whether the job exists. Run ${ownCommand('poll')} to find out.`,
    ),
    ...problems.map(({line, reason}) => `${printable(jobInfo)}:${line}: ${printable(reason)}`),
  ];
}

const CSV_TITLES = [
  'file',
  'job',
  'model',
  'state',
  'outcome',
  'requests',
  'successful',
  'failed',
  'create_time',
  'end_time',
  'results',
  'ok_rows',
  'bad_rows',
  'error',
];

/**
 * The table of `gembatch list --csv`, a record on each line, line ends included: tools of the shell read lines, and a name with
 * a line break must not make one that looks like another job.
 */
export function listCsv(jobs: readonly FoldedJob[]): readonly string[] {
  return [
    csvRecord(CSV_TITLES),
    ...jobs.map((job) =>
      csvRecord(
        [
          job.file,
          job.name,
          job.model,
          job.state,
          job.outcome,
          job.requests,
          job.stats?.successful_request_count,
          job.stats?.failed_request_count,
          job.create_time,
          job.end_time,
          job.results?.file ?? (job.left === undefined ? undefined : job.results_left),
          job.results?.rows.ok ?? (job.left === undefined ? undefined : job.stats?.successful_request_count),
          job.bad_rows,
          job.error?.message,
        ].map((cell) => (typeof cell === 'string' ? printable(cell) : cell)),
      ),
    ),
  ];
}
