import {resolve} from 'node:path';
import {LeftOut} from '../../lib/output/results/left-out.js';
import {tableRow} from '../../lib/output/results/table-columns.js';
import {rowRecord, titleRecord} from '../../lib/output/results/table-record.js';
import {isWatched} from '../../lib/output/terminal/screen.js';
import type {CsvForm} from '../../lib/output/text/csv.js';
import type {ReportRow} from '../../lib/workflows/results/report-rows.js';
import type {PrintDeps, TableForm, Written} from './join-form.js';
import {linesOf, writeLines} from './write-lines.js';

/**
 * Writes a table as CSV or TSV.
 *
 * @throws GembatchError `STORAGE`, and the reason of `stop`.
 */
export async function writeTable(
  {createFile, stop}: PrintDeps,
  rows: AsyncIterable<ReportRow>,
  {columns, shape, join, overwrite, ...form}: TableForm,
): Promise<Written> {
  const leftOut = new LeftOut({columns, shape});
  const file = join === '-' ? undefined : await createFile(resolve(join), {overwrite});
  const csv: CsvForm = {
    isWatched: file === undefined && isWatched(process),
    delimiter: form.format === 'tsv' ? '\t' : ',',
    guardsFormulas: !form['no-formula-guard'],
  };
  const lines = linesOf(rows, (row) => {
    const whole = tableRow(row, shape);
    leftOut.note(whole);
    return rowRecord(columns, whole, csv);
  });
  await writeLines(lines, {head: titleRecord(columns, csv), file, stop});
  return {leftOut, notes: []};
}
