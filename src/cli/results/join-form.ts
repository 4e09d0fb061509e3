import type {LeftOut} from '../../lib/output/results/left-out.js';
import type {Column, TableShape} from '../../lib/output/results/table-columns.js';
import type {JobStore} from '../../lib/store/job-store.js';
import type {CreateFile} from '../../lib/workflows/poll/poll-run.js';
import type {FetchDeps} from '../../lib/workflows/results/collect-results.js';

/** The forms in which joined rows are written. */
export const JOIN_FORMATS = ['jsonl', 'csv', 'tsv', 'parquet'] as const;

export type JoinFormat = (typeof JOIN_FORMATS)[number];

export interface PrintDeps {
  readonly store: JobStore;
  readonly createFile: CreateFile;
  /** Asked only for requests that are in a bucket. */
  readonly fetchDeps: FetchDeps;
  readonly stop: AbortSignal;
}

/** What is joined, and how; the names are those of the flags. */
export interface JoinForm {
  /** A path, or `-` for stdout. */
  readonly join: string;
  /** By the ending of the path when undefined. */
  readonly format: JoinFormat | undefined;
  readonly columns: string | undefined;
  readonly thoughts: boolean;
  readonly 'parse-json': boolean;
  readonly 'no-formula-guard': boolean;
  readonly overwrite: boolean;
  /** Folder for media; they are not written into files when undefined. */
  readonly media: string | undefined;
  /** The table that the requests were made of, and its column with their keys. */
  readonly source: string | undefined;
  readonly key: string | undefined;
}

/** The columns of a table, and how it is written. */
export type TableForm = Omit<JoinForm, 'columns'> & {
  readonly format: JoinFormat;
  readonly columns: readonly Column[];
  readonly shape: TableShape;
};

/** What the answers have beside what was written, and what is to be said of that, one sentence each. */
export interface Written {
  readonly leftOut: LeftOut;
  readonly notes: readonly string[];
}
