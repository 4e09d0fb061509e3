import type {BatchJob, BatchStats} from '../domain/batch-job.js';
import type {JobRecord, RowCounts, StoredResults} from '../domain/job-record.js';

/** The fields of an object that we know, in a form that is quick to check; whatever else it holds is kept as it is. */
type Shape = ReadonlyMap<string, Field>;

type FieldType = 'string' | 'number' | 'count' | Shape;

interface Field {
  readonly name: string;
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
    entries.map(([name, field]) => {
      const isOptional = typeof field === 'object' && 'optional' in field;
      return [name, {name, type: isOptional ? field.optional : field, isRequired: !isOptional}];
    }),
  );
}

const text: Optional = {optional: 'string'};

const BATCH_SHAPE = shapeOf<BatchJob>({
  name: 'string',
  state: 'string',
  display_name: text,
  model: text,
  create_time: text,
  update_time: text,
  end_time: text,
  src: {optional: shapeOf<NonNullable<BatchJob['src']>>({file_name: 'string'})},
  dest: {optional: shapeOf<NonNullable<BatchJob['dest']>>({file_name: 'string'})},
  error: {optional: shapeOf<NonNullable<BatchJob['error']>>({message: 'string', code: {optional: 'number'}})},
  stats: {
    optional: shapeOf<BatchStats>({
      request_count: 'number',
      pending_request_count: 'number',
      successful_request_count: 'number',
      failed_request_count: 'number',
    }),
  },
});

const RESULTS_SHAPE = shapeOf<StoredResults>({
  file: 'string',
  size_bytes: 'number',
  sha256: 'string',
  fetched_at: 'string',
  rows: shapeOf<RowCounts>({
    ok: 'number',
    error: 'number',
    blocked: 'number',
    truncated: 'number',
    empty: 'number',
    malformed: 'number',
    missing: 'number',
    repeated: 'number',
    unknown_key: 'number',
  }),
  request_file: 'string',
});

const RECORD_SHAPE = shapeOf<JobRecord>({
  input_file: 'string',
  count: 'count',
  uploaded_file_name: 'string',
  batch: BATCH_SHAPE,
  sha256: text,
  size_bytes: {optional: 'number'},
  attempt: text,
  submitted_at: text,
  results: {optional: RESULTS_SHAPE},
  results_error: {
    optional: shapeOf<NonNullable<JobRecord['results_error']>>({message: 'string', at: 'string'}),
  },
  remote_deleted_at: text,
  lost_at: text,
  retry_of: text,
});

/** What the first version of the Python tool wrote in place of `batch`. */
const LEGACY_NAME = 'job_name';

/** The state of a job that an old record names without saying anything else of it. */
const UNKNOWN_STATE = 'JOB_STATE_UNSPECIFIED';

type Fields = Record<string, unknown>;

/**
 * Reads the JSON value of one line as a job record, with its unknown fields. A record of the first version of the
 * Python tool, `{input_file, job_name, uploaded_file_name}` (`7shi/gemini-batch` 0.1.0), is read as a job in the state
 * `JOB_STATE_UNSPECIFIED` with a count of null.
 *
 * @returns the record, or in words why it is none.
 */
export function parseRecord(value: unknown): JobRecord | string {
  if (isJobRecord(value)) return value;
  if (!isFields(value)) return 'it is not a JSON object';
  if (typeof value['input_file'] !== 'string') return 'it has no input_file';
  const batch = batchOf(value);
  if (batch === null) return 'it names no batch job';
  const {[LEGACY_NAME]: _, ...rest} = withoutWrongTypes(value, RECORD_SHAPE);
  const record = {count: null, uploaded_file_name: '', ...rest, batch};
  return isJobRecord(record) ? record : 'it is not a job record';
}

/**
 * Writes a record as one line, without the newline: the four keys that other tools read come first, all others keep
 * the order and, where we do not know them, the values of `previous`.
 *
 * @param previous - the JSON value of the line that this one replaces.
 */
export function formatRecord(record: JobRecord, previous: unknown = {}): string {
  const {[LEGACY_NAME]: _, ...known} = isFields(previous) ? previous : {};
  const merged = merge(known, {...record}, RECORD_SHAPE);
  const {input_file, count, uploaded_file_name, batch, ...rest} = merged;
  // A count that nobody knows is left out rather than written as if it were known.
  const head = {input_file, ...(count === null ? {} : {count}), uploaded_file_name, batch};
  return JSON.stringify({...head, ...rest});
}

function batchOf(value: Fields): Fields | null {
  const {batch, [LEGACY_NAME]: jobName} = value;
  if (isFields(batch) && typeof batch['name'] === 'string') {
    return {state: UNKNOWN_STATE, ...withoutWrongTypes(batch, BATCH_SHAPE)};
  }
  return typeof jobName === 'string' ? {name: jobName, state: UNKNOWN_STATE} : null;
}

function isJobRecord(value: unknown): value is JobRecord {
  return conforms(value, RECORD_SHAPE);
}

/** Whether every known field that is there has its type, and every required one is there. */
function conforms(value: unknown, shape: Shape): boolean {
  if (!isFields(value)) return false;
  for (const {name, type, isRequired} of shape.values()) {
    const part = value[name];
    if (part === undefined ? isRequired : !hasType(part, type)) return false;
  }
  return true;
}

function hasType(value: unknown, type: Field['type']): boolean {
  if (type === 'count') return value === null || (Number.isSafeInteger(value) && Number(value) >= 0);
  return typeof type === 'string' ? typeof value === type : conforms(value, type);
}

/** The object without the known fields that do not have their type, such as the nulls of other tools. */
function withoutWrongTypes(value: Fields, shape: Shape): Fields {
  const entries = Object.entries(value).map(([name, part]): [string, unknown] => {
    const type = shape.get(name)?.type;
    return [name, typeof type === 'object' && isFields(part) ? withoutWrongTypes(part, type) : part];
  });
  return Object.fromEntries(
    entries.filter(([name, part]) => {
      const field = shape.get(name);
      return field === undefined || hasType(part, field.type);
    }),
  );
}

/**
 * The new value over the previous one: fields in their old order, new ones behind. A field of ours that is gone is
 * gone; one that the change was never shown, because we do not know it or it is not what we know it as, stays.
 */
function merge(previous: Fields, next: Fields, shape: Shape): Fields {
  const kept = Object.entries(previous).flatMap(([name, old]): [string, unknown][] => {
    const type = shape.get(name)?.type;
    if (!Object.hasOwn(next, name)) return type === undefined || !hasType(old, type) ? [[name, old]] : [];
    const value = next[name];
    if (typeof type === 'object' && isFields(old) && isFields(value))
      return [[name, merge(old, value, type)]];
    return [[name, value]];
  });
  const added = Object.entries(next).filter(([name]) => !Object.hasOwn(previous, name));
  return Object.fromEntries([...kept, ...added]);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
