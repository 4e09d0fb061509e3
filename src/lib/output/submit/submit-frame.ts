/** Draws a submission as the lines of one screen. */
import type {Clock} from '../../domain/clock.js';
import {shortenRight} from '../terminal/display-width.js';
import {fileLine, fittingParts} from './file-line.js';
import {formatBytes, formatCount, formatDuration} from '../text/format.js';
import {printable} from '../terminal/printable.js';
import type {Colors, Marks} from '../terminal/screen.js';
import type {ActiveFile, FinishedFile, SubmitBoard} from './submit-board.js';
import {outcomeText, PHASE_WORDS} from './submit-words.js';
import type {Room} from './task-list.js';

/** What drawing needs besides the board. */
export interface FrameStyle {
  readonly clock: Clock;
  readonly marks: Marks;
  readonly colors: Colors;
}

const SPINNER_STEP_MS = 100;

/**
 * The lines of a screen: totals, files in trouble, those that ended last, those that are worked on, how many wait. The
 * work is that of the lines, whatever the number of files.
 */
export function submitFrame(board: SubmitBoard, room: Room, style: FrameStyle): readonly string[] {
  const {columns, rows} = room;
  const head = [headLine(board, columns, style), ...statusLine(board, columns, style)];
  const waiting = waitingLine(board, columns, style);
  const activeRows = Math.max(1, rows - head.length - waiting.length);
  const active = [...board.active.values()]
    .slice(0, activeRows)
    .map((file) => activeLine(board, file, columns, style));
  const ended = lastEnded(board, activeRows - active.length).map((file) =>
    endedLine(board, file, columns, style),
  );
  return [...head, ...ended, ...active, ...waiting].slice(0, rows);
}

/** The line of a file that has come to its end. */
export function endedLine(
  board: SubmitBoard,
  {index, outcome}: FinishedFile,
  columns: number,
  {marks, colors}: FrameStyle,
): string {
  const [mark, color] = {
    submitted: [marks.done, colors.green] as const,
    would_submit: [marks.done, colors.green] as const,
    skipped: [marks.skipped, colors.yellow] as const,
    failed: [marks.failed, colors.red] as const,
    unclear: [marks.unclear, colors.magenta] as const,
    not_started: [marks.waiting, colors.dim] as const,
  }[outcome.outcome];
  const line = {mark, color, ...titleOf(board, index), parts: [outcomeText(outcome)]};
  return fileLine(line, columns, marks.cut);
}

function titleOf(board: SubmitBoard, index: number): {readonly number: string; readonly name: string} {
  return {number: board.number(index), name: printable(board.name(index))};
}

function headLine(board: SubmitBoard, columns: number, {clock, colors, marks}: FrameStyle): string {
  const {counts, finished, total, uploadRate} = board;
  const rate = uploadRate.perSecond(clock.monotonic()) ?? 0;
  const parts = [
    `${formatCount(finished.length)} of ${formatCount(total)} files`,
    ...part(counts.failed, 'failed'),
    ...part(counts.unclear, 'unclear'),
    ...part(counts.submitted, 'submitted'),
    ...part(counts.would_submit, 'would be submitted'),
    ...part(counts.skipped, 'skipped'),
    ...part(counts.not_started, 'not begun'),
    ...(rate > 0 ? [`${formatBytes(rate)}/s`] : []),
  ];
  return colors.bold(fittingParts(parts, columns, marks.cut));
}

function part(count: number, word: string): readonly string[] {
  return count > 0 ? [`${formatCount(count)} ${word}`] : [];
}

function statusLine({status}: SubmitBoard, columns: number, {marks}: FrameStyle): readonly string[] {
  return status === undefined ? [] : [shortenRight(printable(status), columns, marks.cut)];
}

function waitingLine(
  {waiting}: SubmitBoard,
  columns: number,
  {marks, colors}: FrameStyle,
): readonly string[] {
  if (waiting === 0) return [];
  const text = `${marks.waiting} and ${formatCount(waiting)} more waiting`;
  return [colors.dim(shortenRight(text, columns, marks.cut))];
}

/** Files in trouble stay on the screen as long as there is room; the rest of it shows what ended last. */
function lastEnded({troubled, finished}: SubmitBoard, rows: number): readonly FinishedFile[] {
  const inTrouble = last(troubled, Math.ceil(rows / 2));
  const others = last(finished, 2 * rows).filter((file) => !inTrouble.includes(file));
  return [...inTrouble, ...last(others, rows - inTrouble.length)];
}

function last<T>(list: readonly T[], number: number): readonly T[] {
  return number <= 0 ? [] : list.slice(-number);
}

function activeLine(board: SubmitBoard, file: ActiveFile, columns: number, style: FrameStyle): string {
  const {clock, marks, colors} = style;
  const nowMs = clock.monotonic();
  const spinner = marks.active[Math.floor(nowMs / SPINNER_STEP_MS) % marks.active.length] ?? '';
  const line = {
    mark: spinner,
    color: colors.cyan,
    ...titleOf(board, file.index),
    parts: activityParts(file, nowMs),
  };
  return fileLine(line, columns, marks.cut);
}

/** What is being done with a file: `uploading 45%`, `5s left`, `3.1 MB/s`, `27.1 MB`. */
function activityParts(file: ActiveFile, nowMs: number): readonly string[] {
  const {phase, bytes, totalBytes, wait, rate} = file;
  const word = PHASE_WORDS[phase];
  if (wait !== undefined) return [waitText(word, wait, nowMs)];
  if (totalBytes === undefined || totalBytes === 0) return [word];
  const perSecond = rate.perSecond(nowMs) ?? 0;
  const flow =
    perSecond > 0
      ? [`${formatDuration(((totalBytes - bytes) / perSecond) * 1000)} left`, `${formatBytes(perSecond)}/s`]
      : [];
  return [`${word} ${Math.floor((bytes / totalBytes) * 100)}%`, ...flow, formatBytes(totalBytes)];
}

function waitText(word: string, {reason, untilMs}: NonNullable<ActiveFile['wait']>, nowMs: number): string {
  const leftMs = untilMs - nowMs;
  return leftMs > 0
    ? `again in ${formatDuration(leftMs)}: ${printable(reason)}`
    : `${word} again after: ${printable(reason)}`;
}
