import type {JobList} from '../workflows/list-jobs.js';
import {csvLine} from './csv.js';
import {plural} from './format.js';
import {pollTable, tally} from './poll-table.js';
import {printable} from './printable.js';

/** The table of `gembatch list`, as wide as the terminal; what cannot be in it follows. */
export function listLines(list: JobList, options: {columns: number; nowMs: number}): readonly string[] {
  const {jobs, open_intents: intents, problems} = list;
  const table = pollTable(
    {jobs, downloads: new Map(), changedAt: new Map(), nowMs: options.nowMs},
    {columns: options.columns, rows: Number.POSITIVE_INFINITY},
  );
  return [
    ...(jobs.length === 0
      ? ['No batch jobs.']
      : [...table, '', `${plural(jobs.length, 'job')}: ${tally(jobs)}`]),
    ...intents.map(
      ({input_file: file}) => `${printable(file)}: a create had no answer; "gembatch poll" finds out`,
    ),
    ...problems.map(({line, reason}) => `${printable(list.job_info)}:${line}: ${printable(reason)}`),
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

/** The table of `gembatch list --csv`. */
export function listCsv({jobs}: JobList): readonly string[] {
  return [
    csvLine(CSV_TITLES),
    ...jobs.map((job) =>
      csvLine([
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
      ]),
    ),
  ];
}
