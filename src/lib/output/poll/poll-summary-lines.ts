import {EXIT} from '../../domain/errors.js';
import {nextStep} from '../../domain/job/next-step.js';
import {payAgainAdvice} from '../../domain/job/lost-results.js';
import {stateLabel} from '../../domain/job/job-state.js';
import {ownCommand} from '../../domain/program-name.js';
import type {PolledJob, PollSummary} from '../../workflows/poll/poll-report.js';
import {printable} from '../terminal/printable.js';
import type {Colors, Marks} from '../terminal/screen.js';
import {formatBytes, formatCount, formatDuration, plural} from '../text/format.js';
import {formatUsd} from '../text/money.js';

export interface SummaryStyle {
  readonly colors: Colors;
  readonly marks: Marks;
  /** The command that goes on, when the run ended before all jobs did. */
  readonly again: string;
  /** Whether this run fetched results. When it fetched none, the summary does not advise to join them again. */
  readonly hasNewResults: boolean;
}

/** More jobs that need attention, and more folders with results, are only counted. */
const MAX_NAMED = 10;
const MAX_FOLDERS = 3;

/** How a run went: what went wrong and why, how much is where, what to do next. */
export function summaryLines(
  summary: PollSummary,
  jobs: readonly PolledJob[],
  style: SummaryStyle,
): readonly string[] {
  const current = jobs.filter(({replaced}) => !replaced);
  const {done, bad_rows: bad} = summary;
  const attention = attentionLines(current, style);
  return [
    ...attention,
    ...(attention.length === 0 ? [] : ['']),
    countsLine(summary),
    ...(done + bad > summary.left ? [rowsLine(summary), ...resultLines(current)] : []),
    ...leftLines(summary, current),
    ...(done + bad > 0 ? [costLine(summary)] : []),
    ...summary.retiring.map(({model, on}) => printable(retiringText(model, on))),
    ...nextLine(summary, current, style),
  ];
}

/** Jobs that need a person, the worst first, each with its reason. */
function attentionLines(jobs: readonly PolledJob[], {colors, marks}: SummaryStyle): readonly string[] {
  const failed = jobs.filter(({outcome}) => !['done', 'running', 'bad_rows'].includes(outcome));
  const bad = jobs.filter(({outcome}) => outcome === 'bad_rows');
  const all = [...failed, ...bad];
  const more = all.length - MAX_NAMED;
  return [
    ...all
      .slice(0, MAX_NAMED)
      .map((job) =>
        job.outcome === 'bad_rows'
          ? `${colors.yellow('!')} ${printable(`${job.file}: ${badRowsText(job)}`)}`
          : `${colors.red(marks.failed)} ${printable(`${job.file}: ${reasonOf(job)}`)}`,
      ),
    ...(more > 0 ? [`  and ${formatCount(more)} more: ${ownCommand('list')}`] : []),
  ];
}

function reasonOf({file, outcome, state, error}: PolledJob): string {
  switch (outcome) {
    case 'lost':
      return `its results are lost. ${payAgainAdvice([file])}`;
    case 'not_seen':
      return 'the service does not show its job, which says nothing about its end';
    case 'altered':
      return 'its results were altered since they were fetched';
    default:
      return error === undefined ? stateLabel(state) : `${stateLabel(state)}: ${error.message}`;
  }
}

function badRowsText({results, requests, bad_rows: bad = 0}: PolledJob): string {
  const kinds = Object.entries(results?.rows ?? {}).filter(([kind, rows]) => kind !== 'ok' && rows > 0);
  const texts =
    results === undefined
      ? ['by the counts of the service; the rows were left in the bucket']
      : kinds.map(([kind, rows]) => `${formatCount(rows)} ${kind.replaceAll('_', ' ')}`);
  const of = requests === null ? '' : ` of ${formatCount(requests)}`;
  return `${formatCount(bad)}${of} rows without a good answer (${texts.join(', ')})`;
}

function countsLine(summary: PollSummary): string {
  const parts: readonly (readonly [number, string])[] = [
    [summary.done, 'done'],
    [summary.bad_rows, 'done with bad rows'],
    [summary.altered, 'altered since they were fetched'],
    [summary.failed, 'failed'],
    [summary.cancelled, 'cancelled'],
    [summary.expired, 'expired'],
    [summary.lost, 'lost'],
    [summary.not_seen, 'not seen'],
    [summary.running, 'still running'],
    [summary.replaced, 'replaced by later jobs'],
    [summary.unclear, 'unclear'],
    [summary.vanished, 'not in the job-info file any more'],
  ];
  const texts = parts
    .filter(([number]) => number > 0)
    .map(([number, what]) => `${formatCount(number)} ${what}`);
  const jobs = summary.jobs === 1 ? '1 job' : `${formatCount(summary.jobs)} jobs`;
  return `${jobs}: ${texts.join(', ')} (${formatDuration(summary.duration_ms)})`;
}

function rowsLine({rows}: PollSummary): string {
  const bad = Object.entries(rows).filter(([outcome, number]) => outcome !== 'ok' && number > 0);
  const texts = [['ok', rows.ok] as const, ...bad].map(
    ([outcome, number]) => `${formatCount(number)} ${outcome.replaceAll('_', ' ')}`,
  );
  return `Rows: ${texts.join(', ')}`;
}

/** Where the results are: the one file, else the folders. */
function resultLines(jobs: readonly PolledJob[]): readonly string[] {
  const files = jobs.flatMap(({results, outcome}) =>
    results === undefined || outcome === 'altered' ? [] : [results.file],
  );
  const folders = [...new Set(files.map((file) => file.slice(0, file.lastIndexOf('/') + 1)))];
  const places = files.length === 1 ? files : folders.slice(0, MAX_FOLDERS);
  const more = files.length === 1 ? 0 : folders.length - places.length;
  if (places.length === 0) return [];
  const text = places.map((place) => (place === '' ? './' : place)).join(', ');
  return [printable(`Results: ${text}${more > 0 ? ` and ${plural(more, 'more folder')}` : ''}`)];
}

/** What was left in a bucket, and below which folder all of it is. */
function leftLines({left, left_bytes: bytes}: PollSummary, jobs: readonly PolledJob[]): readonly string[] {
  if (left === 0) return [];
  const places = jobs.flatMap((job) => (job.left === undefined ? [] : (job.results_left ?? [])));
  const ok = jobs.reduce(
    (sum, job) => sum + (job.left === undefined ? 0 : (job.stats?.successful_request_count ?? 0)),
    0,
  );
  const counted = `${plural(ok, 'row')} ok by the counts of the service, ${formatBytes(bytes)}`;
  return [
    printable(`Left in ${commonFolder(places)}: ${plural(left, 'result')}, ${counted}`),
    `To fetch them: ${ownCommand('poll --results-dir FOLDER')}`,
  ];
}

/** The folder that all of these are in, or are. @param folders - `gs://…/` */
function commonFolder([first = '', ...others]: readonly string[]): string {
  let folder = first;
  for (const other of others) {
    while (!other.startsWith(folder))
      folder = folder.slice(0, folder.lastIndexOf('/', folder.length - 2) + 1);
  }
  return folder;
}

function costLine({cost_usd: cost, cost_usd_known: known}: PollSummary): string {
  if (cost === null && known === 0) return 'Cost: unknown';
  return cost === null
    ? `Cost: ${formatUsd(known)}, not counting jobs of unknown cost`
    : `Cost: ${formatUsd(cost)}`;
}

function retiringText(model: string, on: string): string {
  return `Its answers say that ${model} ends on ${on}: choose another one for what comes next (${ownCommand('models')}).`;
}

function nextLine(
  summary: PollSummary,
  jobs: readonly PolledJob[],
  {again, hasNewResults}: SummaryStyle,
): readonly string[] {
  if (summary.jobs === 0) return [];
  const isOpen = summary.running + summary.unclear > 0 || summary.ended === 'interrupted';
  if (isOpen) return [`Next: ${again}`];
  const step = summary.exit_code === EXIT.storage ? undefined : nextStep(jobs);
  if (step === undefined || (step.startsWith('results --join') && !hasNewResults)) return [];
  return [`Next: ${ownCommand(step)}`];
}
