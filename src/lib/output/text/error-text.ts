import {printableLines} from '../terminal/printable.js';

/** What is said of an error: what happened, and what to do. */
export interface ErrorText {
  readonly message: string;
  readonly suggestions: readonly string[];
}

/**
 * An error as lines for people: what happened, then what to do next, each on lines of its own. All but the first are
 * indented, so that none of them looks like another message.
 */
export function errorLines({message, suggestions}: ErrorText): readonly string[] {
  const [first = '', ...rest] = printableLines(message);
  const more = [...rest, ...suggestions.flatMap(printableLines)];
  return [`Error: ${first}`, ...more.map((line) => `  ${line}`.trimEnd())];
}
