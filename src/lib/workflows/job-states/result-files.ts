import {statSync, type Stats} from 'node:fs';
import pMap from 'p-map';
import {GembatchError} from '../../domain/errors.js';
import {isKept, isLeft, jobOutcome, type ResultsOnDisk} from '../../domain/job/job-progress.js';
import {lostError} from '../../domain/job/lost-results.js';
import type {JobRecord, StoredResults} from '../../domain/job/job-record.js';
import {fieldOf} from '../../domain/json/json-object.js';
import type {JobStore} from '../../store/job-store.js';
import {ownCommand} from '../../domain/program-name.js';
import {shellWord} from '../../domain/text/shell-word.js';

/** How result files are compared with their records. */
interface CompareOptions {
  /** Reads every file, also one that has the size and the time that were recorded. */
  readonly isThorough?: boolean;
  readonly stop: AbortSignal;
}

/** A result file as it was found. */
export interface FoundResults {
  readonly state: ResultsOnDisk;
  /** Time of its last change, in milliseconds since the epoch; absent where it is not as recorded. */
  readonly mtimeMs?: number;
  readonly isRead?: boolean;
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
  {isThorough = false, stop}: CompareOptions,
): Promise<ReadonlyMap<string, FoundResults>> {
  const found = new Map<string, FoundResults>();
  const unread: {name: string; path: string; results: StoredResults}[] = [];
  for (const {batch, results} of records) {
    if (results === undefined) continue;
    const path = store.resolveInput(results.file);
    const first = isThorough ? undefined : glance(path, results);
    if (first === undefined) unread.push({name: batch.name, path, results});
    else found.set(batch.name, first);
  }
  await pMap(unread, async ({name, path, results}) => found.set(name, await read(path, results, stop)), {
    concurrency: CONCURRENT_HASHES,
  });
  return found;
}

/** The result files of the jobs of one run. */
export class ResultFiles {
  readonly #store: JobStore;
  readonly #wantsLeft: boolean;
  readonly #found = new Map<string, FoundResults & {readonly fetchedAt: string | undefined}>();

  /** @param wantsLeft - whether results that were left in their bucket are wanted on disk. */
  constructor(store: JobStore, {wantsLeft}: {readonly wantsLeft: boolean}) {
    this.#store = store;
    this.#wantsLeft = wantsLeft;
  }

  /**
   * Looks at the result files of these jobs, and records the times of those that had to be read, so that the next look need
   * not read them.
   *
   * @throws GembatchError STORAGE, LOCKED, LOCK_LOST, and the reason of `stop`.
   */
  async look(records: readonly JobRecord[], stop: AbortSignal): Promise<void> {
    const found = await lookAtResults(this.#store, records, {stop});
    const changes = new Map<string, (record: JobRecord) => JobRecord>();
    for (const {batch, results} of records) {
      const file = found.get(batch.name);
      if (file === undefined || results === undefined) continue;
      this.#found.set(batch.name, {...file, fetchedAt: results.fetched_at});
      const {mtimeMs} = file;
      if (file.isRead === true && mtimeMs !== undefined && mtimeMs !== results.mtime_ms)
        changes.set(batch.name, (newest) => withTime(newest, results, mtimeMs));
    }
    await this.#store.updateJobs(changes);
  }

  /** Whether the results of the job were looked at. */
  hasSeen({batch, results}: JobRecord): boolean {
    return results === undefined || this.#found.get(batch.name)?.fetchedAt === results.fetched_at;
  }

  /** What was found of a job; results that came after the look are as they were written. */
  stateOf(record: JobRecord): ResultsOnDisk {
    if (isLeft(record)) return this.#wantsLeft ? 'missing' : 'intact';
    const {batch, results} = record;
    const found = this.#found.get(batch.name);
    return found !== undefined && found.fetchedAt === results?.fetched_at ? found.state : 'intact';
  }
}

function withTime(newest: JobRecord, read: StoredResults, mtimeMs: number): JobRecord {
  const {results} = newest;
  if (results === undefined || results.sha256 !== read.sha256) return newest;
  return {...newest, results: {...results, mtime_ms: mtimeMs}};
}

/** What the file system alone tells of a job's results: nothing where the file has to be read. */
export function glanceAtResults(
  store: Pick<JobStore, 'resolveInput'>,
  {results}: JobRecord,
): ResultsOnDisk | 'unread' {
  if (results === undefined) return 'intact';
  return glance(store.resolveInput(results.file), results)?.state ?? 'unread';
}

function glance(path: string, results: StoredResults): FoundResults | undefined {
  let stats: Stats;
  try {
    // Synchronous, because of 100,000 files each look would otherwise cost a turn of the event loop.
    stats = statSync(path);
  } catch (error) {
    return {state: isMissing(error) ? 'missing' : 'altered'};
  }
  if (!stats.isFile() || !sizesOf(results).includes(stats.size)) return {state: 'altered'};
  return isUntouched(stats, results) ? {state: 'intact', mtimeMs: stats.mtimeMs} : undefined;
}

/** Earlier versions recorded no time of the file, but made it before they made its record. */
function isUntouched({mtimeMs, size}: Stats, results: StoredResults): boolean {
  if (size !== results.size_bytes) return false;
  if (results.mtime_ms !== undefined) return mtimeMs === results.mtime_ms;
  return mtimeMs <= Date.parse(results.fetched_at);
}

async function read(path: string, results: StoredResults, stop: AbortSignal): Promise<FoundResults> {
  // Only here: threads and hashes take 5 ms to load, and most files are as they were.
  const {readHashed} = await import('../request-file/read-hashed.js');
  try {
    const stats = statSync(path);
    if (!sizesOf(results).includes(stats.size)) return {state: 'altered'};
    const {mtimeMs} = stats;
    const sha256 = await readHashed(path, results.size_bytes, () => {
      stop.throwIfAborted();
      return true;
    });
    const isIntact = sha256 === results.sha256 || sha256 === results.merging?.sha256;
    return isIntact ? {state: 'intact', mtimeMs, isRead: sha256 === results.sha256} : {state: 'altered'};
  } catch (error) {
    if (stop.aborted) throw error;
    return {state: isMissing(error) ? 'missing' : 'altered'};
  }
}

function sizesOf({size_bytes: sizeBytes, merging}: StoredResults): readonly number[] {
  return merging === undefined ? [sizeBytes] : [sizeBytes, merging.size_bytes];
}

function isMissing(error: unknown): boolean {
  const code = fieldOf(error, 'code');
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** Why results cannot be relied on, or will never come; undefined when they can, or may be fetched. */
export function resultsError(record: JobRecord, onDisk: ResultsOnDisk): GembatchError | undefined {
  const outcome = jobOutcome(record, onDisk);
  if (outcome === 'lost') return lostError(record);
  return outcome === 'altered' ? alteredError(record) : undefined;
}

/** Says that a result file is not what was fetched. */
export function alteredError(record: JobRecord): GembatchError {
  const {input_file: file, results} = record;
  const noCopy = ownCommand(`retry --lost ${shellWord(file)}`);
  return new GembatchError(
    'FILE_CHANGED',
    `${file}: its results in ${results?.file ?? 'a file'} were altered since they were fetched, or cannot be read.`,
    {
      suggestions: isKept(record)
        ? [
            `Put the result file back as it was, or move it away and fetch it again: ${ownCommand(`results ${file}`)}`,
          ]
        : [
            'Put the result file back as it was.',
            `If you have no copy of it, move it away and pay for the work again: ${noCopy}`,
          ],
    },
  );
}

/** What is in the place of each job's results, by what `lookAtResults` found. */
export function onDiskOf(looks: ReadonlyMap<string, FoundResults>): (record: JobRecord) => ResultsOnDisk {
  return ({batch}) => looks.get(batch.name)?.state ?? 'intact';
}

/**
 * Reads result files whose rows are to be copied or sent again.
 *
 * @returns whether all of them are there.
 * @throws GembatchError `FILE_CHANGED`: what was altered by hand is not written over, and not passed on as an answer.
 */
export async function refuseAltered(
  store: Pick<JobStore, 'resolveInput'>,
  records: readonly JobRecord[],
): Promise<boolean> {
  const {signal: never} = new AbortController();
  const found = await lookAtResults(store, records, {isThorough: true, stop: never});
  const states = records.map((record) => ({record, state: found.get(record.batch.name)?.state}));
  const altered = states.find(({state}) => state === 'altered');
  if (altered !== undefined) throw alteredError(altered.record);
  return states.every(({state}) => state !== 'missing');
}
