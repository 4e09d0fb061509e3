import type {Range} from '../estimate/range.js';
import type {Usage} from '../price/usage.js';
import type {BatchJob} from './batch-job.js';

/**
 * What gembatch knows about one batch job: one line of the job-info file.
 *
 * The first four keys, in this order, are those of the Python tool `gembatch` 0.3 (repository `7shi/gemini-batch`,
 * `gembatch/batch_info.py`), so that each program reads the other's file.
 */
export interface JobRecord {
  /**
   * Path of the request file relative to the folder of the job-info file, with `/` separators; absolute when it is
   * outside that folder. Of an object that was in a bucket already, its address `gs://bucket/object`.
   */
  readonly input_file: string;
  /** Non-empty lines of the request file; null where nobody has counted them. */
  readonly count: number | null;
  /**
   * Resource name of the uploaded request file, `files/<id>`; empty when not recorded. The same as `input_file` for an object
   * that was in a bucket already.
   */
  readonly uploaded_file_name: string;
  readonly batch: BatchJob;
  /**
   * Fingerprint of the request file when it was submitted: SHA-256 of its bytes, 64 lower-case hex digits. Of an object in a
   * bucket, SHA-256 of what Cloud Storage says of it; see `objectFingerprint`.
   */
  readonly sha256?: string;
  readonly size_bytes?: number;
  /** Of an object that was in a bucket already: what was submitted of it. */
  readonly object?: SubmittedObject;
  /** Token of the create that made the job, as in its display name. */
  readonly attempt?: string;
  /** When the create was answered, ISO 8601 UTC. */
  readonly submitted_at?: string;
  /** Resource name of the model as the create named it, where the service answered with another: it was an alias. */
  readonly requested_model?: string;
  /** What it was estimated at when it was submitted. */
  readonly estimate?: JobEstimate;
  /** Address of the service that the job was made at, where that is not Google's: an emulator or a stand-in. */
  readonly service_url?: string;
  /** Absent until the results are on disk, complete and counted. */
  readonly results?: StoredResults;
  /**
   * The folder in Cloud Storage, `gs://…/`, that the job writes into and in which its results stay: they are not fetched unless
   * somebody asks for that, and nothing ever deletes them.
   */
  readonly results_left?: string;
  /** The results in that folder, once the job was over and they were found there. */
  readonly left?: LeftResults;
  /** What the answers used and cost; absent until the results are on disk. */
  readonly usage?: JobUsage;
  /** Why the results could not be fetched the last time. */
  readonly results_error?: ResultsError;
  /** When the service's copy of the request file and the job were deleted, ISO 8601 UTC. */
  readonly remote_deleted_at?: string;
  /** When the service said that it has no such job (any more), ISO 8601 UTC. */
  readonly lost_at?: string;
  /** Looks at the service that did not find the job. Nothing follows from a few of them. */
  readonly not_seen?: MissedLooks;
  /** When a look at the service first found the job running, ISO 8601 UTC: it began then or shortly before. */
  readonly running_seen_at?: string;
  /**
   * When the job was found at the service and recorded without a create of this job-info file, ISO 8601 UTC. It may be a
   * colleague's: only a cleanup that names it deletes anything of it.
   */
  readonly adopted_at?: string;
  /** Resource name of the batch job whose bad rows, or whose whole work, this one submits again. */
  readonly retry_of?: string;
  /** Of which request file this is a part, when that was too large for one batch job. */
  readonly part_of?: PartOf;
  /** Where the results of all parts are one file; in the record of the first part. */
  readonly joined?: JoinedResults;
  /** When the answers of this retry were merged into the results of the job that it retries, ISO 8601 UTC. */
  readonly merged_at?: string;
}

/** The content of an object in Cloud Storage when it was submitted. */
export interface SubmittedObject {
  /** Another one with every content that is written, in digits. */
  readonly generation: string;
  /** Base64 of the four bytes. */
  readonly crc32c?: string;
  /** Base64; objects that are composed of others have none. */
  readonly md5?: string;
}

/** Results that stay in Cloud Storage, as its list of them has it. */
export interface LeftResults {
  /** When they were found there, ISO 8601 UTC. */
  readonly seen_at: string;
  readonly objects: number;
  readonly size_bytes: number;
}

/** Why results could not be fetched. Times are ISO 8601 UTC. */
export interface ResultsError {
  readonly message: string;
  readonly at: string;
  /** Since when the service has said each time that it does not have them. */
  readonly not_found_since?: string;
}

/** The place of a part in the request file that was split. */
export interface PartOf {
  /** The whole file, as `input_file` spells it. */
  readonly input_file: string;
  /** Fingerprint of the whole file when it was split: SHA-256 of its bytes, 64 lower-case hex digits. */
  readonly sha256: string;
  /** From 1. */
  readonly index: number;
  readonly of: number;
  /** The line of the whole file that the part begins with, from 1. */
  readonly first_line: number;
}

/** The results of the parts of a request file as one file. */
export interface JoinedResults {
  /** Spelled like `input_file`. */
  readonly file: string;
  readonly size_bytes: number;
  /** SHA-256 of the fingerprints of the result files that it was made from, in their order. */
  readonly from: string;
  /** SHA-256 of the file, 64 lower-case hex digits; earlier versions did not write it. */
  readonly sha256?: string;
}

/** Looks at the service, by name and in its whole list, that did not find a job. Times are ISO 8601 UTC. */
export interface MissedLooks {
  /** The first of them. */
  readonly since: string;
  readonly looks: number;
  /** When there were enough of them, over enough time, to stop waiting for the job. */
  readonly given_up_at?: string;
}

/**
 * What is durable in the journal before a create is sent: enough to find the job again, and to record it, when the
 * answer never comes.
 */
export interface Intent {
  /** Token of this one create: lower-case letters and digits, unique for ever. */
  readonly attempt: string;
  readonly input_file: string;
  /** As in the record. */
  readonly count: number | null;
  readonly uploaded_file_name: string;
  readonly model: string;
  /** Exactly what the create sends; it contains the attempt and the head of the fingerprint. */
  readonly display_name: string;
  readonly sha256: string;
  readonly size_bytes: number;
  /** As in the record. */
  readonly object?: SubmittedObject;
  /** When the intent was written, ISO 8601 UTC. */
  readonly intended_at: string;
  /** As in the record. */
  readonly service_url?: string;
  /** As `BatchService.location`: the jobs of another project or location say nothing of this create. */
  readonly service_location?: string;
  /** The batch job whose work, or bad rows, this create submits again. */
  readonly retry_of?: string;
  readonly part_of?: PartOf;
  readonly estimate?: JobEstimate;
  /** As in the record. */
  readonly results_left?: string;
}

/** What a request file was estimated at. Tokens and USD are low, likely and high. */
export interface JobEstimate {
  /** Without `models/`. */
  readonly model: string;
  /** How the tokens were found: `history`, `count_tokens` or `offline`. */
  readonly method: string;
  readonly input_tokens: Range;
  readonly output_tokens: Range;
  /** Absent when the price was not known, or only the service could tell the size of a part. */
  readonly cost_usd?: Range;
  /** When the prices were read, as `2026-11-27`. */
  readonly read_on: string;
}

/** What the answers of a batch job used, summed over its result rows. */
export interface JobUsage extends Usage {
  /** Rows that hold an answer. */
  readonly rows: number;
  /** Rows and cost by the model that answered, as the service calls it. */
  readonly by_model_version: Readonly<
    Record<string, {readonly rows: number; readonly cost_usd: number | null}>
  >;
  /** By the prices of the day on which the job ended; null when they are not all known. */
  readonly cost_usd: number | null;
  /** When the prices were read, as `2026-11-27`. */
  readonly prices_read_on: string;
  /** When the service ends the model, as the rows say: `modelStatus.retirementTime`. */
  readonly retires_at?: string;
}

/** Where the verified results of a batch job are, and what became of its requests; part of the job record. */
export interface StoredResults {
  /** Path of the result file, spelled like `input_file`. */
  readonly file: string;
  readonly size_bytes: number;
  /** SHA-256 of the result file as it was fetched, 64 lower-case hex digits. */
  readonly sha256: string;
  /** When it was made durable, ISO 8601 UTC. */
  readonly fetched_at: string;
  /** Time of the last change of the file, as it was when it last had this hash; in milliseconds since the epoch. */
  readonly mtime_ms?: number;
  /** What the file is, or is about to be replaced by, while answers of a retry are merged into it. */
  readonly merging?: MergedFile;
  readonly rows: RowCounts;
  /** Present when the service sent other rows than the job itself counts, or lines that are none, the same each time. */
  readonly incomplete?: IncompleteResults;
  /** Whether the keys could be matched: with the request file as submitted, or why not. One in a bucket is not read. */
  readonly request_file: 'matched' | 'changed' | 'missing' | 'not_read';
}

/** A result file with other rows than there should be, or with lines that are none. */
export interface IncompleteResults {
  /** Rows by the counts of the job; 0 when it counts nothing. */
  readonly expected_rows: number;
  /**
   * Present when there were more rows than that, or another share of them had failed than the job counts, or some lines were
   * no rows; until answers of a retry are merged.
   */
  readonly contradicts?: boolean;
}

/** A result file with merged answers whose rows are not counted yet. */
export interface MergedFile {
  readonly size_bytes: number;
  readonly sha256: string;
}

/**
 * Every request and every result row of a batch job, each counted once:
 *
 * - requests = ok + error + blocked + truncated + empty + not_json + schema_mismatch + missing
 * - rows = ok + error + blocked + truncated + empty + not_json + schema_mismatch + malformed + repeated + unknown_key,
 *   and those that say again what another row of their key says
 */
export interface RowCounts {
  readonly ok: number;
  /** The row holds an error in place of a response. */
  readonly error: number;
  /** The prompt or the answer was blocked. */
  readonly blocked: number;
  /** The answer ends at the output limit (`MAX_TOKENS`). */
  readonly truncated: number;
  /** A response without any content. */
  readonly empty: number;
  /** The request asks for JSON, and the answer is none. Absent where answers were not checked. */
  readonly not_json?: number;
  /** The answer is JSON that does not fit the schema of the request. Absent where answers were not checked. */
  readonly schema_mismatch?: number;
  /** Not JSON, or neither response nor error. */
  readonly malformed: number;
  /** No row answers the request. */
  readonly missing: number;
  readonly repeated: number;
  readonly unknown_key: number;
}
