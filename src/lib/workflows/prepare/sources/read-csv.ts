import {Readable, pipeline} from 'node:stream';
import {GembatchError} from '../../../domain/errors.js';
import {recogniseDelimiter} from '../../../domain/prepare/sources/csv-dialect.js';
import {recogniseEncoding} from '../../../domain/prepare/sources/text-encoding.js';
import type {ReadOptions, Source, SourceRow} from './source.js';
import {asUtf8, checkEncoding, decodeHead, SourceBytes} from './source-bytes.js';

const BATCH_ROWS = 512;
const NEWLINE = '\n';
const DELIMITER_WORDS: Readonly<Record<string, string>> = {';': 'semicolons', '\t': 'tabs', '|': 'bars'};

/** A table that is to be read. */
export interface TableFile {
  readonly name: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly head: Buffer;
}

/**
 * Opens a CSV or TSV table: its encoding, its delimiter and its columns are known then.
 *
 * @throws GembatchError FILE_INVALID for a head that cannot be used, FILE_EMPTY.
 */
export async function openCsv(file: TableFile, form: 'csv' | 'tsv', options: ReadOptions): Promise<Source> {
  const {name, path} = file;
  const recognised = recogniseEncoding(file.head);
  const encoding = options.encoding?.toLowerCase() ?? recognised.name;
  await checkEncoding(encoding);
  const delimiter = form === 'tsv' ? '\t' : recogniseDelimiter(await decodeHead(file.head, encoding));
  const bytes = new SourceBytes(path, options);
  const records = await parseRecords(bytes, {name, encoding, delimiter});
  const first = await records.next();
  if (first.done === true) throw new GembatchError('FILE_EMPTY', `${name}: has no rows.`);
  const columns = checkedColumns(name, first.value);
  return {
    name,
    path,
    form,
    notes: notesOn(name, {encoding, isSaid: options.encoding !== undefined, delimiter, form}),
    dialect: {encoding, delimiter},
    columns: columns.filter((column) => column !== ''),
    sample: [],
    totalBytes: file.sizeBytes,
    batches: () => rowsOf(name, columns, first.value, records),
    placeOf: (line) => `${name}:${line}`,
    fingerprint: () => bytes.fingerprint(),
  };
}

interface Dialect {
  readonly name: string;
  readonly encoding: string;
  readonly delimiter: string;
}

async function parseRecords(bytes: SourceBytes, dialect: Dialect): Promise<AsyncGenerator<string[]>> {
  const {parse} = await import('csv-parse');
  const parser = parse({bom: true, delimiter: dialect.delimiter, relaxColumnCount: true});
  // An error of any of them comes out of the parser, which is what is read.
  pipeline(Readable.from(asUtf8(bytes.read(), dialect)), parser, () => undefined);
  return recordsOf(parser, dialect.name);
}

async function* recordsOf(parser: AsyncIterable<unknown>, name: string): AsyncGenerator<string[]> {
  try {
    for await (const record of parser) yield record as string[];
  } catch (error) {
    throw csvError(name, error);
  }
}

/** Rows by column name. A blank line is none. */
async function* rowsOf(
  name: string,
  columns: readonly string[],
  head: readonly string[],
  records: AsyncIterable<readonly string[]>,
): AsyncGenerator<readonly SourceRow[]> {
  let batch: SourceRow[] = [];
  let line = 1 + linesOf(head);
  for await (const record of records) {
    const isBlank = record.length === 1 && record[0]?.trim() === '';
    if (!isBlank) {
      if (record.length !== columns.length) throw ragged(`${name}:${line}`, record, columns);
      batch.push({at: line, values: valuesOf(columns, record)});
    }
    line += linesOf(record);
    if (batch.length < BATCH_ROWS) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function valuesOf(columns: readonly string[], record: readonly string[]): Record<string, string> {
  const values: Record<string, string> = {};
  for (let i = 0; i < columns.length; i++) values[columns[i] ?? ''] = record[i] ?? '';
  return values;
}

/** The lines that a record takes: a field in quotes may have several. */
function linesOf(record: readonly string[]): number {
  let lines = 1;
  for (const field of record)
    for (let at = field.indexOf(NEWLINE); at !== -1; at = field.indexOf(NEWLINE, at + 1)) lines++;
  return lines;
}

function checkedColumns(name: string, head: readonly string[]): readonly string[] {
  const columns = head.map((column) => column.trim());
  const twice = columns.find((column, i) => column !== '' && columns.indexOf(column) !== i);
  if (twice !== undefined) {
    throw new GembatchError('FILE_INVALID', `${name}:1: two columns are called "${twice}".`, {
      suggestions: ['Give each column a name of its own in the first line.'],
    });
  }
  if (columns.includes('__proto__')) {
    throw new GembatchError('FILE_INVALID', `${name}:1: no column can be called "__proto__".`);
  }
  return columns;
}

function ragged(place: string, record: readonly string[], columns: readonly string[]): GembatchError {
  return new GembatchError(
    'FILE_INVALID',
    `${place}: the row has ${record.length} ${record.length === 1 ? 'field' : 'fields'}, the first line names ${columns.length} columns. Nothing was written.`,
    {suggestions: ['Put quotes around a field that holds a delimiter, a quote or a line break.']},
  );
}

function csvError(name: string, cause: unknown): unknown {
  if (!(cause instanceof Error) || !('code' in cause) || !String(cause.code).startsWith('CSV_')) return cause;
  const line = 'lines' in cause ? Number(cause.lines) : 1;
  const what =
    cause.code === 'CSV_QUOTE_NOT_CLOSED'
      ? 'a quote is opened and never closed'
      : cause.message.replace(/\.?$/u, '');
  return new GembatchError('FILE_INVALID', `${name}:${line}: ${what}. Nothing was written.`, {
    cause,
    details: {line},
    suggestions: ['In a field in quotes, write a quote twice: "He said ""no"".".'],
  });
}

function notesOn(
  name: string,
  {
    encoding,
    isSaid,
    delimiter,
    form,
  }: {encoding: string; isSaid: boolean; delimiter: string; form: 'csv' | 'tsv'},
): readonly string[] {
  const notes: string[] = [];
  if (encoding !== 'utf-8' && !isSaid) {
    notes.push(`${name} is not UTF-8; read as ${encoding}. --encoding says another.`);
  }
  const words = DELIMITER_WORDS[delimiter];
  if (form === 'csv' && words !== undefined) notes.push(`${name} has ${words} between its columns.`);
  return notes;
}
