import {open, type FileHandle} from 'node:fs/promises';
import * as zlib from 'node:zlib';
import type {AsyncBuffer, Compressors} from 'hyparquet';
import {GembatchError} from '../../../domain/errors.js';
import {columnElements, TIME_PARSERS, createValueReader} from './parquet-values.js';
import type {TableFile} from './read-csv.js';
import type {ReadOptions, Source, SourceRow} from './source.js';
import {SourceBytes} from './source-bytes.js';

/** Rows that are decoded at once; memory is that of the row group that they are in. */
const BATCH_ROWS = 4_096;

/**
 * Opens a Parquet table. Whole numbers, decimals and times keep their digits; dates and times are ISO 8601.
 *
 * @throws GembatchError FILE_INVALID when it is broken, or compressed in a way that this Node cannot undo.
 */
export async function openParquet(file: TableFile, options: ReadOptions): Promise<Source> {
  const {name, path} = file;
  const {parquetMetadataAsync, parquetReadObjects} = await import('hyparquet');
  const bytes = new SourceBytes(path, {signal: options.signal, onBytes: () => undefined});
  const metadata = await inWords(name, async () => withFile(path, (buffer) => parquetMetadataAsync(buffer)));
  const valueOf = createValueReader(metadata);
  const rowCount = Number(metadata.num_rows);
  if (rowCount === 0) throw new GembatchError('FILE_EMPTY', `${name}: has no rows.`);
  const columns = columnElements(metadata).map((element) => element.name);
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
              parsers: TIME_PARSERS,
            }),
          );
          options.onBytes((file.sizeBytes * (rowEnd - start)) / rowCount);
          yield rows.map((row, i): SourceRow => ({
            at: start + i + 1,
            values: Object.fromEntries(columns.map((column) => [column, valueOf(column, row[column])])),
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
