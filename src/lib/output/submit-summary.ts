import type {FileOutcome, SubmitSummary} from '../workflows/submit-report.js';
import {formatBytes, formatCount, formatDuration, plural} from './format.js';
import {printable} from './printable.js';

/** So many troubled files are listed; the rest is counted. */
const MAX_LISTED = 50;

/** What a person reads at the end of a submission. */
export function summaryLines(
  summary: SubmitSummary,
  troubled: readonly FileOutcome[],
  nextCommand: string | undefined,
): readonly string[] {
  return [
    ...troubleLines(troubled),
    totals(summary),
    ...(nextCommand === undefined ? [] : [`Next: ${nextCommand}`]),
  ];
}

function totals(summary: SubmitSummary): string {
  const parts = [
    ...part(summary.would_submit, 'would be submitted'),
    ...(summary.would_submit > 0 ? [] : [`${formatCount(summary.submitted)} submitted`]),
    ...part(summary.skipped, 'skipped'),
    ...part(summary.failed, 'failed'),
    ...part(summary.unclear, 'unclear'),
    ...part(summary.not_started, 'not begun'),
  ];
  const sent =
    summary.submitted > 0 ? `: ${plural(summary.requests, 'request')}, ${formatBytes(summary.bytes)}` : '';
  return `${plural(summary.files, 'file')}: ${parts.join(', ')}${sent} in ${formatDuration(summary.duration_ms)}`;
}

function part(count: number, word: string): readonly string[] {
  return count > 0 ? [`${formatCount(count)} ${word}`] : [];
}

/** Each troubled file with what to do; the same advice for many files is given once. */
function troubleLines(troubled: readonly FileOutcome[]): readonly string[] {
  const lines: string[] = [];
  for (const {file, error, warnings = []} of troubled.slice(0, MAX_LISTED)) {
    if (error !== undefined) lines.push(withName(file, error.message));
    for (const warning of warnings) lines.push(`${printable(file)}: warning: ${printable(warning)}`);
  }
  if (troubled.length > MAX_LISTED)
    lines.push(`… and ${plural(troubled.length - MAX_LISTED, 'more file')} like these`);
  const advice = new Set(troubled.flatMap(({error}) => error?.suggestions ?? []));
  return lines.length === 0 ? [] : [...lines, ...[...advice].map((text) => `  ${printable(text)}`), ''];
}

/** Messages about the file itself begin with it, and with the place in it. */
function withName(file: string, message: string): string {
  return printable(message.startsWith(`${file}:`) ? message : `${file}: ${message}`);
}
