import type {Range} from '../../domain/estimate/range.js';
import type {BatchJob, BatchStats} from '../../domain/job/batch-job.js';
import type {
  IncompleteResults,
  JobRecord,
  JobEstimate,
  JoinedResults,
  LeftResults,
  MergedFile,
  MissedLooks,
  JobUsage,
  PartOf,
  ResultsError,
  RowCounts,
  StoredResults,
  SubmittedObject,
} from '../../domain/job/job-record.js';

/** Any object of JSON. */
export type Fields = Readonly<Record<string, unknown>>;

/** The fields of an object that we know, by name; whatever else it holds is kept as it is. */
export type Shape = ReadonlyMap<string, Field>;

/** What stands in a field. */
export type FieldType = 'string' | 'number' | 'boolean' | 'count' | 'amount' | 'object' | Shape;

interface Field {
  readonly type: FieldType;
  /** Without it the object is not what our type says, and is left out of the record that we show. */
  readonly isRequired: boolean;
}

interface Optional {
  readonly optional: FieldType;
}

/** One entry for every field of `T`, so that a field added to the type is not forgotten here. */
type FieldsOf<T> = {readonly [K in keyof T]-?: object extends Pick<T, K> ? Optional : FieldType};

function shapeOf<T>(fields: FieldsOf<T>): Shape {
  const entries: [string, FieldType | Optional][] = Object.entries(fields);
  return new Map(
    entries.map(([name, type]) => {
      const isOptional = typeof type === 'object' && 'optional' in type;
      return [name, {type: isOptional ? type.optional : type, isRequired: !isOptional}];
    }),
  );
}

const text: Optional = {optional: 'string'};

const FILE_SHAPE = shapeOf<NonNullable<BatchJob['dest']>>({file_name: 'string'});

const ERROR_SHAPE = shapeOf<NonNullable<BatchJob['error']>>({
  message: 'string',
  code: {optional: 'number'},
});

export const BATCH_SHAPE = shapeOf<BatchJob>({
  name: 'string',
  state: 'string',
  display_name: text,
  model: text,
  create_time: text,
  start_time: text,
  update_time: text,
  end_time: text,
  src: {optional: FILE_SHAPE},
  dest: {optional: FILE_SHAPE},
  results_left: text,
  error: {optional: ERROR_SHAPE},
  stats: {
    optional: shapeOf<BatchStats>({
      request_count: 'number',
      pending_request_count: 'number',
      successful_request_count: 'number',
      failed_request_count: 'number',
    }),
  },
});

const RESULTS_ERROR_SHAPE = shapeOf<ResultsError>({
  message: 'string',
  at: 'string',
  not_found_since: text,
});

const MISSED_SHAPE = shapeOf<MissedLooks>({since: 'string', looks: 'number', given_up_at: text});

const RESULTS_SHAPE = shapeOf<StoredResults>({
  file: 'string',
  size_bytes: 'number',
  sha256: 'string',
  fetched_at: 'string',
  mtime_ms: {optional: 'number'},
  incomplete: {
    optional: shapeOf<IncompleteResults>({
      expected_rows: 'number',
      contradicts: {optional: 'boolean'},
    }),
  },
  merging: {optional: shapeOf<MergedFile>({size_bytes: 'number', sha256: 'string'})},
  rows: shapeOf<RowCounts>({
    ok: 'number',
    error: 'number',
    blocked: 'number',
    truncated: 'number',
    empty: 'number',
    not_json: {optional: 'number'},
    schema_mismatch: {optional: 'number'},
    malformed: 'number',
    missing: 'number',
    repeated: 'number',
    unknown_key: 'number',
  }),
  request_file: 'string',
});

const USAGE_SHAPE = shapeOf<JobUsage>({
  rows: 'number',
  prompt_tokens: 'count',
  cached_tokens: 'number',
  thoughts_tokens: 'number',
  output_tokens: 'count',
  tool_use_tokens: 'number',
  search_queries: 'number',
  search_prompts: 'number',
  maps_prompts: {optional: 'number'},
  by_modality: shapeOf<JobUsage['by_modality']>({input: 'object', cached: 'object', output: 'object'}),
  by_model_version: 'object',
  cost_usd: 'amount',
  prices_read_on: 'string',
  retires_at: text,
});

const RANGE_SHAPE = shapeOf<Range>({low: 'number', likely: 'number', high: 'number'});

const ESTIMATE_SHAPE = shapeOf<JobEstimate>({
  model: 'string',
  method: 'string',
  input_tokens: RANGE_SHAPE,
  output_tokens: RANGE_SHAPE,
  cost_usd: {optional: RANGE_SHAPE},
  read_on: 'string',
});

const PART_SHAPE = shapeOf<PartOf>({
  input_file: 'string',
  sha256: 'string',
  index: 'number',
  of: 'number',
  first_line: 'number',
});

const OBJECT_SHAPE = shapeOf<SubmittedObject>({generation: 'string', crc32c: text, md5: text});

const JOINED_SHAPE = shapeOf<JoinedResults>({
  file: 'string',
  size_bytes: 'number',
  from: 'string',
  sha256: text,
});

const LEFT_SHAPE = shapeOf<LeftResults>({seen_at: 'string', objects: 'number', size_bytes: 'number'});

export const RECORD_SHAPE = shapeOf<JobRecord>({
  input_file: 'string',
  count: 'count',
  uploaded_file_name: 'string',
  batch: BATCH_SHAPE,
  sha256: text,
  size_bytes: {optional: 'number'},
  object: {optional: OBJECT_SHAPE},
  attempt: text,
  submitted_at: text,
  results: {optional: RESULTS_SHAPE},
  results_left: text,
  left: {optional: LEFT_SHAPE},
  usage: {optional: USAGE_SHAPE},
  estimate: {optional: ESTIMATE_SHAPE},
  results_error: {optional: RESULTS_ERROR_SHAPE},
  remote_deleted_at: text,
  lost_at: text,
  running_seen_at: text,
  adopted_at: text,
  not_seen: {optional: MISSED_SHAPE},
  retry_of: text,
  part_of: {optional: PART_SHAPE},
  joined: {optional: JOINED_SHAPE},
  merged_at: text,
  requested_model: text,
  service_url: text,
});

/**
 * Whether a value is a job record as our type has it. Every field is spelled out where `conforms` would go through the
 * shape: that takes a fifth of the time, and 100,000 records are checked at every start.
 */
export function isJobRecord(value: unknown): value is JobRecord {
  if (!isFields(value)) return false;
  const {
    input_file: inputFile,
    count,
    uploaded_file_name: uploadedName,
    batch,
    size_bytes: sizeBytes,
  } = value;
  const {sha256, attempt, submitted_at: submitted, remote_deleted_at: deleted, lost_at: lost} = value;
  const {adopted_at: adopted, not_seen: missed, running_seen_at: running} = value;
  const {
    retry_of: retryOf,
    part_of: partOf,
    joined,
    object,
    merged_at: mergedAt,
    requested_model: requestedModel,
    service_url: serviceUrl,
    results,
    results_left: resultsLeft,
    left,
    results_error: resultsError,
    usage,
    estimate,
  } = value;
  return (
    isText(inputFile) &&
    isText(uploadedName) &&
    hasType(count, 'count') &&
    isBatchJob(batch) &&
    isOptionalText(sha256) &&
    isOptionalText(mergedAt) &&
    isOptionalText(requestedModel) &&
    isOptionalText(serviceUrl) &&
    isOptionalText(attempt) &&
    isOptionalText(submitted) &&
    isOptionalText(deleted) &&
    isOptionalText(lost) &&
    isOptionalText(adopted) &&
    isOptionalText(running) &&
    (missed === undefined || conforms(missed, MISSED_SHAPE)) &&
    isOptionalText(retryOf) &&
    (partOf === undefined || conforms(partOf, PART_SHAPE)) &&
    (joined === undefined || conforms(joined, JOINED_SHAPE)) &&
    (object === undefined || conforms(object, OBJECT_SHAPE)) &&
    (sizeBytes === undefined || typeof sizeBytes === 'number') &&
    (results === undefined || conforms(results, RESULTS_SHAPE)) &&
    isOptionalText(resultsLeft) &&
    (left === undefined || conforms(left, LEFT_SHAPE)) &&
    (usage === undefined || conforms(usage, USAGE_SHAPE)) &&
    (estimate === undefined || conforms(estimate, ESTIMATE_SHAPE)) &&
    (resultsError === undefined || conforms(resultsError, RESULTS_ERROR_SHAPE))
  );
}

function isBatchJob(value: unknown): boolean {
  if (!isFields(value)) return false;
  const {name, state, display_name: displayName, model, src, dest, error, stats} = value;
  const {results_left: resultsLeft} = value;
  const {create_time: created, start_time: started, update_time: updated, end_time: ended} = value;
  return (
    isText(name) &&
    isText(state) &&
    isOptionalText(displayName) &&
    isOptionalText(model) &&
    isOptionalText(created) &&
    isOptionalText(started) &&
    isOptionalText(updated) &&
    isOptionalText(ended) &&
    isOptionalText(resultsLeft) &&
    (src === undefined || conforms(src, FILE_SHAPE)) &&
    (dest === undefined || (isFields(dest) && isText(dest['file_name']))) &&
    (error === undefined || conforms(error, ERROR_SHAPE)) &&
    (stats === undefined || isStats(stats))
  );
}

function isStats(value: unknown): boolean {
  if (!isFields(value)) return false;
  const {request_count: all, pending_request_count: pending} = value;
  const {successful_request_count: successful, failed_request_count: failed} = value;
  return (
    typeof all === 'number' &&
    typeof pending === 'number' &&
    typeof successful === 'number' &&
    typeof failed === 'number'
  );
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

/** Whether every known field that is there has its type, and every required one is there. */
function conforms(value: unknown, shape: Shape): boolean {
  if (!isFields(value)) return false;
  for (const [name, {type, isRequired}] of shape) {
    const part = value[name];
    if (part === undefined ? isRequired : !hasType(part, type)) return false;
  }
  return true;
}

/** Whether a value may stand in a field of that type. */
export function hasType(value: unknown, type: Field['type']): boolean {
  if (type === 'count') return value === null || (Number.isSafeInteger(value) && Number(value) >= 0);
  if (type === 'amount') return value === null || typeof value === 'number';
  if (type === 'object') return isFields(value);
  return typeof type === 'string' ? typeof value === type : conforms(value, type);
}

/** Whether a value is an object of JSON, and no list. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
