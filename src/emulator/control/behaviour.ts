import {DEFAULT_MODELS, type EmulatedModel} from '../jobs/models.js';

/** When jobs move and when they are seen; for single jobs an outcome rule can say otherwise. */
export interface JobTiming {
  /** How long a job is pending, in emulated milliseconds. */
  readonly pending_ms: number;
  /** How long a job is running after that, in emulated milliseconds. */
  readonly running_ms: number;
  /** How long a new job is missing in the list of jobs, in emulated milliseconds. */
  readonly list_delay_ms: number;
  /** In how many lists of jobs a new job is missing. */
  readonly list_delay_calls: number;
  /** How long after the end of a job its result file is missing, in emulated milliseconds. */
  readonly output_delay_ms: number;
}

/** How the emulated service behaves where nothing goes wrong; all of it can be changed while it runs. */
export interface Behaviour extends JobTiming {
  readonly models: readonly EmulatedModel[];
  /** Keys that are refused; every other one is taken. */
  readonly invalid_keys: readonly string[];
  /** MIME types of request files that are refused. */
  readonly refused_mime_types: readonly string[];
  /** Whether a list without a page size is empty, as has been reported of the service. */
  readonly is_list_empty_without_page_size: boolean;
  /** Whether an upload can be asked how far it got. */
  readonly has_upload_query: boolean;
  /** Whether downloads can start in the middle of a file. */
  readonly has_ranges: boolean;
  /** Whether uploaded files are described with a wrong fingerprint. */
  readonly has_wrong_hash: boolean;
  /** Jobs that may be pending or running at once; one more is refused with 429. */
  readonly max_concurrent_jobs: number;
  /** Tokens, four bytes each, that may be pending or running for one model at once. */
  readonly max_enqueued_tokens: number;
  /**
   * What creates of the last ten emulated minutes may cost together; one more is refused with 429. At the service it is $10
   * to $200 by usage tier; whether batch jobs count there is not known, so there is no limit unless it is set.
   */
  readonly max_spend_usd: number;
  /** What a million enqueued tokens count for in that. */
  readonly usd_per_million_tokens: number;
  /** Bytes that all uploaded files together may have. */
  readonly max_storage_bytes: number;
  /** Bytes that one uploaded file may have. */
  readonly max_file_bytes: number;
  /** Whether result rows come in another order than the requests. */
  readonly is_shuffled: boolean;
  /** In how many objects Vertex AI writes the results of a job. */
  readonly vertex_shards: number;
  /** Buckets of Cloud Storage that are not there; every other one is. */
  readonly missing_buckets: readonly string[];
  /** Google Cloud projects in which Vertex AI is not switched on, as in a fresh one. */
  readonly disabled_projects: readonly string[];
}

/** The limits are those of https://ai.google.dev/gemini-api/docs/rate-limits and /files; the times are for people who watch. */
export const DEFAULT_BEHAVIOUR: Behaviour = {
  models: DEFAULT_MODELS,
  invalid_keys: ['invalid-key'],
  refused_mime_types: [],
  pending_ms: 2_000,
  running_ms: 4_000,
  list_delay_ms: 0,
  list_delay_calls: 0,
  is_list_empty_without_page_size: false,
  output_delay_ms: 0,
  has_upload_query: true,
  has_ranges: true,
  has_wrong_hash: false,
  max_concurrent_jobs: 100,
  max_enqueued_tokens: 10_000_000_000,
  max_spend_usd: 1_000_000_000,
  usd_per_million_tokens: 1,
  max_storage_bytes: 20 * 1024 ** 3,
  max_file_bytes: 2 * 1024 ** 3,
  is_shuffled: true,
  vertex_shards: 1,
  missing_buckets: [],
  disabled_projects: [],
};
