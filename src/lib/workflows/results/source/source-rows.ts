import {ExactNumber, stringifyExact} from '../../../domain/json/exact-json.js';
import {RawJson} from '../../../domain/json/raw-json.js';
import {NumberList} from '../../../domain/prepare/number-list.js';
import {hashOfLine} from '../../../domain/prepare/request-hash.js';
import {Utf8Scratch} from '../../../domain/text/utf8-scratch.js';
import type {Source, SourceRow} from '../../prepare/sources/source.js';
import {PreparedKeys} from '../../prepare/template/key-maker.js';
import {RowSpill} from './row-spill.js';

/** What all values of a column are, where a table can say it. */
export type ColumnType = 'integer' | 'number' | 'boolean';

/** Gives the key of the request of a row, or the request that is its key, or both; undefined when it has no request. */
export type KeyOfRow = (
  source: Source,
  row: SourceRow,
) => RowRequest | undefined | Promise<RowRequest | undefined>;

interface RowRequest {
  /** Undefined when it is made of the request. */
  readonly key: string | undefined;
  /** The request as JSON text; undefined when unknown. */
  readonly json?: string;
}

/** The values of a row by column; or why there are none: no row has the key (`gone`), or it makes another request now (`changed`). */
export type FoundRow = ReadonlyMap<string, RawJson> | 'gone' | 'changed';

/** Stands between the cells of a row: JSON on one line has none in it. */
const BETWEEN_CELLS = '\n';

/** The rows of sources by the keys of their requests: some 70 bytes of memory for each, the rest in a temporary file. */
export class SourceRows {
  readonly #keys: PreparedKeys;
  readonly #spill: RowSpill;
  /** By the number of a key, where its row is, plus one. */
  readonly #places = new NumberList();
  readonly #requestHashes = new NumberList();
  readonly #columns = new Map<string, ColumnKinds>();
  readonly #scratch = new Utf8Scratch();

  private constructor(sources: readonly Source[], folder: string) {
    this.#keys = new PreparedKeys(sources);
    for (const {form, columns} of sources) {
      // The text of a file is no column of a table.
      for (const name of form === 'files' ? ['path', 'name'] : columns)
        this.#columns.set(name, new ColumnKinds());
    }
    this.#spill = new RowSpill(folder);
  }

  /**
   * Reads all rows.
   *
   * @param folder - for the temporary file.
   * @throws GembatchError FILE_* with the place of the row, STORAGE, INTERRUPTED.
   */
  static async read(sources: readonly Source[], keyOf: KeyOfRow, folder: string): Promise<SourceRows> {
    const rows = new SourceRows(sources, folder);
    try {
      for (const [index, source] of sources.entries()) {
        for await (const batch of source.batches()) {
          for (const row of batch) {
            const made = keyOf(source, row);
            const request = made instanceof Promise ? await made : made;
            if (request !== undefined) rows.#add(request, {source: index, row, form: source.form});
          }
        }
      }
      return rows;
    } catch (error) {
      rows.close();
      throw error;
    }
  }

  /** The columns in the order of the source, each with its type if all its values have one. */
  get columns(): ReadonlyMap<string, ColumnType | undefined> {
    return new Map([...this.#columns].map(([name, kinds]) => [name, kinds.type]));
  }

  /** The row that a request was made of. */
  find(key: string, request: RawJson | null): FoundRow {
    const index = this.#keys.indexOf(key);
    const place = this.#places.get(index);
    if (index === -1 || place === 0) return 'gone';
    const hash = this.#requestHashes.get(index);
    if (hash !== 0 && hash !== this.#hashOf(request?.text ?? '')) return 'changed';
    const cells = this.#spill.textAt(place - 1).split(BETWEEN_CELLS);
    const values = new Map<string, RawJson>();
    let at = 0;
    for (const name of this.#columns.keys()) {
      const cell = cells[at++] ?? '';
      if (cell !== '') values.set(name, new RawJson(cell));
    }
    return values;
  }

  close(): void {
    this.#spill.close();
  }

  #add(
    {key: own, json}: RowRequest,
    {row, source, form}: {row: SourceRow; source: number; form: Source['form']},
  ): void {
    const bytes = json === undefined ? undefined : this.#scratch.encode(json);
    const key = own ?? this.#keys.keyFor(bytes ?? new Uint8Array(0));
    this.#keys.add(key, new Uint8Array(0), {source, row});
    const index = this.#keys.indexOf(key);
    if (bytes !== undefined) this.#requestHashes.set(index, hashOfLine(bytes));
    this.#places.set(index, this.#spill.add(this.#cellsOf(row.values, form)) + 1);
  }

  #hashOf(text: string): number {
    return hashOfLine(this.#scratch.encode(text));
  }

  #cellsOf(values: SourceRow['values'], form: Source['form']): string {
    // JSON lines may have columns that the first of them lack.
    if (form === 'jsonl' || form === 'json')
      for (const name in values) if (!this.#columns.has(name)) this.#columns.set(name, new ColumnKinds());
    let text = '';
    for (const [name, kinds] of this.#columns) {
      const value = values[name];
      kinds.note(value);
      const json =
        value === undefined ? '' : typeof value === 'string' ? JSON.stringify(value) : stringifyExact(value);
      text += json + BETWEEN_CELLS;
    }
    return text;
  }
}

/** What kinds of values a column has. */
class ColumnKinds {
  #integers = false;
  #numbers = false;
  #booleans = false;
  #others = false;

  note(value: unknown): void {
    if (this.#others || value === undefined || value === null) return;
    if (typeof value === 'boolean') this.#booleans = true;
    else if (typeof value === 'number' || value instanceof ExactNumber) {
      if (/^-?\d+$/u.test(String(value))) this.#integers = true;
      else this.#numbers = true;
    } else this.#others = true;
  }

  /** Undefined when they are texts, lists or objects, or of several kinds. */
  get type(): ColumnType | undefined {
    if (this.#others) return undefined;
    if (this.#booleans) return this.#integers || this.#numbers ? undefined : 'boolean';
    if (this.#numbers) return 'number';
    return this.#integers ? 'integer' : undefined;
  }
}
