/**
 * Brings the results of one finished job home.
 *
 * The order is what makes every moment safe to be killed at: the file is complete, checked and durable under its name
 * before the job-info file says so, and the job-info file says so, durably, before anything is deleted at the service. A
 * kill before the first leaves a job to fetch, one between leaves a file that the next run recognises by its content,
 * one after leaves remote files for `gembatch cleanup`.
 */
import {lstat, stat} from 'node:fs/promises';
import {isDeepStrictEqual} from 'node:util';
import {GembatchError} from '../../domain/errors.js';
import type {JobRecord, StoredResults} from '../../domain/job/job-record.js';
import {isIncomplete} from '../../domain/job/job-progress.js';
import {mergeTargetOf} from '../../domain/job/replaced-jobs.js';
import {isTakenName} from '../../domain/taken-name.js';
import type {AtomicFile} from '../../store/file/atomic-file.js';
import type {JobStore} from '../../store/job-store.js';
import type {FetchLimiters} from './fetch-limiters.js';
import type {PollDeps} from '../poll/poll-run.js';
import {refreshJobs} from '../job-states/refresh-jobs.js';
import {glanceAtResults, lookAtResults} from '../job-states/result-files.js';
import {vanishedAdvice} from '../job-states/vanished-records.js';
import {contradictionOf} from './job-counts.js';
import {deleteRemoteCopies} from './delete-remote-copies.js';
import {changedInputNotes} from './changed-input.js';
import {isToStay, leaveResults} from './leave-results.js';
import {receiveResult, type ReceiveOptions} from './receive-result.js';
import type {ReadResult} from './result-intake.js';
import {giveUpLostResults} from './place/give-up-lost-results.js';
import {refuseForeignTarget} from './place/foreign-target.js';
import {hasFileInPlace, recordResultsInPlace} from './place/results-in-place.js';
import {refuseLinks, resultTargets} from './place/result-target.js';
import {ownCommand} from '../../domain/program-name.js';

/** Of results that cannot be believed, one after the other; then they are left for later. */
const MOST_DOWNLOADS = 3;
/** What is not found for a moment is found again by then. */
const CONFIRMATION_MS = 10_000;

export interface FetchDeps extends PollDeps {
  readonly limiters: FetchLimiters;
}

/** How to fetch. */
export interface FetchOptions extends ReceiveOptions {
  readonly keepsRemote: boolean;
  /** Absolute path of the folder for the results; null for `results` beside each request file. */
  readonly resultsDir: string | null;
  /** Whether results are fetched that were left in their bucket. */
  readonly fetchesLeft: boolean;
}

/** What is true after a fetch. */
export interface FetchedResult {
  /** What a person should know, one sentence each. */
  readonly notes: readonly string[];
}

/**
 * Fetches the results of a job that is over and has some, or makes sure that they are where they are to stay.
 *
 * When it returns, the results and their record are durable, and what the service kept is deleted if every request has
 * a row and it need not be kept. When it throws, no half file is left behind.
 *
 * @throws GembatchError what the download says, `STORAGE`, `LOCKED`, `LOCK_LOST`, and `INTERRUPTED`.
 */
export async function fetchResult(
  deps: FetchDeps,
  record: JobRecord,
  options: FetchOptions,
): Promise<FetchedResult> {
  const {notes} = await fetchOrLeave(deps, record, options);
  return {notes: [...(await changedInputNotes(deps.client, record, options.stop)), ...notes]};
}

async function fetchOrLeave(
  deps: FetchDeps,
  record: JobRecord,
  options: FetchOptions,
): Promise<FetchedResult> {
  if (isToStay(record, options)) return {notes: await leaveResults(deps, record, options)};
  await giveUpLostResults(deps, record, options.stop);
  try {
    return await keep(deps, record, {arrival: await receive(deps, record, options), options});
  } catch (error) {
    const isHere = record.results === undefined && (await hasFileInPlace(deps, record, options));
    if (!isNotFound(error) || !isHere) throw error;
    return fetchAgainOrInPlace(deps, record, {options, error});
  }
}

/** While the service shows the job, one answer that its results are gone proves nothing. */
async function fetchAgainOrInPlace(
  deps: FetchDeps,
  record: JobRecord,
  {options, error}: {readonly options: FetchOptions; readonly error: GembatchError},
): Promise<FetchedResult> {
  const {found} = await refreshJobs(deps.client, [record.batch], {signal: options.stop});
  if (found.size > 0) {
    await deps.clock.sleep(CONFIRMATION_MS, options.stop);
    try {
      return await keep(deps, record, {arrival: await receive(deps, record, options), options});
    } catch (again) {
      if (!isNotFound(again)) throw again;
    }
  }
  const results = await recordResultsInPlace(deps, record, options);
  if (results === undefined) throw error;
  const note = `The service no longer has its results; ${results.file}, which answers exactly its requests, is recorded as its results.`;
  return {notes: [note]};
}

function isNotFound(error: unknown): error is GembatchError {
  return error instanceof GembatchError && error.code === 'NOT_FOUND';
}

/** A file that has arrived and is not in place yet. */
interface Arrival {
  readonly file: AtomicFile;
  /** Where it may go when its target is taken. */
  readonly others: readonly string[];
  readonly received: ReadResult;
}

/**
 * Downloads the results. Something on the way, such as a proxy, may answer in place of the service: a body without one
 * result row is no result. One that contradicts what the job itself counts may be cut, or another one, and is asked for
 * again; when it is the same each time, it is what the service has.
 *
 * @throws GembatchError `SERVICE` when no body is to be believed.
 */
async function receive(deps: FetchDeps, record: JobRecord, options: FetchOptions): Promise<Arrival> {
  const resultFileName = record.batch.dest?.file_name;
  if (resultFileName === undefined) throw new TypeError(`${record.batch.name} has no results`);
  const doubted = new Set<string>();
  for (let tries = 1; ; tries += 1) {
    const {file, others} = await openTarget(deps, record, options);
    try {
      const received = await deps.limiters.downloads(() =>
        receiveResult(deps, {record, resultFileName, file}, options),
      );
      if (received.resultRows > 0 && contradictionOf(record, received) === undefined)
        return {file, others, received};
      doubted.add(received.sha256);
      if (tries === MOST_DOWNLOADS) {
        if (received.resultRows > 0 && doubted.size === 1) return {file, others, received};
        throw unbelievable(record);
      }
    } catch (error) {
      await file.discard();
      throw error;
    }
    await file.discard();
  }
}

/** Puts in place what has arrived and records it; only then what the service keeps may go. */
async function keep(
  deps: FetchDeps,
  record: JobRecord,
  {arrival, options}: {readonly arrival: Arrival; readonly options: FetchOptions},
): Promise<FetchedResult> {
  const {file, others, received} = arrival;
  try {
    const path = await putInPlace(file, file.target, others);
    const results = await storedResults(deps, path, {record, received});
    const recorded = await recordResults(deps, record, {results, received});
    const notes = [...received.notes, ...incompleteNotes(results), ...placeNotes(file.target, path)];
    return {
      notes: [...notes, ...(await deleteRemote(deps, record, {received, results: recorded}, options))],
    };
  } finally {
    await file.discard();
  }
}

function unbelievable({input_file: file}: JobRecord): GembatchError {
  return new GembatchError(
    'SERVICE',
    `${file}: what the service, or a proxy on the way to it, sends as the results are no results. Nothing was written, nothing was deleted.`,
    {
      details: {malformed: true},
      suggestions: [
        `Check the network and run again: ${ownCommand(`poll ${file}`)}. Do not submit the file again: its job is paid for.`,
      ],
    },
  );
}

async function openTarget(
  {store, createFile, limiters}: FetchDeps,
  record: JobRecord,
  {resultsDir}: FetchOptions,
): Promise<{file: AtomicFile; others: readonly string[]}> {
  const {root, paths} = resultTargets(record, {store, records: limiters.byName, resultsDir});
  const kinds = await Promise.all(paths.map((path) => kindOf(path)));
  const usable = paths.filter((_, index) => kinds[index] !== 'other');
  const own = await ownResults(store, record);
  if (own !== undefined && usable.includes(own)) {
    await refuseForeignTarget(record, own, {store, resultsDir});
    await refuseLinks(root, own);
    return {file: await createFile(own, {overwrite: true}), others: []};
  }
  const [target, ...others] = usable;
  if (target === undefined) {
    throw new GembatchError('STORAGE', `There is no place for the results of ${record.input_file}.`, {
      suggestions: ['Name another folder for the results: --results-dir FOLDER'],
    });
  }
  await refuseForeignTarget(record, target, {store, resultsDir});
  await refuseLinks(root, target);
  return {file: await createFile(target), others};
}

/** The file with the results that were fetched before, if it is as it was then: what is fetched anew takes its place. */
async function ownResults(store: PollDeps['store'], record: JobRecord): Promise<string | undefined> {
  if (record.results === undefined) return undefined;
  const looks = await lookAtResults(store, [record], {isThorough: true, stop: new AbortController().signal});
  const isIntact = looks.get(record.batch.name)?.state === 'intact';
  return isIntact ? store.resolveInput(record.results.file) : undefined;
}

/**
 * Gives the file the first name under which nothing else stands.
 *
 * @returns its path. It may be one that held exactly these bytes before.
 */
async function putInPlace(file: AtomicFile, path: string, others: readonly string[]): Promise<string> {
  try {
    await file.commit(path);
    return path;
  } catch (error) {
    const [next, ...rest] = others;
    if (next === undefined || !isTakenName(error)) throw error;
    return putInPlace(file, next, rest);
  }
}

async function storedResults(
  {store, clock}: PollDeps,
  path: string,
  {record, received}: {record: JobRecord; received: ReadResult},
): Promise<StoredResults> {
  const incomplete = contradictionOf(record, received);
  const {mtimeMs} = await stat(path);
  return {
    file: store.inputName(path),
    size_bytes: received.sizeBytes,
    sha256: received.sha256,
    fetched_at: new Date(clock.now()).toISOString(),
    mtime_ms: mtimeMs,
    rows: received.rows,
    ...(incomplete === undefined ? {} : {incomplete}),
    request_file: received.requestsState === 'gone' ? 'missing' : received.requestsState,
  };
}

/** Another poller may have been faster; what it recorded stays. What was recorded before the fetch is what it replaces. */
async function recordResults(
  {store}: PollDeps,
  {batch: {name}, input_file, results: known}: JobRecord,
  {results, received}: {results: StoredResults; received: ReadResult},
): Promise<StoredResults> {
  let recorded = results;
  const applied = await store.updateJobs(
    new Map([
      ...(known === undefined ? [] : retriesToMerge(store, name)),
      [
        name,
        (newest: JobRecord): JobRecord => {
          const isNews = newest.results !== undefined && !isDeepStrictEqual(newest.results, known);
          recorded = isNews ? newest.results : results;
          const {results_error: _, lost_at: _lost, ...rest} = newest;
          const usage = isNews ? {} : {usage: received.usage};
          return {...rest, ...usage, count: newest.count ?? received.requests, results: recorded};
        },
      ],
    ]),
  );
  if (applied.has(name)) return recorded;
  throw new GembatchError(
    'STORAGE',
    `The results of ${input_file} are in ${results.file}, but its job ${name} is not in ${store.path} any more. Nothing was deleted at the service.`,
    {suggestions: vanishedAdvice(name)},
  );
}

function incompleteNotes({incomplete}: StoredResults): string[] {
  if (incomplete === undefined) return [];
  const what = incomplete.contradicts === true ? 'sends others' : 'sends fewer';
  return [
    `The service counts ${incomplete.expected_rows} rows and ${what}, the same each time: the results are kept as incomplete. To fetch them again, and then send only what has no answer: ${ownCommand('retry')}`,
  ];
}

/** A result that is fetched again has not the answers of the retries that were merged into the one that is gone. */
function retriesToMerge(
  store: JobStore,
  parent: string,
): readonly (readonly [string, (record: JobRecord) => JobRecord])[] {
  const records = store.read().records.map(({record}) => record);
  const byName = new Map(records.map((record) => [record.batch.name, record]));
  const retries = records.filter(
    (record) =>
      mergeTargetOf(record, byName)?.batch.name === parent && glanceAtResults(store, record) !== 'missing',
  );
  return retries.map(({batch}) => [batch.name, unmerged] as const);
}

function unmerged(record: JobRecord): JobRecord {
  const {merged_at: _, ...rest} = record;
  return rest;
}

function placeNotes(wanted: string, path: string): string[] {
  return path === wanted
    ? []
    : [`${wanted} holds something else and is untouched; the results are in ${path}.`];
}

/** Deletes what the service keeps, unless the results miss rows that are still there to be fetched. */
async function deleteRemote(
  deps: FetchDeps,
  record: JobRecord,
  {received, results}: {readonly received: ReadResult; readonly results: StoredResults},
  {keepsRemote, stop}: FetchOptions,
): Promise<readonly string[]> {
  // What was adopted may be a colleague's, who has not fetched it yet.
  if (keepsRemote || record.adopted_at !== undefined || record.remote_deleted_at !== undefined) return [];
  if (!received.isComplete) {
    return ['Not every request is known to have a row: the service keeps the job and its files.'];
  }
  if (isIncomplete(results)) return ['The service keeps the job and its files.'];
  return deleteRemoteCopies(deps, record, stop);
}

async function kindOf(path: string): Promise<'file' | 'other' | 'missing'> {
  try {
    return (await lstat(path)).isFile() ? 'file' : 'other';
  } catch {
    return 'missing'; // What cannot be looked at cannot be written either, which writing will say.
  }
}
