import {isUtf8} from 'node:buffer';
import {open, type FileHandle} from 'node:fs/promises';
import * as zlib from 'node:zlib';
import type {AsyncBuffer, Compressors, FileMetaData, SchemaElement} from 'hyparquet';
import {ExactNumber} from '../../../domain/json/exact-json.js';
import {GembatchError} from '../../../domain/errors.js';
import type {TableFile} from './read-csv.js';
import type {ReadOptions, Source, SourceRow} from './source.js';
import {SourceBytes} from './source-bytes.js';

/** Rows that are decoded at once; memory is that of the row group that they are in. */
const BATCH_ROWS = 4_096;

/**
 * Opens a Parquet table. Whole numbers and decimals keep their digits; times are ISO 8601 in UTC.
 *
 * @throws GembatchError FILE_INVALID when it is broken, or compressed in a way that this Node cannot undo.
 */
export async function openParquet(file: TableFile, options: ReadOptions): Promise<Source> {
  const {name, path} = file;
  const {parquetMetadataAsync, parquetReadObjects} = await import('hyparquet');
  const bytes = new SourceBytes(path, {signal: options.signal, onBytes: () => undefined});
  const metadata = await inWords(name, async () => withFile(path, (buffer) => parquetMetadataAsync(buffer)));
  const decimals = takeDecimals(metadata);
  const rowCount = Number(metadata.num_rows);
  if (rowCount === 0) throw new GembatchError('FILE_EMPTY', `${name}: has no rows.`);
  const columns = columnsOf(metadata);
  return {
    name,
    path,
    form: 'parquet',
    notes: [],
    dialect: {},
    columns,
    sample: [],
    totalBytes: file.sizeBytes,
    batches: async function* () {
      const handle = await open(path, 'r');
      try {
        const buffer = bufferOf(handle, file.sizeBytes);
        for (let start = 0; start < rowCount; start += BATCH_ROWS) {
          options.signal.throwIfAborted();
          const rowEnd = Math.min(start + BATCH_ROWS, rowCount);
          const rows = await inWords(name, () =>
            parquetReadObjects({
              file: buffer,
              metadata,
              rowStart: start,
              rowEnd,
              utf8: false,
              compressors: COMPRESSORS,
            }),
          );
          options.onBytes((file.sizeBytes * (rowEnd - start)) / rowCount);
          yield rows.map((row, i): SourceRow => ({
            at: start + i + 1,
            values: valuesOf(row, columns, decimals),
          }));
        }
      } finally {
        await handle.close();
      }
      for await (const _ of bytes.read()); // Rows are read out of their order; the content is hashed in its own.
    },
    placeOf: (at) => `${name}, row ${at}`,
    fingerprint: () => bytes.fingerprint(),
  };
}

/** What is packed with something else than Snappy. Zstandard is in Node from 22.15 on. */
const COMPRESSORS: Compressors = {
  GZIP: (input) => zlib.gunzipSync(input),
  BROTLI: (input) => zlib.brotliDecompressSync(input),
  ...zstandard(),
};

function zstandard(): Compressors {
  const decompress: unknown = 'zstdDecompressSync' in zlib ? zlib.zstdDecompressSync : undefined;
  return typeof decompress === 'function'
    ? {ZSTD: (input) => (decompress as (input: Uint8Array) => Uint8Array)(input)}
    : {};
}

/** The columns of the table: the children of the root, each without what is in it. */
function columnsOf({schema}: FileMetaData): readonly string[] {
  const columns: string[] = [];
  let at = 1;
  const skip = (): void => {
    const children = schema[at++]?.num_children ?? 0;
    for (let i = 0; i < children; i++) skip();
  };
  while (at < schema.length) {
    columns.push(schema[at]?.name ?? '');
    skip();
  }
  return columns;
}

/**
 * The scales of the columns that are decimals. They are read as the whole numbers that they are stored as: the reader would turn
 * them into floating point.
 */
function takeDecimals({schema}: FileMetaData): ReadonlyMap<string, number> {
  const scales = new Map<string, number>();
  const [root, ...elements] = schema;
  const isFlat = elements.length === root?.num_children;
  if (!isFlat) return scales;
  for (const element of elements as SchemaElement[]) {
    if (element.converted_type !== 'DECIMAL' && element.logical_type?.type !== 'DECIMAL') continue;
    scales.set(element.name, element.scale ?? 0);
    delete element.converted_type;
    delete element.logical_type;
  }
  return scales;
}

function valuesOf(
  row: Readonly<Record<string, unknown>>,
  columns: readonly string[],
  decimals: ReadonlyMap<string, number>,
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const column of columns) {
    const scale = decimals.get(column);
    values[column] = scale === undefined ? plainValue(row[column]) : decimalOf(row[column], scale);
  }
  return values;
}

function plainValue(value: unknown): unknown {
  if (typeof value === 'bigint') return new ExactNumber(String(value));
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array)
    return isUtf8(value) ? Buffer.from(value).toString('utf8') : Buffer.from(value).toString('base64');
  if (Array.isArray(value) || ArrayBuffer.isView(value))
    return Array.from(value as unknown as ArrayLike<unknown>, plainValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plainValue(member)]));
}

function decimalOf(value: unknown, scale: number): unknown {
  if (value === null || value === undefined) return value;
  const unscaled = value instanceof Uint8Array ? bigEndian(value) : BigInt(value as number | bigint);
  const sign = unscaled < 0n ? '-' : '';
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  return new ExactNumber(scale === 0 ? sign + whole : `${sign}${whole}.${digits.slice(-scale)}`);
}

/** Two's complement. */
function bigEndian(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
}

async function withFile<T>(path: string, work: (buffer: AsyncBuffer) => Promise<T>): Promise<T> {
  const handle = await open(path, 'r');
  try {
    return await work(bufferOf(handle, (await handle.stat()).size));
  } finally {
    await handle.close();
  }
}

function bufferOf(handle: FileHandle, byteLength: number): AsyncBuffer {
  return {
    byteLength,
    slice: async (start, end = byteLength) => {
      const bytes = new Uint8Array(end - start);
      await handle.read(bytes, 0, bytes.length, start);
      return bytes.buffer;
    },
  };
}

/** The reader throws plain errors for whatever is wrong with a file. */
async function inWords<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof GembatchError || !(error instanceof Error) || 'syscall' in error) throw error;
    throw new GembatchError(
      'FILE_INVALID',
      `${name}: the Parquet file cannot be read: ${error.message}. Nothing was written.`,
      {
        cause: error,
        suggestions: ['Write it again, for example with Snappy compression, or export it as CSV.'],
      },
    );
  }
}
