import type {GembatchError} from '../../../domain/errors.js';
import {RawJson} from '../../../domain/json/raw-json.js';
import {freeName} from '../../../domain/text/free-name.js';
import type {JoinedRow} from '../join-results.js';
import type {NewestRequests} from './newest-requests.js';
import type {ColumnType, SourceRows} from './source-rows.js';

/** What some request files were made of. */
export interface RequestOrigin {
  /** Absolute paths of the request files. */
  readonly paths: ReadonlySet<string>;
  /** The sources as a person knows them. */
  readonly files: readonly string[];
  /** Absolute paths of the sources that were read. */
  readonly sourcePaths?: readonly string[];
  /** The column that the keys are from. */
  readonly keyColumn: string | undefined;
  /** Absent when there are none, or they cannot be read. */
  readonly rows?: SourceRows;
  /** Whether the source is another than when it was prepared. */
  readonly isChanged: boolean;
  /** Why it cannot be read. */
  readonly error?: GembatchError;
  readonly newest?: NewestRequests;
}

/** Keys that are counted, the first ones by name. */
export interface CountedKeys {
  readonly count: number;
  readonly keys: readonly string[];
}

/** What became of the rows of a source; an element of `joined.sources` in the `--json` object. */
export interface JoinedSource {
  readonly files: readonly string[];
  readonly is_changed: boolean;
  /** Requests of which the source has no row any more. Their columns are empty, but for the key. */
  readonly gone: CountedKeys;
  /** Requests whose row makes another request now. Their columns are empty, but for the key. */
  readonly changed: CountedKeys;
  /** Requests that were left out, because a newer one asks for the same row. */
  readonly replaced: number;
  /** Why its columns are missing. */
  readonly error?: string;
}

/** Keys that are named beside their count. */
const MAX_KEYS_NAMED = 5;
const NONE: ReadonlyMap<string, RawJson> = new Map();

/** Puts beside each request the row of the source that it was made of. */
export class RowSources {
  /** The columns of all sources, in their order. */
  readonly columns: ReadonlyMap<string, ColumnType | undefined>;
  readonly #origins: readonly RequestOrigin[];
  #counters: readonly OriginCounter[] = [];
  readonly #byPath = new Map<string, OriginCounter>();

  constructor(origins: readonly RequestOrigin[]) {
    const columns = new Map<string, ColumnType | undefined>();
    for (const {rows} of origins) {
      for (const [name, type] of rows?.columns ?? []) {
        columns.set(name, !columns.has(name) || columns.get(name) === type ? type : undefined);
      }
    }
    this.columns = columns;
    this.#origins = origins;
    this.startCount();
  }

  /** Forgets what became of the rows so far: all will be completed, maybe once more. */
  startCount(): void {
    this.#counters = this.#origins.map((origin) => new OriginCounter(origin));
    for (const counter of this.#counters) {
      for (const path of counter.origin.paths) this.#byPath.set(path, counter);
    }
  }

  /** Whether a column of every source is the key, under this name. */
  hasKeyAs(name: string): boolean {
    return (
      this.columns.has(name) &&
      this.#origins.every(({rows, keyColumn}) => rows !== undefined && keyColumn === name)
    );
  }

  /** Whether this is one of the sources. */
  isSource(path: string): boolean {
    return this.#origins.some(({sourcePaths}) => sourcePaths?.includes(path) === true);
  }

  /** How a column that stands beside the request is called, next to those of the source. */
  nameBeside(name: string): string {
    return freeName(name, this.columns);
  }

  /**
   * The row with the columns of its source before its own.
   *
   * @param path - of its request file.
   * @returns undefined when a newer request stands for it.
   */
  complete<R extends JoinedRow>(row: R, path: string): R | undefined {
    const counter = this.#byPath.get(path);
    if (counter?.isReplaced(row, path) === true) return undefined;
    if (this.columns.size === 0) return row;
    const values = counter?.valuesOf(row) ?? NONE;
    if (values.size === 0 && row.columns.size === 0) return row;
    const own = [...row.columns].map(([name, value]) => [this.nameBeside(name), value] as const);
    return {...row, columns: new Map([...values, ...own])};
  }

  /** What became of each source, once all rows were completed. */
  get report(): readonly JoinedSource[] {
    return this.#counters.map((counter) => counter.report);
  }

  close(): void {
    for (const rows of new Set(this.#origins.map((origin) => origin.rows))) rows?.close();
  }
}

class OriginCounter {
  #gone = {count: 0, keys: [] as string[]};
  #changed = {count: 0, keys: [] as string[]};
  #replaced = 0;

  constructor(readonly origin: RequestOrigin) {}

  isReplaced({key}: JoinedRow, path: string): boolean {
    if (key === null || this.origin.newest?.isReplaced(path, key) !== true) return false;
    this.#replaced++;
    return true;
  }

  valuesOf({key, request}: JoinedRow): ReadonlyMap<string, RawJson> {
    const {rows, keyColumn} = this.origin;
    if (rows === undefined) return NONE;
    const found = key === null ? 'gone' : rows.find(key, request);
    if (found === 'gone') note(this.#gone, key);
    else if (found === 'changed') note(this.#changed, key);
    else return found;
    if (key === null || keyColumn === undefined) return NONE;
    // What the row was called is known, and nothing else of it.
    const isNumber = rows.columns.get(keyColumn) !== undefined;
    return new Map([[keyColumn, new RawJson(isNumber ? key : JSON.stringify(key))]]);
  }

  get report(): JoinedSource {
    const {files, isChanged, error} = this.origin;
    return {
      files,
      is_changed: isChanged,
      gone: this.#gone,
      changed: this.#changed,
      replaced: this.#replaced,
      ...(error === undefined ? {} : {error: error.message.replace(/ Nothing was written\.$/u, '')}),
    };
  }
}

function note(counted: {count: number; keys: string[]}, key: string | null): void {
  counted.count++;
  if (counted.keys.length < MAX_KEYS_NAMED && key !== null) counted.keys.push(key);
}
