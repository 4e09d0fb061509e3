/**
 * What the files mean, read in the plainest way: the whole file at once, each line by `JSON.parse`. Only the rules of a
 * request line are those of the shipped code.
 */
import {isUtf8} from 'node:buffer';
import type {RowCounts} from '../../../src/lib/domain/job/job-record.js';
import {judgeLine} from '../../../src/lib/domain/request/request-line.js';

type Fields = Readonly<Record<string, unknown>>;

/** One line of a job-info file. */
export interface PlainLine {
  /** Its bytes, one character each. */
  readonly text: string;
  /** Name of its batch job; null when it is no record. */
  readonly job: string | null;
  readonly merged: unknown;
  /** All members that no update of ours may touch, in the order of their names. */
  readonly foreign: string;
}

/** The lines of a job-info file. */
export function readLines(bytes: Buffer): readonly PlainLine[] {
  return linesOf(withNewlines(bytes)).map((line, index, lines) => {
    const isLast = index === lines.length - 1;
    const value = valueOf(line, true);
    const job = isFields(value) && typeof value['input_file'] === 'string' ? jobOf(value) : null;
    const text = line.toString('latin1') + (isLast ? '' : '\n');
    const fields: Fields = isFields(value) ? value : {};
    return {text, job, merged: fields['merged_at'], foreign: job === null ? '' : foreignOf(fields)};
  });
}

/** Where no line ends with a newline, a carriage return ends one. */
export function withNewlines(bytes: Buffer): Buffer {
  return bytes.includes(0x0a)
    ? bytes
    : Buffer.from(bytes.toString('latin1').replaceAll('\r', '\n'), 'latin1');
}

function jobOf({batch, job_name: jobName}: Fields): string | null {
  if (isFields(batch) && typeof batch['name'] === 'string') return batch['name'];
  return typeof jobName === 'string' ? jobName : null;
}

/** Also what a record of the first version of the Python tool is given. */
const OURS = new Set(['merged_at', 'job_name', 'batch', 'count', 'uploaded_file_name', 'name', 'state']);

function foreignOf({batch, ...fields}: Fields): string {
  const inBatch = isFields(batch) ? Object.entries(batch).filter(([name]) => !OURS.has(name)) : [];
  return [Object.entries(fields).filter(([name]) => !OURS.has(name)), inBatch]
    .map((entries) =>
      entries
        .map(([name, value]) => `${name}=${textOf(value)}`)
        .toSorted()
        .join(),
    )
    .join(';');
}

/** Like JSON, of any depth, and telling all numbers apart. */
function textOf(value: unknown): string {
  const flat: string[] = [];
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next !== 'object' || next === null)
      flat.push(Object.is(next, -0) ? '-0' : `${typeof next} ${String(next)}`);
    else {
      flat.push(Array.isArray(next) ? `[${next.length}` : `{${Object.keys(next).join()}`);
      open.push(...Object.values(next));
    }
  }
  return flat.join(' ');
}

/** What a journal knows beyond the job-info file. */
export function readJournal(
  bytes: Buffer,
  lines: readonly PlainLine[],
): {readonly unpublished: readonly string[]; readonly openIntents: readonly string[]} {
  const entries = linesOf(bytes)
    .map((line) => valueOf(line, false))
    .filter(isFields);
  const aborted = new Set<unknown>();
  const done = new Map<string, string>();
  const intents = new Set<string>();
  for (const {intent, done: attempt, record, abort} of entries) {
    if (isIntent(intent)) intents.add(String(intent['attempt']));
    else if (typeof abort === 'string') aborted.add(abort);
    else if (typeof attempt === 'string' && isFields(record) && typeof record['input_file'] === 'string') {
      const job = jobOf(record);
      if (job !== null) done.set(attempt, job);
    }
  }
  const known = new Set(lines.map(({job}) => job));
  return {
    unpublished: [...new Set(done.values())].filter((job) => !known.has(job)),
    openIntents: [...intents].filter((attempt) => !aborted.has(attempt) && !done.has(attempt)),
  };
}

function isIntent(value: unknown): value is Fields {
  if (!isFields(value)) return false;
  const texts = [
    'attempt',
    'input_file',
    'uploaded_file_name',
    'model',
    'display_name',
    'sha256',
    'intended_at',
  ];
  return (
    texts.every((name) => typeof value[name] === 'string') &&
    ['count', 'size_bytes'].every((name) => typeof value[name] === 'number')
  );
}

/** What an inspection must say of a request file: `3 requests`, or the error and its line. */
export function judgeRequests(bytes: Buffer): string {
  const keys = new Set<string>();
  let count = 0;
  for (const [index, line] of linesOf(bytes).entries()) {
    if (isBlank(line)) continue;
    count += 1;
    const value = isUtf8(line) ? valueOf(line, false) : undefined;
    const key = isFields(value) ? value['key'] : undefined;
    if (!isRequest(value) || typeof key !== 'string' || keys.has(key)) return `FILE_INVALID ${index + 1}`;
    keys.add(key);
  }
  return count === 0 ? 'FILE_EMPTY' : `${count} requests`;
}

/** The rules of a line have tests of their own; here they are asked of each line, however it was read. */
function isRequest(line: unknown): line is Fields {
  return [...judgeLine(line)].every(({severity}) => severity === 'warning');
}

/** What the rows of a result file are, for requests with these keys. */
export function judgeResults(bytes: Buffer, keys: readonly string[]): RowCounts {
  const counts = {
    ok: 0,
    error: 0,
    blocked: 0,
    truncated: 0,
    empty: 0,
    malformed: 0,
    missing: 0,
    repeated: 0,
    unknown_key: 0,
  };
  const outcomes = new Map<string, ReturnType<typeof outcomeOf>>();
  for (const line of linesOf(bytes).filter((one) => !isBlank(one))) {
    const row = isUtf8(line) ? valueOf(line, false) : undefined;
    const outcome = outcomeOf(row);
    const key = isFields(row) && typeof row['key'] === 'string' ? row['key'] : '';
    const before = outcomes.get(key);
    if (outcome === 'malformed') counts.malformed += 1;
    else if (!keys.includes(key)) counts.unknown_key += 1;
    else if (before === undefined) outcomes.set(key, outcome);
    else {
      counts.repeated += 1;
      if (outcome === 'ok') outcomes.set(key, 'ok');
    }
  }
  for (const key of keys) counts[outcomes.get(key) ?? 'missing'] += 1;
  return counts;
}

type Outcome = 'ok' | 'error' | 'blocked' | 'truncated' | 'empty' | 'malformed';

function outcomeOf(row: unknown): Outcome {
  if (!isFields(row) || typeof row['key'] !== 'string') return 'malformed';
  const {response} = row;
  if (hasError(row)) return 'error';
  if (!isFields(response)) return 'malformed';
  if (Object.hasOwn(response, 'embedding'))
    return listIn(response['embedding'], 'values').length > 0 ? 'ok' : 'empty';
  const candidates = listIn(response, 'candidates');
  if (candidates.length === 0)
    return isFilled(inside(response['promptFeedback'], 'blockReason')) ? 'blocked' : 'empty';
  return candidates.map(outcomeOfCandidate).find((outcome) => outcome !== 'ok') ?? 'ok';
}

function hasError({error, response, status, message}: Fields): boolean {
  if ((error ?? inside(response, 'error') ?? null) !== null) return true;
  const hasAnswer = ['candidates', 'embedding'].some((name) => inside(response, name) !== undefined);
  const isSuccess = isFields(status) && (status['code'] ?? 0) === 0 && !isFilled(status['message']);
  if (isFields(status) && !(hasAnswer && isSuccess)) return true;
  return (isFilled(status) && !hasAnswer) || (isFilled(message) && !isFields(response));
}

function outcomeOfCandidate(candidate: unknown): Outcome {
  const reason = inside(candidate, 'finishReason');
  if (reason === 'MAX_TOKENS' || reason === 'CONTINUATION') return 'truncated';
  if (typeof reason === 'string' && FILTERS.includes(reason)) return 'blocked';
  if (reason !== 'STOP') return 'error';
  return listIn(inside(candidate, 'content'), 'parts').some(saysSomething) ? 'ok' : 'empty';
}

const FILTERS = [
  'SAFETY',
  'RECITATION',
  'LANGUAGE',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'IMAGE_SAFETY',
];
const NOTES = ['text', 'thought', 'thoughtSignature', 'partMetadata', 'videoMetadata', 'mediaResolution'];

function saysSomething(part: unknown): boolean {
  if (!isFields(part) || part['thought'] === true) return false;
  return isFilled(part['text']) || Object.keys(part).some((name) => !NOTES.includes(name));
}

function inside(value: unknown, name: string): unknown {
  return isFields(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function listIn(value: unknown, name: string): readonly unknown[] {
  const list = inside(value, name);
  return Array.isArray(list) ? list : [];
}

function isFilled(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

/** Without their newlines; nothing after a last newline is no line. */
function linesOf(bytes: Buffer): readonly Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline === -1 ? bytes.length : newline;
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return lines;
}

function valueOf(line: Buffer, isStrict: boolean): unknown {
  if (isStrict && !isUtf8(line)) return undefined;
  const text = line.toString('utf8');
  try {
    return JSON.parse(isStrict && text.startsWith('\ufeff') ? text.slice(1) : text);
  } catch {
    return undefined;
  }
}

function isBlank(line: Buffer): boolean {
  return /^[ \t\r]*$/.test(line.toString('latin1'));
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
