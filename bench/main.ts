// Runs the benchmarks: node main.js [quick] [--write] [ROW...]
// Prints a table, writes bench/report.json, and with --write docs/performance.md. A figure that is missed is told; the exit
// code is 1 only for what no busy machine explains.
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {writePage} from './report/page.js';
import {alarms, reportOf, type Section} from './report/report.js';
import {sectionLines} from './report/table.js';
import {subject, targetText, valueText} from './report/words.js';
import type {Form, Row} from './row.js';
import {ALL_ROWS} from './rows/all-rows.js';
import {ROOT} from './support/places.js';

const {values, positionals} = parseArgs({
  allowPositionals: true,
  options: {write: {type: 'boolean', default: false}},
});
const form: Form = positionals[0] === 'quick' ? 'quick' : 'whole';
const ids = positionals.slice(form === 'quick' ? 1 : 0);
const unknown = ids.filter((id) => !ALL_ROWS.some((row) => row.id === id));
if (unknown.length > 0)
  throw new RangeError(
    `There is no row ${unknown.join(', ')}. Rows: ${ALL_ROWS.map(({id}) => id).join(', ')}`,
  );
if (values.write && ids.length > 0) throw new RangeError('--write writes a page with all rows: name none.');

const sections: Section[] = [];
for (const row of ALL_ROWS.filter(({id}) => ids.length === 0 || ids.includes(id))) {
  const section = await measured(row);
  sections.push(section);
  print(sectionLines(section));
}

const report = reportOf(form, sections);
await writeFile(join(ROOT, 'bench/report.json'), `${JSON.stringify(report, null, 2)}\n`);
if (values.write) await writePage(report);

const raised = alarms(report);
print(raised.map((figure) => `ALARM: ${subject(figure)}: ${valueText(figure)}, to be ${targetText(figure)}`));
if (raised.length > 0) process.exitCode = 1;

async function measured({id, title, how, run}: Row): Promise<Section> {
  const folder = await mkdtemp(join(tmpdir(), `gembatch-bench-${id}-`));
  await mkdir(join(folder, '.home'));
  note(`${title} …`);
  try {
    const pick = <T>(quick: T, whole: T): T => (form === 'quick' ? quick : whole);
    return {id, title, how, figures: await run({form, folder, pick, note})};
  } finally {
    await rm(folder, {recursive: true, force: true, maxRetries: 3});
  }
}

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

function print(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}
