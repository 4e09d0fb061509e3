import type {JobRecord} from '../../domain/job/job-record.js';
import {membersOf} from './json-members.js';
import {BATCH_SHAPE, hasType, isFields, isJobRecord, RECORD_SHAPE} from './record-shape.js';
import type {Fields, FieldType, Shape} from './record-shape.js';

/** What other tools read; comes first in a line. */
const HEAD = ['input_file', 'count', 'uploaded_file_name', 'batch'];

/** What the first version of the Python tool wrote in place of `batch`. */
const LEGACY_NAME = 'job_name';
/** It stands there once the job is over. */
const LEGACY_STATE = 'final_state';

/** The state of a job that an old record names without saying anything else of it. */
const UNKNOWN_STATE = 'JOB_STATE_UNSPECIFIED';

/**
 * Reads the JSON value of one line as a job record, with its unknown fields. A record of the first version of the
 * Python tool, `{input_file, job_name, uploaded_file_name}` (`7shi/gemini-batch` 0.1.0), is read as a job in its `final_state`,
 * or else in the state `JOB_STATE_UNSPECIFIED`, with a count of null.
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
 * the order and, where we do not know them, the very text that they have in `previous`.
 *
 * @param previous - the JSON text of the line that this one replaces.
 */
export function formatRecord(record: JobRecord, previous = '{}'): string {
  const texts = merge(previous, record, RECORD_SHAPE);
  // An unknown count is left out rather than written as if it were known.
  if (record.count === null) texts.delete('count');
  texts.delete(LEGACY_NAME);
  const head = HEAD.flatMap((name): [string, string][] => {
    const text = texts.get(name);
    return text === undefined ? [] : [[name, text]];
  });
  return objectText(new Map([...head, ...texts]));
}

function batchOf(value: Fields): Fields | null {
  const {batch, [LEGACY_NAME]: jobName, [LEGACY_STATE]: finalState} = value;
  if (isFields(batch) && typeof batch['name'] === 'string') {
    return {state: UNKNOWN_STATE, ...withoutWrongTypes(batch, BATCH_SHAPE)};
  }
  if (typeof jobName !== 'string') return null;
  return {name: jobName, state: typeof finalState === 'string' ? finalState : UNKNOWN_STATE};
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
 * The new value over the text of the previous one, each member as text: fields in their old order, new ones behind. A
 * field of ours that is gone is gone; one that we do not know, or that is not what we know it as, keeps its text.
 */
function merge(previous: string, next: object, shape: Shape): Map<string, string> {
  const fields = new Map<string, unknown>(Object.entries(next));
  const merged = new Map<string, string>();
  for (const [name, old] of membersOf(previous)) {
    const type = shape.get(name)?.type;
    if (fields.has(name) && type !== undefined) setText(merged, name, textOf(fields.get(name), old, type));
    else if (fields.has(name) || type === undefined || !hasType(JSON.parse(old), type)) merged.set(name, old);
    fields.delete(name);
  }
  for (const [name, value] of fields) setText(merged, name, JSON.stringify(value));
  return merged;
}

function textOf(value: unknown, old: string, type: FieldType): string | undefined {
  const isMerged = typeof type === 'object' && isFields(value);
  return isMerged ? objectText(merge(old, value, type)) : JSON.stringify(value);
}

/** A value of undefined is no member. */
function setText(members: Map<string, string>, name: string, text: string | undefined): void {
  if (text !== undefined) members.set(name, text);
}

function objectText(members: ReadonlyMap<string, string>): string {
  return `{${Array.from(members, ([name, text]) => `${JSON.stringify(name)}:${text}`).join()}}`;
}
