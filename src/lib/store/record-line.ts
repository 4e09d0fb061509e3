import type {JobRecord} from '../domain/job-record.js';
import {BATCH_SHAPE, hasType, isFields, isJobRecord, RECORD_SHAPE} from './record-shape.js';
import type {Fields, Shape} from './record-shape.js';

/** What the first version of the Python tool wrote in place of `batch`. */
const LEGACY_NAME = 'job_name';

/** The state of a job that an old record names without saying anything else of it. */
const UNKNOWN_STATE = 'JOB_STATE_UNSPECIFIED';

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

/** The object without the known fields that do not have their type, such as the nulls of other tools. */
function withoutWrongTypes(value: Fields, shape: Shape): Fields {
  const entries = Object.entries(value).map(([name, part]): [string, unknown] => {
    const type = shape.get(name)?.type;
    return [name, typeof type === 'object' && isFields(part) ? withoutWrongTypes(part, type) : part];
  });
  return Object.fromEntries(
    entries.filter(([name, part]) => {
      const type = shape.get(name)?.type;
      return type === undefined || hasType(part, type);
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
