import {withName} from '../text/item-message.js';
import {addRanges, NOTHING} from '../../domain/estimate/range.js';
import type {FileOutcome, SubmitSummary} from '../../workflows/submit/submit-report.js';
import {EXIT} from '../../domain/errors.js';
import {describeCost} from '../text/money.js';
import {formatBytes, formatCount, formatDuration, plural} from '../text/format.js';
import {printable} from '../terminal/printable.js';
import {notStartedText} from './submit-words.js';
import type {FileTally} from './file-tally.js';

/** So many files of a kind are listed; the rest is counted. */
export const MAX_LISTED = 50;

/**
 * What a person reads at the end of a submission: what went wrong and what to do about it, the totals, what to run next.
 *
 * @param nextCommand - is named when there are batch jobs to go on with.
 */
export function summaryLines(
  summary: SubmitSummary,
  tally: FileTally,
  nextCommand: string | undefined,
): readonly string[] {
  const attention = [...attentionLines(tally.needsAttention), ...notStartedLines(tally)];
  const hasJobs = summary.submitted + summary.skipped > 0 && summary.would_submit === 0;
  const isOver = [EXIT.ok, EXIT.partial, EXIT.failed].some((code) => code === summary.exit_code);
  return [
    ...attention,
    ...(attention.length === 0 ? [] : ['']),
    totals(summary, tally),
    ...(nextCommand !== undefined && hasJobs && isOver ? [`Next: ${nextCommand}`] : []),
  ];
}

/** Each file with what went wrong; what to do stands below the files that it is for. */
export function attentionLines(outcomes: readonly FileOutcome[]): readonly string[] {
  const byAdvice = new Map<string, string[]>();
  for (const {file, error, warnings = []} of outcomes.slice(0, MAX_LISTED)) {
    if (error !== undefined)
      addTo(byAdvice, adviceOf(error.suggestions), printable(withName(error.message, file)));
    for (const warning of warnings) addTo(byAdvice, '', printable(withName(`warning: ${warning}`, file)));
  }
  const more = outcomes.length - MAX_LISTED;
  return [
    ...[...byAdvice].flatMap(([advice, lines]) => [...lines, ...linesOf(advice)]),
    ...(more > 0 ? [`and ${plural(more, 'more file')} with errors or warnings`] : []),
  ];
}

/** Files that were not started, and what to do. */
export function notStartedLines({notStarted}: FileTally): readonly string[] {
  const isCapped = ({error}: FileOutcome): boolean => error?.code === 'COST_CAP';
  const capped = notStarted.filter(isCapped);
  return [...otherNotStartedLines(notStarted.filter((file) => !isCapped(file))), ...cappedLines(capped)];
}

/** Files that a cap keeps from being sent, each why, and what they would cost. */
function cappedLines(files: readonly FileOutcome[]): readonly string[] {
  if (files.length === 0) return [];
  const estimates = files.flatMap(({estimate_usd: estimate}) => (estimate === undefined ? [] : [estimate]));
  const unseen = files.length - estimates.length;
  const left = unseen === 0 ? '' : ` (without ${formatCount(unseen)} that had no turn yet)`;
  const sum = estimates.reduce((a, b) => (a === null || b === null ? null : addRanges(a, b)), NOTHING);
  const price = sum === null ? 'of unknown cost' : describeCost(sum);
  return [
    ...attentionLines(files),
    `${plural(files.length, 'file')} left by the cap, nothing paid${estimates.length === 0 ? '' : `: ${price}`}${left}.`,
  ];
}

function otherNotStartedLines(notStarted: readonly FileOutcome[]): readonly string[] {
  const [first] = notStarted;
  if (first === undefined) return [];
  const {error} = first;
  return [
    printable(`${plural(notStarted.length, 'file')} ${notStartedText(first)}`),
    ...linesOf(adviceOf(error?.suggestions ?? [])),
  ];
}

function totals(summary: SubmitSummary, {planned}: FileTally): string {
  const sent = ` (${amount(summary)})`;
  const parts = [
    ...part(summary.would_submit, `would be submitted (${amount(planned)})`),
    ...(summary.would_submit > 0
      ? []
      : [`${formatCount(summary.submitted)} submitted${summary.submitted > 0 ? sent : ''}`]),
    ...part(summary.skipped, 'skipped'),
    ...part(summary.changed, 'changed'),
    ...part(summary.failed, 'failed'),
    ...part(summary.unclear, 'unclear'),
    ...part(summary.not_started, 'not started'),
  ];
  return `${plural(summary.files, 'file')}: ${parts.join(', ')}, in ${formatDuration(summary.duration_ms)}`;
}

function amount({requests, bytes}: {readonly requests: number | null; readonly bytes: number}): string {
  return requests === null ? formatBytes(bytes) : `${plural(requests, 'request')}, ${formatBytes(bytes)}`;
}

function part(count: number, word: string): readonly string[] {
  return count > 0 ? [`${formatCount(count)} ${word}`] : [];
}

function addTo(groups: Map<string, string[]>, key: string, line: string): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [line]);
  else group.push(line);
}

/** One text, by which files with the same advice are grouped. */
function adviceOf(suggestions: readonly string[]): string {
  return suggestions.map((text) => `  ${printable(text)}`).join('\n');
}

function linesOf(advice: string): readonly string[] {
  return advice === '' ? [] : advice.split('\n');
}
