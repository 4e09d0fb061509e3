import {foreignLine} from '../../request/findings/request-mistakes.js';
import {isObject} from '../../json/json-object.js';
import {endingOf, isTextFile, mediaTypeOf} from './media-type.js';

/** What requests can be prepared from. */
export const SOURCE_FORMS = [
  'csv',
  'tsv',
  'jsonl',
  'json',
  'parquet',
  'files',
  'openai',
  'requests',
] as const;

/**
 * `csv`, `tsv`, `jsonl`, `json` (a list) and `parquet` are tables; `files`: one request for each file; `openai`: lines of
 * OpenAI's batches; `requests`: bare GenerateContentRequest lines.
 */
export type SourceForm = (typeof SOURCE_FORMS)[number];

const FORM_OF_ENDING: Readonly<Partial<Record<string, SourceForm>>> = {
  csv: 'csv',
  tsv: 'tsv',
  tab: 'tsv',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  parquet: 'parquet',
};

/** What a source is by its name and its first bytes; undefined when unclear. */
export function recogniseForm(name: string, head: Uint8Array): SourceForm | undefined {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.length);
  if (bytes.subarray(0, 4).toString('latin1') === 'PAR1') return 'parquet';
  const ending = endingOf(name);
  const form = FORM_OF_ENDING[ending];
  if (form !== undefined && form !== 'jsonl') return form;
  if (isTextFile(name) || mediaTypeOf(name) !== undefined) return 'files';
  const start = bytes.toString('utf8').replace(/^\uFEFF?\s*/u, '');
  if (start.startsWith('[')) return 'json';
  if (form === 'jsonl' || start.startsWith('{')) return formOfLine(firstLine(start));
  return undefined;
}

/** What lines of JSON are, by the first one. */
export function formOfLine(line: unknown): 'jsonl' | 'openai' | 'requests' {
  if (!isObject(line)) return 'jsonl';
  if ('custom_id' in line && 'body' in line) return 'openai';
  return 'contents' in line && Array.isArray(line['contents']) ? 'requests' : 'jsonl';
}

/** What a line is that needs no preparing, or is made for another service, as the end of "is …". */
export function unpreparableLine(line: unknown): string | undefined {
  if (!isObject(line)) return undefined;
  if (isObject(line['request']) && 'key' in line) return 'a request already; submit the file as it is';
  return 'custom_id' in line && 'params' in line ? foreignLine(line) : undefined;
}

function firstLine(text: string): unknown {
  try {
    return JSON.parse(/^[^\r\n]*/u.exec(text)?.[0] ?? '');
  } catch {
    return undefined; // Cut, or no JSON: reading the lines will say where.
  }
}
