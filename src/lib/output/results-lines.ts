import type {JoinedRow} from '../workflows/results/join-results.js';
import type {JobResults, ResultsReport} from '../workflows/results/collect-results.js';
import type {FailedRow} from '../workflows/results/failed-rows.js';
import {csvRecord} from './text/csv.js';
import {errorLines} from './text/error-text.js';
import {formatCount} from './text/format.js';
import {printable} from './terminal/printable.js';

/** Where the results of each job are, and what their rows came to. */
export function resultsLines({job_info: jobInfo, jobs}: ResultsReport): readonly string[] {
  if (jobs.length === 0) return [`No batch jobs in ${printable(jobInfo)}.`];
  return jobs.map((job) => `${printable(job.file)}: ${placeOf(job)}`);
}

function placeOf({outcome, results, bad_rows: bad, error}: JobResults): string {
  if (error !== undefined) return 'not available';
  if (results === null) return outcome === 'running' ? 'still running' : `${outcome}, no results`;
  const rows = `${formatCount(results.rows.ok)} ok${bad === 0 ? '' : `, ${formatCount(bad)} bad`}`;
  return `${printable(results.file)} (${rows})`;
}

/** What must not be missed beside the results: what could not be fetched or matched and why, and notes about the rest. */
export function resultNotes({jobs}: ResultsReport): readonly string[] {
  return jobs.flatMap(({file, notes, error}) => [
    ...notes.map((note) => `Warning: ${printable(file)}: ${printable(note)}`),
    ...(error === undefined ? [] : errorLines(error)),
  ]);
}

/** A bad row on one line, line end included: where, which key, what. */
export function badRowLine({
  file,
  line,
  key,
  outcome,
  message,
}: Omit<FailedRow, 'path'> & {file: string}): string {
  return `${printable(file)}:${line}: ${key === null ? '(no key)' : printable(key)}: ${outcome.replace('_', ' ')}: ${printable(message)}\n`;
}

/** Titles of the columns of joined rows as CSV. */
export const JOINED_CSV_TITLES = csvRecord([
  'file',
  'key',
  'outcome',
  'text',
  'finish_reason',
  'error',
  'prompt_tokens',
  'candidates_tokens',
  'total_tokens',
]);

/** A joined row as a record of CSV; `isWatched` as in `csvRecord`. The request is left out: it has no place in a cell. */
export function joinedCsvRecord(row: JoinedRow & {readonly file: string}, isWatched: boolean): string {
  return csvRecord(
    [
      row.file,
      row.key,
      row.outcome,
      row.text ?? (row.data === null || row.data === undefined ? null : JSON.stringify(row.data)),
      row.finish_reason,
      row.error?.message,
      row.tokens?.prompt,
      row.tokens?.candidates,
      row.tokens?.total,
    ],
    isWatched,
  );
}
