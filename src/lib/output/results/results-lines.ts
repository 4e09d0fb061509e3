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
  if (results === null)
    return outcome === 'running' ? absenceOf(outcome) : `${absenceOf(outcome)}, no results`;
  const rows = `${formatCount(results.rows.ok)} ok${bad === 0 ? '' : `, ${formatCount(bad)} bad`}`;
  return `${printable(results.file)} (${rows})`;
}

/** `results` does not ask the service for job states. */
function absenceOf(outcome: JobResults['outcome']): string {
  return outcome === 'running' ? 'running when last seen' : outcome.replaceAll('_', ' ');
}

/** What could not be fetched or matched, and why, and notes about the rest. */
export function resultNotes({jobs}: ResultsReport): readonly string[] {
  return jobs.flatMap(({file, notes, error}) => [
    ...notes.map((note) => `Warning: ${printable(file)}: ${printable(note)}`),
    ...(error === undefined ? [] : errorLines(error)),
  ]);
}

/** Which files have no rows in what was written, and why; those with an error are said to have one elsewhere. */
export function missingNote({jobs}: ResultsReport, where: string): string | undefined {
  const missing = jobs.filter(({results, error}) => results === null && error === undefined);
  if (missing.length === 0) return undefined;
  const counts = new Map<JobResults['outcome'], number>();
  for (const {outcome} of missing) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  const reasons = [...counts].map(([outcome, count]) => {
    return `${formatCount(count)} ${absenceOf(outcome)}`;
  });
  const have = missing.length === 1 ? 'has' : 'have';
  return `${plural(missing.length, 'request file')} ${have} no rows in ${printable(where)}: ${reasons.join(', ')}.`;
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
