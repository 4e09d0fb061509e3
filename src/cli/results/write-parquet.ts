import {resolve} from 'node:path';
import {ByteWriter, ParquetWriter, schemaFromColumnData} from 'hyparquet-writer';
import {GembatchError} from '../../lib/domain/errors.js';
import {LeftOut} from '../../lib/output/results/left-out.js';
import {parquetType, parquetValue, type ParquetValue} from '../../lib/output/results/parquet-columns.js';
import {tableRow, type Column} from '../../lib/output/results/table-columns.js';
import type {AtomicFile} from '../../lib/store/file/atomic-file.js';
import type {ReportRow} from '../../lib/workflows/results/report-rows.js';
import {createApiKeysRedactor} from '../connection/api-key.js';
import type {PrintDeps, TableForm, Written} from './join-form.js';

/** A row group is decoded whole by those who read it. */
const GROUP_ROWS = 20_000;
const GROUP_CHARACTERS = 8 * 1024 * 1024;

/**
 * Writes a table as Parquet, row group by row group. A column of numbers becomes text where one of them would lose digits: its type is
 * the same in the whole file, so that the file is begun again.
 *
 * @throws GembatchError `USAGE` for standard output, `STORAGE`, and the reason of `stop`.
 */
export async function writeParquet(
  {createFile, stop}: PrintDeps,
  rows: AsyncIterable<ReportRow>,
  {columns, shape, join, overwrite}: TableForm,
): Promise<Written> {
  if (join === '-') {
    throw new GembatchError('USAGE', 'Parquet cannot be written to standard output.', {
      suggestions: ['Name a file: --join answers.parquet'],
    });
  }
  const asText = new Set<string>();
  for (;;) {
    const leftOut = new LeftOut({columns, shape});
    const table = new ParquetTable(columns, asText, leftOut);
    const file = await createFile(resolve(join), {overwrite});
    try {
      table.start(file);
      for await (const row of rows) {
        stop.throwIfAborted();
        const whole = tableRow(row, shape);
        leftOut.note(whole);
        await table.add(whole);
      }
      if (table.lossy.size === 0) {
        await table.finish();
        await file.commit();
        return {leftOut, notes: noteOn(columns.map(({name}) => name).filter((name) => asText.has(name)))};
      }
    } finally {
      await file.discard();
    }
    for (const name of table.lossy) asText.add(name);
  }
}

function noteOn(asText: readonly string[]): readonly string[] {
  if (asText.length === 0) return [];
  return [`Written as text, because numbers in it would lose digits: ${asText.join(', ')}.`];
}

class ParquetTable {
  /** Columns with a number that would lose digits. Once there is one, nothing more is written. */
  readonly lossy = new Set<string>();
  readonly #columns: readonly (Column & {
    readonly parquet: ReturnType<typeof parquetType>;
    data: ParquetValue[];
  })[];
  readonly #redactApiKeys = createApiKeysRedactor(process.env);
  #writer: ParquetWriter | undefined;
  #rows = 0;
  #characters = 0;

  constructor(
    columns: readonly Column[],
    asText: ReadonlySet<string>,
    private readonly leftOut: LeftOut,
  ) {
    this.#columns = columns.map((column) => ({
      ...column,
      parquet: asText.has(column.name) ? 'STRING' : parquetType(column),
      data: [],
    }));
  }

  start(file: AtomicFile): void {
    const bytes = new ByteWriter();
    const flush = async (): Promise<void> => {
      await file.append(bytes.getBytes());
      bytes.index = 0;
    };
    const columnData = this.#columns.map(({name, parquet: type}) => ({name, type, data: []}));
    this.#writer = new ParquetWriter({
      writer: Object.assign(bytes, {flush, finish: flush}),
      schema: schemaFromColumnData({columnData}),
      createdBy: 'gembatch',
    });
  }

  async add(row: ReturnType<typeof tableRow>): Promise<void> {
    let hasOtherKind = false;
    for (const {cellOf, parquet, data, name} of this.#columns) {
      const value = parquetValue(cellOf(row), parquet, (why) => {
        if (why === 'digits') this.lossy.add(name);
        else hasOtherKind = true;
      });
      if (this.lossy.size > 0) continue;
      const shown = typeof value === 'string' ? this.#redactApiKeys(value) : value;
      this.#characters += typeof shown === 'string' ? shown.length : 8;
      data.push(shown);
    }
    if (hasOtherKind) this.leftOut.noteOtherKind();
    this.#rows++;
    if (this.#rows >= GROUP_ROWS || this.#characters >= GROUP_CHARACTERS) await this.#writeGroup();
  }

  async finish(): Promise<void> {
    await this.#writeGroup();
    await this.#writer?.finish();
  }

  async #writeGroup(): Promise<void> {
    const columnData = this.#columns.map(({name, data}) => ({name, data}));
    if (this.lossy.size === 0 && this.#rows > 0)
      await this.#writer?.write({columnData, rowGroupSize: this.#rows});
    for (const column of this.#columns) column.data = [];
    this.#rows = 0;
    this.#characters = 0;
  }
}
