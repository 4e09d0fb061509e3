import {mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {TALLY_FOLDER, type Tally} from './tally.js';

/** Prints, after the tests, the table of what was tried and found, and leaves it in `GEMBATCH_CRASH_TABLE` if that is set. */
export default class CrashReporter {
  onRunStart(): void {
    rmSync(TALLY_FOLDER, {recursive: true, force: true});
    mkdirSync(TALLY_FOLDER, {recursive: true});
  }

  onRunComplete(): void {
    const tallies = readdirSync(TALLY_FOLDER)
      .map((name) => JSON.parse(readFileSync(join(TALLY_FOLDER, name), 'utf8')) as Tally)
      .toSorted((a, b) => `${a.group} ${a.attack}`.localeCompare(`${b.group} ${b.attack}`));
    const table = markdownTable(tallies);
    process.stdout.write(`\nSeed ${process.env['GEMBATCH_CRASH_SEED'] ?? '1'}.\n\n${table}\n`);
    const target = process.env['GEMBATCH_CRASH_TABLE'];
    if (target !== undefined) writeFileSync(target, table);
  }
}

function markdownTable(tallies: readonly Tally[]): string {
  const rows = tallies.map(({group, attack, tried, unit, found, isWeakened, seconds, note}) => [
    group,
    attack,
    `${tried.toLocaleString('en')} ${unit}`,
    isWeakened ? `${found} (must find some)` : String(found),
    seconds.toFixed(0),
    note,
  ]);
  const header = ['Group', 'Attack', 'Tried', 'Violations', 'Seconds', 'Also'];
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |\n`;
  return [header, widths.map((width) => '-'.repeat(width)), ...rows].map(line).join('');
}
