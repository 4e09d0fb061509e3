import {displayWidth, shortenMiddle, shortenRight} from '../terminal/display-width.js';

export interface FileLine {
  readonly mark: string;
  readonly color: (text: string) => string;
  /** `[n/total]` */
  readonly number: string;
  readonly name: string;
  /** What is said of it, the most important first: where there is no room, the last ones are left out. */
  readonly parts: readonly string[];
  /** Whether the first part has something to be copied, as the name of a job, and goes before the name of the file. */
  readonly isFirstWhole?: boolean;
}

/** A name gives way to what is said of the file, down to this part of the room. */
const NAME_SHARE = 0.4;
/** Of a name that gives way to the name of a job. */
const LEAST_NAME = 8;

/**
 * The line as text, at most `columns` wide.
 *
 * @param cut - stands for what is left out, one column wide.
 */
export function fileLine(
  {mark, color, number, name, parts, isFirstWhole = false}: FileLine,
  columns: number,
  cut: string,
): string {
  const room = columns - displayWidth(mark) - displayWidth(number) - 3;
  const leastForName = Math.min(
    displayWidth(name),
    isFirstWhole ? LEAST_NAME : Math.floor(room * NAME_SHARE),
  );
  const text = fittingParts(parts, room - leastForName, cut);
  const shownName = shortenMiddle(name, room - displayWidth(text), cut);
  const line = shortenRight(`${number} ${shownName} ${text}`, columns - displayWidth(mark) - 1, cut);
  return `${color(mark)} ${line}`;
}

/** As many of the parts as fit, from the first on; a first one that does not fit is cut. */
export function fittingParts(parts: readonly string[], columns: number, cut: string): string {
  for (let number = parts.length; number > 0; number -= 1) {
    const text = parts.slice(0, number).join(', ');
    if (displayWidth(text) <= columns) return text;
  }
  return shortenRight(parts[0] ?? '', columns, cut);
}
