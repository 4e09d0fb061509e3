import {dirname, resolve} from 'node:path';
import type {WorkFile, WorkSummary} from '../../workflows/github/summarise-work.js';
import type {FileOutcome} from '../../workflows/submit/submit-report.js';
import {printable} from '../terminal/printable.js';
import {formatUsd} from '../text/money.js';
import {pathInRepository} from './annotations.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** A line of the table. */
type ShownFile = Pick<WorkFile, 'path' | 'job' | 'reason' | 'ok' | 'bad' | 'costUsd'> & {
  readonly outcome: string;
};

/** A page of more rows is not read, and GitHub takes at most 1 MiB. */
const MOST_ROWS = 100;

/** The page of a step in Markdown: bad news first. */
export function stepSummary(
  work: WorkSummary & {readonly notSubmitted: readonly FileOutcome[]},
  exitCode: number,
  env: Environment,
): string {
  const {ok, bad, costUsd, notSubmitted} = work;
  const files = [...work.files, ...notSubmitted.map(fileWithoutJob)];
  const isGood = ({outcome, bad: rows}: ShownFile): boolean => outcome === 'done' && rows === 0;
  const ordered = files.toSorted((a, b) => Number(isGood(a)) - Number(isGood(b)));
  const good = files.filter(isGood).length;
  const rows = ordered.slice(0, MOST_ROWS).map((file) => {
    const cost = file.costUsd === null ? 'unknown' : formatUsd(file.costUsd);
    const word = file.outcome.replaceAll('_', ' ');
    const outcome = file.reason === undefined ? word : `${word}: ${file.reason}`;
    const cells = [pathInRepository(file.path, env), outcome, file.ok ?? '', file.bad ?? '', cost, file.job];
    return `| ${cells.map((value) => cell(String(value))).join(' | ')} |`;
  });
  return [
    `### gembatch: ${good} of ${files.length} files are done`,
    '',
    `${ok} rows ok, ${bad} need attention · cost ${costUsd === null ? 'unknown' : cell(formatUsd(costUsd))} · exit code ${exitCode}`,
    '',
    '| File | Outcome | Rows ok | Need attention | Cost | Batch job |',
    '|---|---|--:|--:|--:|---|',
    ...rows,
    ...(files.length > MOST_ROWS ? ['', `and ${files.length - MOST_ROWS} more`] : []),
    '',
    '',
  ].join('\n');
}

/** The outputs of a step: `steps.<id>.outputs.<name>`. */
export function stepOutputs(
  work: WorkSummary,
  exitCode: number,
  env: Environment,
): Readonly<Record<string, string>> {
  return {
    exit_code: String(exitCode),
    jobs: String(work.files.length),
    ok: String(work.ok),
    bad: String(work.bad),
    cost_usd: work.costUsd === null ? '' : decimals(work.costUsd),
    results_dir: resultsFolder(work, env),
  };
}

/** The folder that all results are below; empty without any. */
function resultsFolder({files}: WorkSummary, env: Environment): string {
  const folders = files.flatMap(({resultPath}) =>
    resultPath === undefined ? [] : [pathInRepository(dirname(resultPath), env).split('/')],
  );
  const [first = [], ...rest] = folders;
  const shared = first.findIndex((part, index) => rest.some((folder) => folder[index] !== part));
  return (shared === -1 ? first : first.slice(0, shared)).join('/') || (folders.length === 0 ? '' : '.');
}

/** What Markdown and HTML would take for their own is shown as it is. */
function cell(text: string): string {
  return printable(text).replaceAll(/[&<>|`*_[\]\\~#!@]/gu, (char) => `&#${char.codePointAt(0)};`);
}

/** A file that no job came of. */
function fileWithoutJob({file, outcome, error}: FileOutcome): ShownFile {
  const nothing = {ok: null, bad: null, costUsd: 0, job: ''};
  return {...nothing, path: resolve(file), outcome, reason: error?.message};
}

/** USD without an exponent and without the noise of binary fractions. */
function decimals(amount: number): string {
  return amount.toFixed(9).replace(/\.?0+$/u, '');
}
