/** Draws a submission as the lines of one screen. */
import type {Clock} from '../domain/clock.js';
import type {FileOutcome} from '../workflows/submit-report.js';
import {formatBytes, formatCount, formatDuration} from './format.js';
import {printable} from './printable.js';
import type {Colors, Marks} from './screen.js';
import type {ActiveFile, SubmitBoard} from './submit-board.js';
import type {TaskLine} from './task-list.js';
import {outcomeText, PHASE_WORDS} from './submit-words.js';

/** What drawing needs besides the board. */
export interface FrameStyle {
  readonly clock: Clock;
  readonly marks: Marks;
  readonly colors: Colors;
}

/** How far back troubled files are looked for: drawing must cost the same with any number of files. */
const LOOK_BACK = 1_000;

/**
 * The lines of a screen with so many rows: totals, what is being worked on, what ended last (troubled files before
 * others), what waits.
 */
export function submitFrame(board: SubmitBoard, rows: number, style: FrameStyle): readonly TaskLine[] {
  const header = headerLine(board, style);
  const active = [...board.active.values()]
    .slice(0, Math.max(1, rows - 3))
    .map((file) => activeLine(board, file, style));
  const waiting =
    board.waiting > 0
      ? [{mark: style.marks.waiting, color: style.colors.dim, text: `${formatCount(board.waiting)} waiting`}]
      : [];
  const room = Math.max(0, rows - 1 - active.length - waiting.length);
  return [header, ...endedLines(board, room, style), ...active, ...waiting].slice(0, rows);
}

/** The line of a file that has come to its end. */
export function endedLine(title: string, outcome: FileOutcome, {marks, colors}: FrameStyle): TaskLine {
  const [mark, color] = {
    submitted: [marks.done, colors.green] as const,
    would_submit: [marks.done, colors.green] as const,
    skipped: [marks.skipped, colors.yellow] as const,
    failed: [marks.failed, colors.red] as const,
    unclear: [marks.unclear, colors.magenta] as const,
    not_started: [marks.waiting, colors.dim] as const,
  }[outcome.outcome];
  return {mark, color, text: `${printable(title)} ${outcomeText(outcome)}`};
}

function headerLine({counts, finished, total, status}: SubmitBoard, {colors}: FrameStyle): TaskLine {
  const parts = [
    `${formatCount(finished.length)}/${formatCount(total)} files`,
    ...part(counts.submitted, 'submitted'),
    ...part(counts.would_submit, 'would be submitted'),
    ...part(counts.skipped, 'skipped'),
    ...part(counts.failed, 'failed'),
    ...part(counts.unclear, 'unclear'),
    ...(status === undefined ? [] : [printable(status)]),
  ];
  return {mark: '', color: colors.bold, text: parts.join(', ')};
}

function part(count: number, word: string): readonly string[] {
  return count > 0 ? [`${formatCount(count)} ${word}`] : [];
}

/** Troubled files stay on the screen as long as there is room; the rest shows what ended last. */
function endedLines(board: SubmitBoard, room: number, style: FrameStyle): readonly TaskLine[] {
  if (room === 0) return [];
  const {finished} = board;
  const olderTroubled = finished
    .slice(-LOOK_BACK, -room)
    .filter(({outcome}) => outcome.outcome === 'failed' || outcome.outcome === 'unclear')
    .slice(-Math.floor(room / 2));
  const recent = finished.slice(-room).slice(-(room - olderTroubled.length));
  return [...olderTroubled, ...recent].map(({index, outcome}) =>
    endedLine(board.title(index), outcome, style),
  );
}

function activeLine(board: SubmitBoard, file: ActiveFile, {clock, marks, colors}: FrameStyle): TaskLine {
  const nowMs = clock.monotonic();
  const spinner = marks.active[Math.floor(nowMs / 100) % marks.active.length] ?? '';
  return {
    mark: spinner,
    color: colors.cyan,
    text: `${printable(board.title(file.index))} ${activityText(file, nowMs)}`,
  };
}

/** What is being done with a file: `uploading 45% of 27.1 MiB, 3.1 MiB/s, 5s left`. */
function activityText({phase, sinceMs, bytes, totalBytes, wait}: ActiveFile, nowMs: number): string {
  const word = PHASE_WORDS[phase];
  if (wait !== undefined) {
    return `${word}: again in ${formatDuration(Math.max(0, wait.untilMs - nowMs))}: ${printable(wait.reason)}`;
  }
  if (bytes === undefined || totalBytes === undefined || totalBytes === 0) return word;
  const percent = `${Math.floor((bytes / totalBytes) * 100)}% of ${formatBytes(totalBytes)}`;
  const seconds = (nowMs - sinceMs) / 1000;
  if (seconds < 0.5 || bytes === 0) return `${word} ${percent}`;
  const rate = bytes / seconds;
  return `${word} ${percent}, ${formatBytes(rate)}/s, ${formatDuration(((totalBytes - bytes) / rate) * 1000)} left`;
}
