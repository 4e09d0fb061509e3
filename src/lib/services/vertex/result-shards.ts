import {GembatchError} from '../../domain/errors.js';
import {isBlank, LineSplitter} from '../../domain/json/line-splitter.js';
import type {CallOptions, DownloadOptions, ResultsSize} from '../batch-service.js';
import {malformedReplyError} from '../http/service-error.js';
import type {CloudStorage} from './cloud-storage.js';
import {parseAddress, shardKind, type ObjectAddress} from './object-address.js';
import {geminiRow} from './result-rows.js';
import type {StorageObject} from './vertex-reply.js';

/** Rows are handed on together, in pieces of about this many bytes. */
const PIECE_BYTES = 256 * 1024;

/** Lines that are longer are passed on as they are, uncut, and are never held. */
const MAX_LINE_BYTES = 256 * 1024 * 1024;

/** The results of batch jobs: objects below a folder, read as one file in the form of the Gemini API. */
export class ResultShards {
  readonly #storage: CloudStorage;

  constructor(storage: CloudStorage) {
    this.#storage = storage;
  }

  /** Whether there is any result below a folder. @param folder - `gs://…/` */
  async hasAny(folder: string, options: CallOptions = {}): Promise<boolean> {
    return (await this.#shards(folder, options)).some(({sizeBytes}) => sizeBytes !== 0);
  }

  /**
   * How much there is below a folder, by the list of it.
   *
   * @param folder - `gs://…/`
   * @throws GembatchError `NOT_FOUND` when there is nothing; `SERVICE` when some are missing.
   */
  async size(folder: string, options: CallOptions = {}): Promise<ResultsSize> {
    const shards = await this.#shards(folder, options);
    if (shards.length === 0) throw noResults(folder);
    const sizeBytes = shards.reduce((sum, shard) => sum + (shard.sizeBytes ?? 0), 0);
    return {objects: shards.length, sizeBytes};
  }

  /**
   * The rows of all objects with results, each once and in the order of the objects' names.
   *
   * @param folder - `gs://…/`
   * @throws GembatchError `NOT_FOUND` when there is none; `SERVICE` when some are missing.
   */
  async *read(folder: string, options: DownloadOptions = {}): AsyncGenerator<Buffer, void, undefined> {
    const {fromByte = 0, maxBytes = Infinity} = options;
    const shards = await this.#shards(folder, options);
    if (shards.length === 0) throw noResults(folder);
    let skipBytes = fromByte;
    let readBytes = 0;
    for (const shard of shards) {
      for await (const rows of this.#rowsOf(folder, shard, options)) {
        readBytes += rows.length;
        if (readBytes > maxBytes)
          throw malformedReplyError(`download of ${folder}`, `it has more than ${maxBytes} bytes`);
        const fresh = rows.subarray(Math.min(skipBytes, rows.length));
        skipBytes -= rows.length - fresh.length;
        if (fresh.length > 0) yield fresh;
      }
    }
  }

  /** Deletes what a job has written below a folder, and nothing else that may be there. */
  async delete(folder: string, options: CallOptions = {}): Promise<void> {
    const address = parseAddress(folder);
    for await (const page of this.#storage.list(address, options)) {
      for (const object of page) {
        if (shardKind(object.name) === undefined || !isOfJob(address, object.name)) continue;
        await this.#storage.delete({...address, object: object.name}, object, options);
      }
    }
  }

  /** Objects with results; those that were written on the way count only where there are no others. */
  async #shards(folder: string, options: CallOptions): Promise<readonly StorageObject[]> {
    const address = parseAddress(folder);
    const final: StorageObject[] = [];
    const incremental: StorageObject[] = [];
    for await (const page of this.#storage.list(address, options)) {
      for (const object of page.filter(({name}) => isOfJob(address, name))) {
        const kind = shardKind(object.name);
        if (kind === 'final') final.push(object);
        else if (kind === 'incremental') incremental.push(object);
      }
    }
    checkComplete(folder, final);
    return final.length > 0 ? final : incremental;
  }

  async *#rowsOf(
    folder: string,
    shard: StorageObject,
    {signal, onWait}: CallOptions,
  ): AsyncGenerator<Buffer> {
    const options = {...(signal === undefined ? {} : {signal}), ...(onWait === undefined ? {} : {onWait})};
    const address: ObjectAddress = {...parseAddress(folder), object: shard.name};
    let rows: Uint8Array[] = [];
    let rowBytes = 0;
    const take = (row: Uint8Array): void => {
      rows.push(row, NEWLINE);
      rowBytes += row.length + 1;
    };
    const tooLong = (): void => take(Buffer.from('"a row that is too long to be looked into"'));
    const splitter = new LineSplitter(
      (bytes, start, end) => {
        if (!isBlank(bytes, start, end))
          take(Uint8Array.prototype.slice.call(geminiRow(bytes.subarray(start, end))));
      },
      {maxBytes: MAX_LINE_BYTES, onTooLong: tooLong},
    );
    for await (const chunk of this.#storage.read(address, shard.generation, options)) {
      splitter.push(chunk);
      if (rowBytes < PIECE_BYTES) continue;
      yield Buffer.concat(rows);
      rows = [];
      rowBytes = 0;
    }
    splitter.finish();
    if (rowBytes > 0) yield Buffer.concat(rows);
  }
}

function noResults(folder: string): GembatchError {
  return new GembatchError('NOT_FOUND', `There are no results below ${folder} (any more).`);
}

const NEWLINE = Buffer.from('\n');

/** A job writes into a folder of its own, `prediction-model-<time>/`; everything else below it belongs to others. */
function isOfJob({object: folder}: ObjectAddress, name: string): boolean {
  return /^(?:prediction-[^/]+\/)?[^/]+$/u.test(name.slice(folder.length));
}

/** @throws GembatchError `SERVICE` when an object says that there must be more of them. */
function checkComplete(folder: string, shards: readonly StorageObject[]): void {
  const counts = shards.flatMap(
    ({name}) => /-of-(?<count>\d+)(?:\.jsonl)?$/u.exec(name)?.groups?.['count'] ?? [],
  );
  const expected = Math.max(0, ...counts.map(Number));
  if (expected > shards.length)
    throw new GembatchError(
      'SERVICE',
      `download of ${folder}: only ${shards.length} of ${expected} files of the results are there.`,
    );
}
