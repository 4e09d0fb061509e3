/** Draws a list of tasks as the lines of one screen. */
import type {Clock} from '../../domain/clock.js';
import type {ByteRate} from '../terminal/byte-rate.js';
import {fittingParts, shortenRight} from '../terminal/display-width.js';
import type {Room} from '../terminal/live-screen.js';
import {printable} from '../terminal/printable.js';
import type {Colors, Marks} from '../terminal/screen.js';
import {formatBytes, formatCount, plural} from '../text/format.js';
import {fileLine} from './file-line.js';
import type {FileTally} from './file-tally.js';
import {endText, isIdle, outcomeOf, type FileTaskObject} from './file-task.js';

export interface FrameStyle {
  readonly clock: Clock;
  readonly marks: Marks;
  readonly colors: Colors;
  /** What the names of all files begin with. */
  readonly head: string;
}

export interface ListState {
  readonly total: number;
  readonly tally: FileTally;
  /** Of all uploads together. */
  readonly uploadRate: ByteRate;
  readonly status: string | undefined;
  /** What all that is left waits for, the most important first; said once, and not for each file. */
  readonly quota: readonly string[] | undefined;
  readonly active: ReadonlySet<FileTaskObject>;
  /** In the order in which they ended, as `needAttention`. */
  readonly ended: readonly FileTaskObject[];
  readonly needAttention: readonly FileTaskObject[];
}

const SPINNER_STEP_MS = 100;

/**
 * The lines of a screen: totals, files that need attention, those that ended last, those that are worked on, how many
 * wait. The work is that of the lines, whatever the number of files.
 */
export function listFrame(list: ListState, room: Room, style: FrameStyle): readonly string[] {
  const {columns, rows} = room;
  const head = [headLine(list, columns, style), ...statusLine(list, columns, style)];
  const waiting = waitingLine(list, columns, style);
  const activeRows = Math.max(1, rows - head.length - waiting.length);
  const busy = list.quota === undefined ? list.active : [...list.active].filter((task) => !isIdle(task));
  const active = first(busy, activeRows).map((task) => activeLine(task, columns, style));
  const ended = lastEnded(list, activeRows - active.length).map((task) => endedLine(task, columns, style));
  return [...head, ...ended, ...active, ...waiting].slice(0, rows);
}

/** The line of a task that has come to its end. */
function endedLine(task: FileTaskObject, columns: number, style: FrameStyle): string {
  const {marks, colors, head} = style;
  const [mark, color] = {
    submitted: [marks.done, colors.green] as const,
    would_submit: [marks.done, colors.green] as const,
    skipped: [marks.skipped, colors.yellow] as const,
    changed: [marks.failed, colors.red] as const,
    failed: [marks.failed, colors.red] as const,
    unclear: [marks.unclear, colors.magenta] as const,
    not_started: [marks.waiting, colors.dim] as const,
  }[outcomeOf(task)?.outcome ?? 'failed'];
  const line = {mark, color, head, ...titleOf(task)};
  const {outcome, job, count} = outcomeOf(task) ?? {};
  if (outcome !== 'submitted' || job === undefined)
    return fileLine({...line, parts: [endText(task)]}, columns, marks.cut);
  const shortPart = printable(job.name);
  const parts = [`submitted as ${shortPart}`, plural(count ?? 0, 'request')];
  return fileLine({...line, parts, shortPart}, columns, marks.cut);
}

/** The same for a line that stays: where the name of a job has no room in it, it stands whole on a line of its own. */
export function lastingLines(task: FileTaskObject, columns: number, style: FrameStyle): readonly string[] {
  const line = endedLine(task, columns, style);
  const {outcome, job} = outcomeOf(task) ?? {};
  if (outcome !== 'submitted' || job === undefined || line.includes(printable(job.name))) return [line];
  const {marks, colors, head} = style;
  const short = {mark: marks.done, color: colors.green, head, ...titleOf(task), parts: ['submitted']};
  return [fileLine(short, columns, marks.cut), `  ${printable(job.name)}`];
}

/** `[n/total] name`, taken apart: the number always stays whole. */
export function titleOf({title = ''}: FileTaskObject): {readonly number: string; readonly name: string} {
  const end = title.indexOf(' ');
  return {number: title.slice(0, end), name: printable(title.slice(end + 1))};
}

function headLine(list: ListState, columns: number, {clock, colors, marks}: FrameStyle): string {
  const {total, uploadRate} = list;
  const {counts, ended} = list.tally;
  const rate = uploadRate.perSecond(clock.monotonic()) ?? 0;
  const parts = [
    `${formatCount(ended)} of ${formatCount(total)} files`,
    ...part(counts.failed, 'failed'),
    ...part(counts.changed, 'changed'),
    ...part(counts.unclear, 'unclear'),
    ...part(counts.submitted, 'submitted'),
    ...part(counts.would_submit, 'would be submitted'),
    ...part(counts.skipped, 'skipped'),
    ...part(counts.not_started, 'not started'),
    ...(rate > 0 ? [`${formatBytes(rate)}/s`] : []),
  ];
  return colors.bold(fittingParts(parts, columns, marks.cut));
}

function part(count: number, word: string): readonly string[] {
  return count > 0 ? [`${formatCount(count)} ${word}`] : [];
}

function statusLine({status, quota}: ListState, columns: number, {marks}: FrameStyle): readonly string[] {
  if (quota !== undefined) return [fittingParts(quota.map(printable), columns, marks.cut)];
  return status === undefined ? [] : [shortenRight(printable(status), columns, marks.cut)];
}

function waitingLine(
  {total, active, tally, quota}: ListState,
  columns: number,
  {marks, colors}: FrameStyle,
): readonly string[] {
  const waiting = Math.max(0, total - active.size - tally.ended);
  if (waiting === 0 || quota !== undefined) return [];
  const text = `${marks.waiting} and ${formatCount(waiting)} more waiting`;
  return [colors.dim(shortenRight(text, columns, marks.cut))];
}

/** Files that need attention stay on the screen as long as there is room; the rest of it shows what ended last. */
function lastEnded({needAttention, ended}: ListState, rows: number): readonly FileTaskObject[] {
  const urgent = last(needAttention, Math.ceil(rows / 2));
  const others = last(ended, 2 * rows).filter((task) => !urgent.includes(task));
  return [...urgent, ...last(others, rows - urgent.length)];
}

function first<T>(items: Iterable<T>, number: number): readonly T[] {
  const taken: T[] = [];
  for (const item of items) {
    if (taken.length >= number) break;
    taken.push(item);
  }
  return taken;
}

function last<T>(list: readonly T[], number: number): readonly T[] {
  return number <= 0 ? [] : list.slice(-number);
}

function activeLine(task: FileTaskObject, columns: number, style: FrameStyle): string {
  const {clock, marks, colors, head} = style;
  const mark = marks.active[Math.floor(clock.monotonic() / SPINNER_STEP_MS) % marks.active.length] ?? '';
  const parts = (task.output ?? '').split('\n');
  return fileLine({mark, color: colors.cyan, head, ...titleOf(task), parts}, columns, marks.cut);
}
