import picocolors from 'picocolors';
import type {Clock} from '../../domain/clock.js';
import {foldText} from './display-width.js';

/** Functions that colour a text, or leave it as it is. */
export type Colors = ReturnType<typeof picocolors.createColors>;

export interface OutputStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** What the output goes by: the streams of the command and what its environment says of them. */
export interface Screen {
  /** Takes what was asked for: data and summaries. */
  readonly stdout: OutputStream;
  /** Takes how it goes: progress, warnings and errors. */
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * How progress is shown. `live`: a list that is drawn anew all the time. `plain`: a line for each event. `quiet`: only
 * what went wrong. `silent`: warnings only, because standard output belongs to JSON.
 */
export type OutputMode = 'live' | 'plain' | 'quiet' | 'silent';

export interface Display {
  readonly mode: OutputMode;
  readonly screen: Screen & {readonly stderr: NodeJS.WriteStream};
  readonly clock: Clock;
}

/** Marks of the states of a task, each one column wide. */
export interface Marks {
  readonly done: string;
  readonly skipped: string;
  readonly failed: string;
  readonly unclear: string;
  readonly waiting: string;
  readonly active: readonly string[];
  /** Stands for what was cut off, in one column. */
  readonly cut: string;
}

const UNICODE_MARKS: Marks = {
  done: '✔',
  skipped: '↓',
  failed: '✖',
  unclear: '?',
  waiting: '·',
  active: ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'],
  cut: '…',
};

const ASCII_MARKS: Marks = {
  done: '+',
  skipped: '-',
  failed: 'x',
  unclear: '?',
  waiting: '.',
  active: ['|', '/', '-', '\\'],
  cut: '~',
};

/** Live output needs a terminal that moves its cursor, and a person in front of it. */
export function outputMode({stderr, env}: Screen, flags: {isJson: boolean; isQuiet: boolean}): OutputMode {
  if (flags.isJson) return 'silent';
  if (flags.isQuiet) return 'quiet';
  const isInteractive = stderr.isTTY === true && env['TERM'] !== 'dumb' && !isSet(env['CI']);
  return isInteractive ? 'live' : 'plain';
}

/** Whether what is printed there is read as text, by a person or by a runner of GitHub Actions, and not only passed on. */
export function isWatched({stdout, env}: Pick<Screen, 'stdout' | 'env'>): boolean {
  return stdout.isTTY === true || env['GITHUB_ACTIONS'] === 'true';
}

/** The marks that the terminal can show. */
export function marksFor({env}: Pick<Screen, 'env'>): Marks {
  // An empty variable counts as not set: POSIX.1-2017, XBD 8.2.
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  return process.platform === 'win32' || /utf-?8/iu.test(locale) ? UNICODE_MARKS : ASCII_MARKS;
}

/** The columns of a terminal; anything else takes lines of any width. */
export function widthOf({isTTY, columns}: OutputStream): number {
  return (isTTY === true && columns) || Infinity;
}

/** Prints lines, folded where the stream is a terminal. */
export function printFolded(stream: OutputStream, lines: readonly string[]): void {
  const width = widthOf(stream);
  for (const line of lines.flatMap((text) => foldText(text, width))) stream.write(`${line}\n`);
}

/** Colours for a stream, or none: https://no-color.org and https://force-color.org. */
export function colorsFor(stream: OutputStream, env: Screen['env']): Colors {
  const isForced = isSet(env['FORCE_COLOR']) && env['FORCE_COLOR'] !== '0';
  const isWanted = isForced || (stream.isTTY === true && env['TERM'] !== 'dumb' && !isSet(env['NO_COLOR']));
  return picocolors.createColors(isWanted);
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== 'false';
}
