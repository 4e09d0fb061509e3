import type {SourceForm} from '../../../domain/prepare/sources/source-form.js';

/** One row of a table, one line of a file, or one file of a folder. */
export interface SourceRow {
  /** Line, element or row from 1; for files their number in the order of their names. */
  readonly at: number;
  /** The variables of the prompt, by name. */
  readonly values: Readonly<Record<string, unknown>>;
  /** The part that a file is which is no text, as JSON text. */
  readonly media?: string;
}

/** Something that requests are prepared from. */
export interface Source {
  /** As it was named. */
  readonly name: string;
  /** Absolute path of the table; of the folder that files are named from. */
  readonly path: string;
  readonly form: SourceForm;
  /** What a person should know about how it is read, one sentence each. */
  readonly notes: readonly string[];
  /** How it has to be read again, for the prepare manifest. */
  readonly dialect: {readonly encoding?: string; readonly delimiter?: string};
  /** The names of all columns that are known before the rows are read, in their order. */
  readonly columns: readonly string[];
  /** The first rows, by which a path such as `user.name` is checked. */
  readonly sample: readonly SourceRow[];
  readonly totalBytes: number;
  /** The rows in their order, some at a time. Once. */
  readonly batches: () => AsyncGenerator<readonly SourceRow[]>;
  /** How messages call a row: `reviews.csv:17`. */
  readonly placeOf: (at: number) => string;
  /** What was read, once all of it was. */
  readonly fingerprint: () => SourceFingerprint;
}

/** The content of a source. */
export interface SourceFingerprint {
  readonly size_bytes: number;
  /** Of the bytes; for files, of their names and contents. */
  readonly sha256: string;
}

/** How sources are read. */
export interface ReadOptions {
  readonly cwd: string;
  /** The form; recognised when undefined. */
  readonly from: SourceForm | undefined;
  /** The encoding of texts; recognised when undefined. */
  readonly encoding: string | undefined;
  readonly signal: AbortSignal;
  /** Takes how many more bytes were read. */
  readonly onBytes: (bytes: number) => void;
}
