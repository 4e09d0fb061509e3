/**
 * What a runner of GitHub Actions shows beside the files.
 * https://docs.github.com/actions/reference/workflow-commands-for-github-actions#setting-an-error-message
 */
import {isAbsolute, relative, resolve, sep} from 'node:path';
import type {WorkSummary} from '../../workflows/github/summarise-work.js';
import type {FileOutcome} from '../../workflows/submit/submit-report.js';
import {printable, printableLines} from '../terminal/printable.js';
import {isGitHubActions} from './is-github-actions.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** GitHub shows ten of a kind for each step. */
export const MOST_ANNOTATIONS = 10;

/** The annotations of a file that failed, whose outcome is unclear, or that has warnings. */
export function fileAnnotations(
  {file, outcome, error, warnings = []}: FileOutcome,
  env: Environment,
): readonly string[] {
  if (!isGitHubActions(env)) return [];
  const place = {path: resolve(file), line: error?.line, column: error?.column};
  return [
    ...(error === undefined || outcome === 'not_started'
      ? []
      : [annotation('error', [error.message, ...error.suggestions].join('\n'), place, env)]),
    ...warnings.map((warning) => annotation('warning', warning, {path: resolve(file)}, env)),
  ];
}

/** The annotations of jobs that did not work and of rows that need attention: the first ten of each, then a count. */
export function workAnnotations({files, bad, badRows}: WorkSummary, env: Environment): readonly string[] {
  const failed = files.filter(({outcome}) => ['failed', 'expired', 'cancelled', 'lost'].includes(outcome));
  const left = failed.length - MOST_ANNOTATIONS;
  return [
    ...failed
      .slice(0, left > 0 ? MOST_ANNOTATIONS - 1 : MOST_ANNOTATIONS)
      .map(({path, job, outcome, reason}) =>
        annotation('error', `${job} ${outcome}${reason === undefined ? '' : `: ${reason}`}`, {path}, env),
      ),
    ...(left > 0 ? [`::error::${left + 1} more batch jobs did not work.`] : []),
    ...badRows.map(({path, line, key, outcome, message}) =>
      annotation('warning', `${key ?? 'row without a key'}: ${outcome}: ${message}`, {path, line}, env),
    ),
    ...(bad > badRows.length ? [`::warning::${bad - badRows.length} more rows need attention.`] : []),
  ];
}

interface Place {
  /** Absolute. */
  readonly path: string;
  /** From 1. */
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

function annotation(level: 'error' | 'warning', text: string, place: Place, env: Environment): string {
  const {line, column} = place;
  const properties = [
    `file=${escapeProperty(printable(pathInRepository(place.path, env)))}`,
    ...(line === undefined ? [] : [`line=${line}`]),
    ...(column === undefined ? [] : [`col=${column}`]),
  ].join(',');
  return `::${level} ${properties}::${escapeData(printableLines(text).join('\n'))}`;
}

/** From the root of the repository, where GitHub looks for it; a step may have another working folder. */
export function pathInRepository(path: string, env: Environment): string {
  const root = env['GITHUB_WORKSPACE'];
  const inside = relative(root ? resolve(root) : process.cwd(), path);
  const isOutside = inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside);
  return (isOutside ? path : inside).split(sep).join('/');
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
