import {RawJson} from '../../domain/json/raw-json.js';
import {csvRecord, Verbatim, type CsvCell, type CsvForm} from '../text/csv.js';
import type {Column, TableRow} from './table-columns.js';

/** The first record of a table as CSV or TSV. */
export function titleRecord(columns: readonly Column[], form: CsvForm): string {
  return csvRecord(
    columns.map(({name}) => name),
    form,
  );
}

/** A row as a record of CSV or TSV. */
export function rowRecord(columns: readonly Column[], row: TableRow, form: CsvForm): string {
  return csvRecord(
    columns.map((column) => csvCell(column, row)),
    form,
  );
}

function csvCell({cellOf, isVerbatim}: Column, row: TableRow): CsvCell {
  const cell = cellOf(row);
  if (cell instanceof RawJson) return new Verbatim(cell.text);
  return isVerbatim === true && typeof cell === 'string' ? new Verbatim(cell) : cell;
}
