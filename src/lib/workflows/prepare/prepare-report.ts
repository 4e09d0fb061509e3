import type {ManifestFile} from '../../domain/prepare/prepare-manifest.js';
import type {SourceForm} from '../../domain/prepare/sources/source-form.js';

/** Keys that are counted, the first ones by name. */
export interface NamedKeys {
  readonly count: number;
  readonly keys: readonly string[];
}

/** Rows whose key has a request already, with another content. */
export interface ChangedRows extends NamedKeys {
  /** Whether they are among the new requests. */
  readonly made_anew: boolean;
}

/** A request file of the folder. */
export interface PreparedFile extends ManifestFile {
  /** Whether this run made it. */
  readonly is_new: boolean;
}

/** What came of `gembatch prepare`: its `--json` object. */
export interface PrepareReport {
  readonly sources: readonly {readonly file: string; readonly form: SourceForm}[];
  /** The folder of the request files; null when there was only a preview. */
  readonly output: string | null;
  readonly rows: number;
  readonly new_requests: number;
  readonly unchanged: number;
  readonly changed: ChangedRows;
  /** Earlier requests whose rows are gone from the source. */
  readonly gone: NamedKeys;
  readonly skipped_empty: number;
  readonly files: readonly PreparedFile[];
  /** What a person should know, one sentence each. */
  readonly notes: readonly string[];
  /** The first request lines, with `--preview`. */
  readonly preview?: readonly string[];
  readonly exit_code: number;
}

/** How far it is. */
export interface PrepareProgress {
  readonly rows: number;
  readonly bytes: number;
  readonly totalBytes: number;
}
