import {printable} from '../terminal/printable.js';

/** What is said of an error: what happened, and what to do. */
export interface ErrorText {
  readonly message: string;
  readonly suggestions: readonly string[];
}

/**
 * An error as lines for people: what happened, then what to do next, each on a line of its own and indented. A line break in
 * one of them comes from a name or from the service, and must not make a line that looks like ours.
 */
export function errorLines({message, suggestions}: ErrorText): readonly string[] {
  return [`Error: ${printable(message)}`, ...suggestions.map((text) => `  ${printable(text)}`)];
}
