import {displayWidth, fittingParts, shortenRight} from '../terminal/display-width.js';
import {shortName} from '../terminal/short-names.js';

export interface FileLine {
  readonly mark: string;
  readonly color: (text: string) => string;
  /** `[n/total]` */
  readonly number: string;
  readonly name: string;
  /** What the names of all files begin with, which is left out where there is no room. */
  readonly head: string;
  /** What is said of it, the most important first: where there is no room, the last ones are left out. */
  readonly parts: readonly string[];
  /** A shorter first part, where the name would be cut beside the first; it is to be copied, and stays whole. */
  readonly shortPart?: string;
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
  {mark, color, number, name, head, parts, shortPart}: FileLine,
  columns: number,
  cut: string,
): string {
  const room = columns - displayWidth(mark) - displayWidth(number) - 3;
  const nameWidth = displayWidth(name);
  const isTight = shortPart !== undefined && displayWidth(parts[0] ?? '') + nameWidth > room;
  const leastForName = Math.min(nameWidth, isTight ? LEAST_NAME : Math.floor(room * NAME_SHARE));
  const text = fittingParts(isTight ? [shortPart] : parts, room - leastForName, cut);
  const shownName = shortName(name, room - displayWidth(text), {head, cut});
  const line = shortenRight(`${number} ${shownName} ${text}`, columns - displayWidth(mark) - 1, cut);
  return `${color(mark)} ${line}`;
}
