import type {JobList} from '../workflows/list/list-jobs.js';
import {csvRecord} from './text/csv.js';
import {formatCount, plural} from './text/format.js';
import {pollTable, tally} from './poll/poll-table.js';
import {printable} from './terminal/printable.js';
import {ownCommand} from '../domain/program-name.js';

/** The table of `gembatch list`, as wide as the terminal; what cannot be in it follows. */
export function listLines(list: JobList, options: {columns: number; nowMs: number}): readonly string[] {
  const {jobs, summary} = list;
  if (summary.recorded === 0) return [`No batch jobs in ${printable(list.job_info)}.`, ...sideLines(list)];
  if (jobs.length === 0) {
    return [`None of the ${plural(summary.recorded, 'batch job')} is like that.`, ...sideLines(list)];
  }
  const table = pollTable(
    {jobs, downloads: new Map(), changedAt: new Map(), nowMs: options.nowMs},
    {columns: options.columns, rows: Number.POSITIVE_INFINITY},
  );
  return [...table, '', totals(list), ...sideLines(list)];
}

function totals({jobs, summary}: JobList): string {
  const number = summary.jobs === summary.recorded ? '' : `${formatCount(summary.jobs)} of `;
  const current = tally(jobs.filter(({replaced}) => !replaced));
  const replaced = summary.replaced === 0 ? [] : [`${formatCount(summary.replaced)} replaced by later jobs`];
  return `${number}${plural(summary.recorded, 'job')}: ${[current, ...replaced].filter((text) => text !== '').join(', ')}`;
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

/** The table of `gembatch list --csv`, a record each, line ends included; `isWatched` as in `csvRecord`. */
export function listCsv({jobs}: JobList, isWatched: boolean): readonly string[] {
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
          job.results?.file,
          job.results?.rows.ok,
          job.bad_rows,
          job.error?.message,
        ],
        {isWatched},
      ),
    ),
  ];
}
