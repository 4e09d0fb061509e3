import {isUtf8} from 'node:buffer';
import type {JobRecord} from '../../domain/job/job-record.js';
import type {KnownLines} from './known-lines.js';
import {LineTexts, withoutMark} from './line-texts.js';
import {parseRecord} from './record-line.js';
import type {LineProblem} from './stored-record.js';
import {oddLine, ONLY_COMMENTS, problemOf} from './unreadable-lines.js';

const NEWLINE = 0x0a;
/** `#`: the rest of the line is for people. */
const COMMENT = 0x23;

/** A line of the file, and its place in a block of bytes. */
export interface LinePlace {
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

/**
 * Shows each job record in the bytes of a job-info file and where it is, and keeps none.
 *
 * @param blocks - the bytes; every block but the last ends with a line.
 * @param known - the lines of an earlier content, which are not parsed again.
 * @returns what is no record, except for blank lines, and how many lines there are.
 */
export function eachRecord(
  blocks: Iterable<Buffer>,
  visit: (record: JobRecord, place: LinePlace) => void,
  known?: KnownLines,
): {problems: readonly LineProblem[]; lineCount: number} {
  const problems: LineProblem[] = [];
  let line = 0;
  let records = 0;
  let comments = 0;
  for (const bytes of blocks) {
    const readLine = lineReader(bytes);
    for (let start = 0; start < bytes.length;) {
      line += 1;
      const newline = bytes.indexOf(NEWLINE, start);
      const end = newline === -1 ? bytes.length : newline;
      const record =
        bytes[start] === COMMENT ? null : (known?.record(bytes, start, end) ?? readLine(start, end));
      if (bytes[start] === COMMENT) comments += 1;
      else if (typeof record === 'string') problems.push(oddLine(line, record));
      else if (record === undefined)
        problems.push(problemOf(line, bytes.toString('utf8', start, end), {isLast: newline === -1}));
      else if (record !== null) {
        records += 1;
        known?.see(record);
        visit(record, {line, start, end});
      }
      start = end + 1;
    }
  }
  if (comments > 0 && records + problems.length === 0) problems.push(ONLY_COMMENTS);
  return {problems, lineCount: line};
}

/** Reads the lines of a block, in their order. */
function lineReader(bytes: Buffer): (start: number, end: number) => ReturnType<typeof recordIn> {
  const isSound = isUtf8(bytes);
  const texts = new LineTexts(bytes);
  return (start, end) => {
    const isText = isSound || isUtf8(bytes.subarray(start, end));
    return isText ? recordIn(texts.text(start, end)) : 'it is not valid UTF-8';
  };
}

/** The record in a line, null for a blank line, undefined for what is not JSON, or in words what else it is. */
function recordIn(line: string): JobRecord | null | undefined | string {
  const text = withoutMark(line);
  const value = jsonValue(text);
  if (value !== undefined) return parseRecord(value);
  return text.trim() === '' ? null : undefined;
}

/** The JSON value of a line, undefined when it is none. JSON takes the carriage return of Windows lines for a blank. */
function jsonValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
