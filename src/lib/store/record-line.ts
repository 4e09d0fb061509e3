import type {JobRecord} from '../domain/job-record.js';

/** The fields that we know, by type; whatever else a record holds is kept as it is. */
interface Shape {
  readonly [field: string]: 'string' | 'number' | 'count' | Shape;
}

const SHAPE = {
  input_file: 'string',
  count: 'count',
  uploaded_file_name: 'string',
  batch: {
    name: 'string',
    display_name: 'string',
    model: 'string',
    state: 'string',
    create_time: 'string',
    update_time: 'string',
    end_time: 'string',
    src: {file_name: 'string'},
    dest: {file_name: 'string'},
    error: {code: 'number', message: 'string'},
    stats: {
      request_count: 'number',
      pending_request_count: 'number',
      successful_request_count: 'number',
      failed_request_count: 'number',
    },
  },
  sha256: 'string',
  size_bytes: 'number',
  attempt: 'string',
  submitted_at: 'string',
} as const satisfies Shape;

/** Fields that an object must have for our type of it; one that lacks any is left out of the record that we show. */
const REQUIRED: ReadonlyMap<Shape, readonly string[]> = new Map<Shape, readonly string[]>([
  [SHAPE, ['input_file', 'count', 'uploaded_file_name', 'batch']],
  [SHAPE.batch, ['name', 'state']],
  [SHAPE.batch.src, ['file_name']],
  [SHAPE.batch.dest, ['file_name']],
  [SHAPE.batch.error, ['message']],
  [SHAPE.batch.stats, Object.keys(SHAPE.batch.stats)],
]);

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
  const {job_name: _, ...rest} = withoutWrongTypes(value, SHAPE);
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
  const merged = merge(isFields(previous) ? previous : {}, {...record}, {...SHAPE, job_name: 'string'});
  const {input_file, count, uploaded_file_name, batch, ...rest} = merged;
  // A count that nobody knows is left out rather than written as if it were known.
  const head = {input_file, ...(count === null ? {} : {count}), uploaded_file_name, batch};
  return JSON.stringify({...head, ...rest});
}

function batchOf(value: Fields): Fields | null {
  const {batch, job_name: jobName} = value;
  if (isFields(batch) && typeof batch['name'] === 'string') {
    return {state: UNKNOWN_STATE, ...withoutWrongTypes(batch, SHAPE.batch)};
  }
  return typeof jobName === 'string' ? {name: jobName, state: UNKNOWN_STATE} : null;
}

function isJobRecord(value: unknown): value is JobRecord {
  return conforms(value, SHAPE);
}

/** Whether every known field that is there has its type, and every required one is there. */
function conforms(value: unknown, shape: Shape): boolean {
  if (!isFields(value)) return false;
  for (const field of REQUIRED.get(shape) ?? []) {
    if (value[field] === undefined) return false;
  }
  for (const field in value) {
    const type = Object.hasOwn(shape, field) ? shape[field] : undefined;
    if (type !== undefined && !hasType(value[field], type)) return false;
  }
  return true;
}

function hasType(value: unknown, type: Shape[string]): boolean {
  if (type === 'count') return value === null || (Number.isSafeInteger(value) && Number(value) >= 0);
  return typeof type === 'string' ? typeof value === type : conforms(value, type);
}

/** The object without the known fields that do not have their type, such as the nulls of other tools. */
function withoutWrongTypes(value: Fields, shape: Shape): Fields {
  const entries = Object.entries(value).map(([field, part]): [string, unknown] => {
    const type = Object.hasOwn(shape, field) ? shape[field] : undefined;
    return [field, typeof type === 'object' && isFields(part) ? withoutWrongTypes(part, type) : part];
  });
  return Object.fromEntries(
    entries.filter(([field, part]) => {
      const type = Object.hasOwn(shape, field) ? shape[field] : undefined;
      return type === undefined || hasType(part, type);
    }),
  );
}

/**
 * The new value over the previous one: fields in their old order, new ones behind. A field of ours that is gone is
 * gone; one that we do not know, or that was null and still means nothing, stays.
 */
function merge(previous: Fields, next: Fields, shape: Shape): Fields {
  const kept = Object.entries(previous).flatMap(([field, old]): [string, unknown][] => {
    const type = Object.hasOwn(shape, field) ? shape[field] : undefined;
    if (!Object.hasOwn(next, field)) return type === undefined || old === null ? [[field, old]] : [];
    const value = next[field];
    if (typeof type === 'object' && isFields(old) && isFields(value)) {
      return [[field, merge(old, value, type)]];
    }
    return [[field, value]];
  });
  const added = Object.entries(next).filter(([field]) => !Object.hasOwn(previous, field));
  return Object.fromEntries([...kept, ...added]);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
