import {statSync, type Stats} from 'node:fs';
import pMap from 'p-map';
import {GembatchError} from '../../domain/errors.js';
import type {ResultsOnDisk} from '../../domain/job/job-progress.js';
import type {JobRecord, StoredResults} from '../../domain/job/job-record.js';
import {fieldOf} from '../../domain/json/json-object.js';
import type {JobStore} from '../../store/job-store.js';
import {readHashed} from '../request-file/read-hashed.js';

/** How result files are compared with their records. */
export interface ResultLook {
  /** Reads every file, also one that has the size and the time that were recorded. */
  readonly isThorough?: boolean;
  readonly stop: AbortSignal;
}

/** A result file as it was found. */
export interface FoundResults {
  readonly state: ResultsOnDisk;
  /** Time of its last change, in milliseconds since the epoch; absent where it is not as recorded. */
  readonly mtimeMs?: number;
}

/** Result files hashed at once. */
const CONCURRENT_HASHES = 4;

/**
 * Compares result files with what was recorded when they were written. A file of the recorded size and time is believed
 * unread, unless the look is thorough.
 *
 * @returns what was found, by batch name; nothing of jobs without results.
 * @throws the reason of `stop`.
 */
export async function lookAtResults(
  store: Pick<JobStore, 'resolveInput'>,
  records: readonly JobRecord[],
  {isThorough = false, stop}: ResultLook,
): Promise<ReadonlyMap<string, FoundResults>> {
  const found = new Map<string, FoundResults>();
  const unread: {name: string; path: string; results: StoredResults}[] = [];
  for (const {batch, results} of records) {
    if (results === undefined) continue;
    const path = store.resolveInput(results.file);
    const first = glance(path, results, isThorough);
    if (first === undefined) unread.push({name: batch.name, path, results});
    else found.set(batch.name, first);
  }
  await pMap(unread, async ({name, path, results}) => found.set(name, await read(path, results, stop)), {
    concurrency: CONCURRENT_HASHES,
  });
  return found;
}

/** What the file system alone tells; undefined when the file has to be read. */
function glance(path: string, results: StoredResults, isThorough: boolean): FoundResults | undefined {
  let stats: Stats;
  try {
    // Synchronous, because of 100,000 files each look would otherwise cost a turn of the event loop.
    stats = statSync(path);
  } catch (error) {
    const code = fieldOf(error, 'code');
    return {state: code === 'ENOENT' || code === 'ENOTDIR' ? 'missing' : 'altered'};
  }
  const sizes = [results.size_bytes, results.merging?.size_bytes];
  if (!stats.isFile() || !sizes.includes(stats.size)) return {state: 'altered'};
  return !isThorough && isUntouched(stats, results) ? {state: 'intact', mtimeMs: stats.mtimeMs} : undefined;
}

/** Earlier versions recorded no time of the file, but made it before they made its record. */
function isUntouched({mtimeMs, size}: Stats, results: StoredResults): boolean {
  if (size !== results.size_bytes) return false;
  if (results.mtime_ms !== undefined) return mtimeMs === results.mtime_ms;
  return mtimeMs <= Date.parse(results.fetched_at);
}

async function read(path: string, results: StoredResults, stop: AbortSignal): Promise<FoundResults> {
  try {
    const {mtimeMs} = statSync(path);
    const sha256 = await readHashed(path, results.size_bytes, () => {
      stop.throwIfAborted();
      return true;
    });
    const isIntact = sha256 === results.sha256 || sha256 === results.merging?.sha256;
    return isIntact ? {state: 'intact', mtimeMs} : {state: 'altered'};
  } catch (error) {
    if (stop.aborted) throw error;
    return {state: 'altered'};
  }
}

/** Says that a result file is not what was fetched. */
export function alteredError({input_file: file, results}: JobRecord): GembatchError {
  return new GembatchError(
    'FILE_CHANGED',
    `${file}: its results in ${results?.file ?? 'a file'} were altered since they were fetched, or cannot be read.`,
    {suggestions: ['Put the result file back as it was, from a backup or from version control.']},
  );
}
