/**
 * Results that stand at their place although no record says so: another tool has fetched them, or the record is a copy
 * from before. Where the service has them no more, they are what was paid for.
 */
import {lstat, stat} from 'node:fs/promises';
import type {JobRecord, JobUsage, StoredResults} from '../../../domain/job/job-record.js';
import type {PollDeps} from '../../poll/poll-run.js';
import {readHashed} from '../../request-file/read-hashed.js';
import {RecordsByName} from './records-by-name.js';
import {intakeTerms, ResultIntake, type CheckedRows} from '../result-intake.js';
import {isAmong, plainTarget, refuseLinks, resultTargets} from './result-target.js';
import {jobsOfInput} from './same-input.js';

export type PlaceDeps = Pick<PollDeps, 'store' | 'clock' | 'prices'>;

/** Where results are looked for, and how they are checked. */
export interface PlaceOptions {
  /** Absolute path of the folder for the results; null for `results` beside each request file. */
  readonly resultsDir: string | null;
  readonly checksAnswers?: boolean;
}

/** Whether a file that is no other job's stands where the results of a job go. */
export async function hasFileInPlace(
  {store}: Pick<PlaceDeps, 'store'>,
  record: JobRecord,
  {resultsDir}: PlaceOptions,
): Promise<boolean> {
  const records = new RecordsByName(store.read().records.map((stored) => stored.record));
  const place = plainTarget(record, {store, resultsDir});
  const {paths, leaving} = resultTargets(record, {store, records, resultsDir});
  const isAnothers = leaving.some(({results}) => isAmong(place, [store.resolveInput(results.file)]));
  return paths[0] === place && !isAnothers && (await isFile(place));
}

/** Results at their place, and what they used. */
export interface ResultsInPlace {
  readonly results: StoredResults;
  readonly usage: JobUsage;
  /** How many requests they answer. */
  readonly requests: number | null;
}

/**
 * Reads the file at the place of a job's results, if it has exactly one row for each of its requests and nothing else.
 *
 * @returns undefined when it has not, or when it is unclear because the request file is gone or has changed.
 * @throws GembatchError `STORAGE`; and what the file system says of a file that cannot be read.
 */
export async function readResultsInPlace(
  deps: PlaceDeps,
  record: JobRecord,
  options: PlaceOptions,
): Promise<ResultsInPlace | undefined> {
  if (!(await hasFileInPlace(deps, record, options))) return undefined;
  const {store, clock} = deps;
  const place = plainTarget(record, {store, resultsDir: options.resultsDir});
  const {root} = resultTargets(record, {store, records: new RecordsByName(), resultsDir: options.resultsDir});
  await refuseLinks(root, place);
  const {mtimeMs, size} = await stat(place);
  const intake = await ResultIntake.open(intakeTerms(deps, record, options.checksAnswers ?? true));
  let sizeBytes = 0;
  const sha256 = await readHashed(place, size, (chunk) => {
    intake.push(chunk);
    sizeBytes += chunk.length;
    return true;
  });
  const found = await intake.finish(place);
  if (!answersExactly(found) || isOfAnother(sha256, record, deps)) return undefined;
  const results: StoredResults = {
    file: store.inputName(place),
    size_bytes: sizeBytes,
    sha256,
    fetched_at: new Date(clock.now()).toISOString(),
    mtime_ms: mtimeMs,
    rows: found.rows,
    request_file: 'matched',
  };
  return {results, usage: found.usage, requests: found.requests};
}

/**
 * Records the results that `readResultsInPlace` finds. On return the record is durable.
 *
 * @returns undefined when there are none.
 * @throws GembatchError as `readResultsInPlace`; `LOCKED`, `LOCK_LOST`.
 */
export async function recordResultsInPlace(
  deps: PlaceDeps,
  record: JobRecord,
  options: PlaceOptions,
): Promise<StoredResults | undefined> {
  const found = record.results === undefined ? await readResultsInPlace(deps, record, options) : undefined;
  if (found === undefined) return undefined;
  const {results, usage, requests} = found;
  const change = ({
    results_error: _error,
    not_seen: _missed,
    lost_at: _lost,
    ...rest
  }: JobRecord): JobRecord =>
    rest.results === undefined ? {...rest, count: rest.count ?? requests, usage, results} : rest;
  await deps.store.updateJobs(new Map([[record.batch.name, change]]));
  return results;
}

/** Results of an earlier job may stand there still, although they are in their new place, too. */
function isOfAnother(sha256: string, record: JobRecord, {store}: Pick<PlaceDeps, 'store'>): boolean {
  const records = new RecordsByName(store.read().records.map((stored) => stored.record));
  const {older, newer} = jobsOfInput(record, {store, records});
  return [...older, ...newer].some(({results}) => results?.sha256 === sha256);
}

function answersExactly({requestsState, isComplete, rows}: CheckedRows): boolean {
  return requestsState === 'matched' && isComplete && rows.repeated === 0 && rows.unknown_key === 0;
}

async function isFile(path: string): Promise<boolean> {
  return lstat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
}
