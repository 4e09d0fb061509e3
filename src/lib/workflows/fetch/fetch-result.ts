/**
 * Brings the results of one finished job home.
 *
 * The order is what makes every moment safe to be killed at: the file is complete, checked and durable under its name
 * before the job-info file says so, and the job-info file says so, durably, before anything is deleted at the service. A
 * kill before the first leaves a job to fetch, one between leaves a file that the next run recognises by its content,
 * one after leaves remote files for `gembatch cleanup`.
 */
import {GembatchError} from '../../domain/errors.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import {refreshJobs} from '../job-states/refresh-jobs.js';
import {receive} from './arrival.js';
import {changedInputNotes} from './changed-input.js';
import type {FetchDeps, FetchedResult, FetchOptions} from './fetch-options.js';
import {keepResult} from './keep-result.js';
import {isToStay, leaveResults} from './leave-results.js';
import {giveUpLostResults} from './place/give-up-lost-results.js';
import {hasFileInPlace, recordResultsInPlace} from './place/results-in-place.js';

/** What is not found for a moment is found again by then. */
const CONFIRMATION_MS = 10_000;

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
    return await keepResult(deps, record, {arrival: await receive(deps, record, options), options});
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
      return await keepResult(deps, record, {arrival: await receive(deps, record, options), options});
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
