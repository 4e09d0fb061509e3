import {GembatchError} from '../../../domain/errors.js';
import {parseExact} from '../../../domain/json/exact-json.js';
import {findJsonFault} from '../../../domain/json/json-fault.js';
import {isObject} from '../../../domain/json/json-object.js';
import {isBlank, LineSplitter, type LineSink} from '../../../domain/json/line-splitter.js';
import {JsonListSplitter} from '../../../domain/prepare/sources/json-list-splitter.js';
import {unpreparableLine, type SourceForm} from '../../../domain/prepare/sources/source-form.js';
import {recogniseEncoding} from '../../../domain/prepare/sources/text-encoding.js';
import type {TableFile} from './read-csv.js';
import type {ReadOptions, Source, SourceRow} from './source.js';
import {asUtf8, checkEncoding, SourceBytes} from './source-bytes.js';

/** Rows by which the columns are known. */
const SAMPLE_ROWS = 2_000;

/** Cuts bytes into the texts of values. */
interface Splitter {
  push(chunk: Uint8Array): void;
  finish(): void;
}

/**
 * Opens lines of JSON or a JSON list: the columns are those of its first rows.
 *
 * @throws GembatchError FILE_INVALID with line or element, FILE_EMPTY.
 */
export async function openJson(
  file: TableFile,
  form: Exclude<SourceForm, 'csv' | 'tsv' | 'parquet' | 'files'>,
  options: ReadOptions,
): Promise<Source> {
  const {name, path} = file;
  const recognised = recogniseEncoding(file.head);
  const encoding = options.encoding?.toLowerCase() ?? recognised.name;
  await checkEncoding(encoding);
  const bytes = new SourceBytes(path, options);
  const placeOf = (at: number): string => (form === 'json' ? `${name}, element ${at}` : `${name}:${at}`);
  const batches = batchesOf(asUtf8(bytes.read(), {name, encoding}), {name, form, placeOf});
  const first: SourceRow[] = [];
  while (first.length < SAMPLE_ROWS) {
    const next = await batches.next();
    if (next.done === true) break;
    first.push(...next.value);
  }
  if (first.length === 0) throw new GembatchError('FILE_EMPTY', `${name}: has no rows.`);
  return {
    name,
    path,
    form,
    notes:
      encoding === 'utf-8' || options.encoding !== undefined
        ? []
        : [`${name} is not UTF-8; read as ${encoding}.`],
    dialect: {encoding},
    columns: [...new Set(first.flatMap(({values}) => Object.keys(values)))],
    sample: first.slice(0, SAMPLE_ROWS),
    totalBytes: file.sizeBytes,
    batches: async function* () {
      yield first;
      yield* batches;
    },
    placeOf,
    fingerprint: () => bytes.fingerprint(),
  };
}

interface Reading {
  readonly name: string;
  readonly form: SourceForm;
  readonly placeOf: (at: number) => string;
}

/** The rows that end in each chunk. */
async function* batchesOf(
  chunks: AsyncIterable<Buffer>,
  reading: Reading,
): AsyncGenerator<readonly SourceRow[]> {
  let batch: SourceRow[] = [];
  let at = 0;
  const take: LineSink = (bytes, start, end) => {
    at++;
    const isFirst = at === 1;
    const from = isFirst && bytes[start] === 0xef && bytes[start + 1] === 0xbb ? start + 3 : start;
    if (isBlank(bytes, from, end)) return;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + from, end - from).toString('utf8');
    batch.push({at, values: valuesOf(text, reading.placeOf(at))});
  };
  const splitter: Splitter = reading.form === 'json' ? new JsonListSplitter(take) : new LineSplitter(take);
  for await (const chunk of chunks) {
    inListWords(reading.name, () => splitter.push(chunk));
    if (batch.length > 0) yield batch;
    batch = [];
  }
  inListWords(reading.name, () => splitter.finish());
  if (batch.length > 0) yield batch;
}

function valuesOf(text: string, place: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = parseExact(text);
  } catch {
    const {reason} = findJsonFault(text);
    throw new GembatchError('FILE_INVALID', `${place}: not JSON: ${reason}. Nothing was written.`);
  }
  if (!isObject(value)) {
    throw new GembatchError('FILE_INVALID', `${place}: the row is not a JSON object. Nothing was written.`, {
      suggestions: ['Write each row as an object with the names of its columns: {"text": "…"}'],
    });
  }
  const foreign = unpreparableLine(value);
  if (foreign !== undefined) throw new GembatchError('FILE_INVALID', `${place}: is ${foreign}.`);
  return value;
}

function inListWords(name: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new GembatchError('FILE_INVALID', `${name}: ${error.message}. Nothing was written.`, {
      cause: error,
    });
  }
}
