import {resolve} from 'node:path';
import {
  badRowLine,
  JOINED_CSV_TITLES,
  joinedCsvRecord,
  resultNotes,
  resultsLines,
} from '../lib/output/results-lines.js';
import {printableJson} from '../lib/output/terminal/printable.js';
import {isWatched} from '../lib/output/terminal/screen.js';
import type {JobStore} from '../lib/store/job-store.js';
import {badRows, joinedRows, type ResultsReport} from '../lib/workflows/results/collect-results.js';
import type {CreateFile} from '../lib/workflows/poll/poll-run.js';
import {nextCommandAfterPoll} from './poll-flags.js';
import {writeLines} from './write-lines.js';

/** What is printed of results; the names are those of the flags. */
export interface ResultsForm {
  /** A path, or `-` for stdout. */
  readonly join: string | undefined;
  readonly format: string;
  readonly 'parse-json': boolean;
  readonly overwrite: boolean;
  readonly failed: boolean;
  readonly quiet: boolean;
  readonly isJson: boolean;
}

export interface PrintDeps {
  readonly store: JobStore;
  readonly createFile: CreateFile;
  readonly stop: AbortSignal;
}

/** Whether stdout holds rows, one on each line, and nothing else. */
export function hasRowsOnStdout({join, failed}: Pick<ResultsForm, 'join' | 'failed'>): boolean {
  return failed || join === '-';
}

/**
 * Prints where results are, their rows joined to the requests, or those that did not work; on stderr what must not be
 * missed beside them. The object of `--json` is for the caller to print.
 *
 * @throws GembatchError `STORAGE`, and the reason of `stop`.
 */
export async function printResults(deps: PrintDeps, report: ResultsReport, form: ResultsForm): Promise<void> {
  const {stop} = deps;
  if (form.join !== undefined) await printJoined(deps, report, {...form, join: form.join});
  else if (form.failed) {
    await writeLines(linesOf(badRows(deps.store, report), form.isJson ? jsonLine : badRowLine), {stop});
  } else if (!form.isJson) process.stdout.write(`${resultsLines(report).join('\n')}\n`);

  if (form.isJson && !hasRowsOnStdout(form)) return;
  const next = form.quiet ? undefined : nextCommandAfterPoll(report.exit_code);
  const lines = [...resultNotes(report), ...(next === undefined ? [] : [`Next: ${next}`])];
  process.stderr.write(lines.map((line) => `${line}\n`).join(''));
}

async function printJoined(
  {store, createFile, stop}: PrintDeps,
  report: ResultsReport,
  form: ResultsForm & {readonly join: string},
): Promise<void> {
  const rows = joinedRows(store, report, form['parse-json'] ? 'json' : 'text');
  const isCsv = form.format === 'csv';
  const file =
    form.join === '-' ? undefined : await createFile(resolve(form.join), {overwrite: form.overwrite});
  const isShown = file === undefined && isWatched(process);
  const csvLine = (row: Parameters<typeof joinedCsvRecord>[0]): string => joinedCsvRecord(row, isShown);
  await writeLines(linesOf(rows, isCsv ? csvLine : jsonLine), {
    head: isCsv ? JOINED_CSV_TITLES : '',
    file,
    stop,
  });
}

async function* linesOf<T>(rows: AsyncIterable<T>, asText: (row: T) => string): AsyncGenerator<string> {
  for await (const row of rows) yield asText(row);
}

function jsonLine(row: unknown): string {
  return `${printableJson(row)}\n`;
}
