import {printable} from '../terminal/printable.js';

export type CsvCell = string | number | boolean | null | undefined;

/** A cell that a spreadsheet would take for a formula; people open these files there. */
const FORMULA_START = /^[=+\-@\t\r]/u;

/** Control characters that stand for no blank and no line end. Readers of CSV drop them, and terminals obey them. */
const CONTROL = /(?![\t\n]|\r\n)\p{Cc}/gu;

/**
 * A record of CSV with its line end, which is CRLF (RFC 4180, section 2). A text that a spreadsheet would take for a formula gets an apostrophe
 * before it (https://owasp.org/www-community/attacks/CSV_Injection), and control characters are written as escapes.
 *
 * @param isWatched - for a terminal or the log of a CI runner: nothing but line ends is there that is not shown as it is.
 */
export function csvRecord(cells: readonly CsvCell[], isWatched = false): string {
  return `${cells.map((cell) => csvCell(cell, isWatched)).join(',')}\r\n`;
}

function csvCell(value: CsvCell, isWatched: boolean): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'string') return String(value);
  const safe = isWatched
    ? value.split(/\r?\n/u).map(printable).join('\n')
    : value.replaceAll(CONTROL, printable);
  const text = FORMULA_START.test(safe) ? `'${safe}` : safe;
  return /[",\r\n]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
