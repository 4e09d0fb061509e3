import {existsSync} from 'node:fs';
import {basename} from 'node:path';
import {nextStep, type NextStep} from '../../lib/domain/job/next-step.js';
import {ownCommand} from '../../lib/domain/program-name.js';
import {
  badRowLine,
  joinedSentence,
  missingNote,
  resultNotes,
  resultsLines,
} from '../../lib/output/results/results-lines.js';
import {mediaLines} from '../../lib/output/results/media-lines.js';
import {printFolded} from '../../lib/output/terminal/screen.js';
import {printableJson} from '../../lib/output/terminal/printable.js';
import type {ResultsReport} from '../../lib/workflows/results/collect-results.js';
import {badRows} from '../../lib/workflows/results/report-rows.js';
import type {JoinForm, PrintDeps} from './join-form.js';
import {writeJoined, type JoinedFile} from './write-joined.js';
import {linesOf, writeLines} from './write-lines.js';

/** What to print; the names are those of the flags. */
export interface ResultsForm extends Omit<JoinForm, 'join'> {
  /** A path, or `-` for stdout. */
  readonly join: string | undefined;
  readonly failed: boolean;
  readonly quiet: boolean;
  readonly isJson: boolean;
}

/** Whether stdout holds rows, one on each line, and nothing else. */
export function hasRowsOnStdout({join, failed}: Pick<ResultsForm, 'join' | 'failed'>): boolean {
  return failed || join === '-';
}

/**
 * Prints one of three things: where the results are, their rows joined to the requests, or the rows that did not work. Notes and
 * the next step go to stderr. The caller prints the object of `--json`.
 *
 * @returns the file with joined rows, if one was written.
 * @throws GembatchError `USAGE`, `STORAGE`, and the reason of `stop`.
 */
export async function printResults(
  deps: PrintDeps,
  report: ResultsReport,
  form: ResultsForm,
): Promise<JoinedFile | undefined> {
  const {stop} = deps;
  const {join} = form;
  const written =
    join === undefined || isPointless(report, join)
      ? undefined
      : await writeJoined(deps, report, {...form, join});
  const {notes, ...joined} = written ?? {notes: []};
  const file = 'file' in joined && join !== '-' ? joined : undefined;
  if (form.failed) {
    await writeLines(linesOf(badRows(deps, report), form.isJson ? jsonLine : badRowLine), {stop});
  } else if (!form.isJson && file !== undefined) {
    printFolded(process.stdout, [joinedSentence(file), ...mediaLines(file.media)]);
  } else if (!form.isJson && join === undefined) {
    printFolded(process.stdout, resultsLines(report));
  }
  if (form.isJson && !hasRowsOnStdout(form)) return file;
  const next = form.quiet ? undefined : nextAfter(report, form);
  const lines = [
    ...resultNotes(report),
    ...[...rowNotes(report, form), ...notes].map((note) => `Note: ${note}`),
    ...(next === undefined ? [] : [`Next: ${ownCommand(next)}`]),
  ];
  printFolded(process.stderr, lines);
  return file;
}

/** Whether a file would hold no answer at all, and be in the way of the next try. */
function isPointless({jobs}: ResultsReport, join: string): boolean {
  const hasRows = jobs.some(({results, error}) => results !== null && error === undefined);
  return join !== '-' && jobs.length > 0 && !hasRows;
}

/** Notes about rows that are not in the output. */
function rowNotes(report: ResultsReport, {join, failed, quiet}: ResultsForm): readonly string[] {
  if (!failed && join === undefined) return [];
  const missing = missingNote(
    report,
    failed ? 'this list' : join === '-' ? 'what was written' : basename(join ?? ''),
  );
  const nothing =
    join !== undefined && isPointless(report, join)
      ? [`${basename(join)} was not written: there are no results to join.`]
      : [];
  const isAllGood = failed && !quiet && report.jobs.every(({outcome}) => outcome === 'done');
  return [
    ...(missing === undefined ? [] : [missing]),
    ...nothing,
    ...(isAllGood ? ['No row needs attention.'] : []),
  ];
}

/** The next step, unless it is what this command has just done. */
function nextAfter(report: ResultsReport, {join, failed}: ResultsForm): NextStep | undefined {
  const step = nextStep(report.jobs.filter(({error}) => error === undefined));
  const isJoined = join !== undefined || existsSync('answers.csv');
  const isHere = step === 'results --failed' ? failed : step === 'results --join answers.csv' && isJoined;
  return isHere ? undefined : step;
}

function jsonLine(row: unknown): string {
  return `${printableJson(row)}\n`;
}
