import {verdict, type Section} from './report.js';
import {spreadText, subject, targetText, valueText} from './words.js';

/** A section as lines for a terminal. */
export function sectionLines({title, figures}: Section): string[] {
  const rows = figures.map((figure) => [
    `  ${subject(figure)}`,
    valueText(figure),
    spreadText(figure),
    targetText(figure),
    verdict(figure),
  ]);
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return ['', title, ...lines];
}
