import type {JoinedRow} from '../workflows/join-results.js';
import type {ResultsReport} from '../workflows/collect-results.js';
import type {FailedRow} from '../workflows/failed-rows.js';
import {csvRecord} from './csv.js';
import {formatCount} from './format.js';
import {printable} from './printable.js';

/** Where the results of each job are, and what their rows came to. */
export function resultsLines({jobs}: ResultsReport): readonly string[] {
  if (jobs.length === 0) return ['No batch jobs.'];
  return jobs.flatMap(({file, outcome, results, bad_rows: bad, error}) => {
    const name = printable(file);
    if (error !== undefined) return [`${name}: not fetched: ${printable(error.message)}`];
    if (results === null)
      return [`${name}: ${outcome === 'running' ? 'still running' : `${outcome}, no results`}`];
    const rows = `${formatCount(results.rows.ok)} ok${bad === 0 ? '' : `, ${formatCount(bad)} bad`}`;
    return [`${name}: ${printable(results.file)} (${rows})`];
  });
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

/** A joined row as a record of CSV. The request is left out: it has no place in a cell. */
export function joinedCsvRecord(row: JoinedRow & {readonly file: string}): string {
  return csvRecord([
    row.file,
    row.key,
    row.outcome,
    row.text ?? (row.data === null || row.data === undefined ? null : JSON.stringify(row.data)),
    row.finish_reason,
    row.error?.message,
    row.tokens?.prompt,
    row.tokens?.candidates,
    row.tokens?.total,
  ]);
}
