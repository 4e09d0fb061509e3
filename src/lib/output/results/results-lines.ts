import type {JobResults, ResultsReport} from '../../workflows/results/collect-results.js';
import type {FailedRow} from '../../workflows/results/failed-rows.js';
import {errorLines} from '../text/error-text.js';
import {formatCount, plural} from '../text/format.js';
import {printable} from '../terminal/printable.js';

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

/** What was written where, and how it went. */
export function joinedSentence({
  file,
  rows,
  ok,
  needs_attention: bad,
}: {
  readonly file: string;
  readonly rows: number;
  readonly ok: number;
  readonly needs_attention: number;
}): string {
  const attention = bad === 0 ? '' : `, ${formatCount(bad)} ${bad === 1 ? 'needs' : 'need'} attention`;
  return `${plural(rows, 'row')} → ${printable(file)}: ${formatCount(ok)} ok${attention}`;
}
