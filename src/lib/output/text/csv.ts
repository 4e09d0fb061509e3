import {printable} from '../terminal/printable.js';

export type CsvCell = string | number | boolean | Verbatim | null | undefined;

/** A text that stands for something, such as a key or the digits of a number: it is written as it is. */
export class Verbatim {
  constructor(readonly text: string) {}
}

/** How records are written. */
export interface CsvForm {
  /** For a terminal or the log of a CI runner: nothing but line ends is there that is not shown as it is. */
  readonly isWatched?: boolean;
  readonly delimiter?: ',' | '\t';
  /** Whether texts that a spreadsheet would take for a formula are kept from it; true when absent. */
  readonly guardsFormulas?: boolean;
}

/** A cell that a spreadsheet would take for a formula; people open these files there. A number such as -5 is none. */
const FORMULA = /^(?![+-]?\d+(?:\.\d+)?$)[=+\-@\t\r]/u;

/** Control characters that stand for no blank and no line end. Readers of CSV drop them, and terminals obey them. */
const CONTROL = /(?![\t\n]|\r\n)\p{Cc}/gu;

/**
 * A record of CSV with its line end, which is CRLF (RFC 4180, section 2). A text that a spreadsheet would take for a formula gets an apostrophe
 * before it (https://owasp.org/www-community/attacks/CSV_Injection), and control characters are written as escapes.
 */
export function csvRecord(cells: readonly CsvCell[], form: CsvForm = {}): string {
  return `${cells.map((cell) => csvCell(cell, form)).join(form.delimiter ?? ',')}\r\n`;
}

function csvCell(value: CsvCell, form: CsvForm): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Verbatim) return quoted(form.isWatched === true ? shown(value.text) : value.text);
  if (typeof value !== 'string') return String(value);
  const safe = form.isWatched === true ? shown(value) : value.replaceAll(CONTROL, printable);
  return quoted(form.guardsFormulas !== false && FORMULA.test(safe) ? `'${safe}` : safe);
}

function shown(text: string): string {
  return text.split(/\r?\n/u).map(printable).join('\n');
}

function quoted(text: string): string {
  return /[",\t\r\n]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
