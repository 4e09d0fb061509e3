import type {FileError, FileOutcome} from '../../workflows/submit/submit-report.js';
import {printable, printableLines} from '../terminal/printable.js';

/** What is said of an error: what happened, and what to do. */
export interface ErrorText {
  readonly message: string;
  readonly suggestions: readonly string[];
}

/**
 * An error as lines for people: what happened, then what to do next, each on lines of its own. All but the first are
 * indented, so that none of them looks like another message.
 */
export function errorLines({message, suggestions}: ErrorText): readonly string[] {
  const [first = '', ...rest] = printableLines(message);
  const more = [...rest, ...suggestions.flatMap(printableLines)];
  return [`Error: ${first}`, ...more.map((line) => `  ${line}`.trimEnd())];
}

/**
 * An error of a file as an annotation of GitHub Actions.
 * https://docs.github.com/actions/reference/workflow-commands-for-github-actions#setting-an-error-message
 */
export function annotation(error: FileError, file: string): string {
  const {line, column} = error;
  const properties = [
    `file=${escapeProperty(printable(file))}`,
    ...(line === undefined ? [] : [`line=${line}`]),
    ...(column === undefined ? [] : [`col=${column}`]),
  ].join(',');
  return `::error ${properties}::${escapeData([error.message, ...error.suggestions].flatMap(printableLines).join('\n'))}`;
}

/** The annotation of a file that failed or whose fate is unclear, where GitHub Actions runs the command. */
export function annotationLines(
  {file, outcome, error}: FileOutcome,
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const isTold = env['GITHUB_ACTIONS'] === 'true' && outcome !== 'not_started';
  return isTold && error !== undefined ? [annotation(error, file)] : [];
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
