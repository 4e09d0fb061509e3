/** What is asked of the service before anything is sent again: what is there after all is neither lost nor paid twice. */
import {dirname, isAbsolute, normalize, sep} from 'node:path';
import type {GembatchError} from '../../domain/errors.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import {isIncomplete, isKept} from '../../domain/job/job-progress.js';
import {isOfService} from '../../domain/service/service-address.js';
import {isReached} from '../../domain/service/service-of.js';
import type {Session} from '../../store/job-store.js';
import {fetchMissing} from '../fetch/fetch-missing.js';
import {foreignTarget} from '../fetch/place/foreign-target.js';
import {isAmong, placesOf, plainTarget} from '../fetch/place/result-target.js';
import {noteStates} from '../job-states/note-states.js';
import {refreshJobs} from '../job-states/refresh-jobs.js';
import {lookAtResults} from '../job-states/result-files.js';
import type {PollEvent} from '../poll/poll-report.js';
import type {PollDeps} from '../poll/poll-run.js';
import {reconcileEarlier} from '../reconcile/reconcile-journal.js';
import {KnownJobs} from '../submit/duplicates/known-jobs.js';
import type {SubmitDeps} from '../submit/submit-run.js';
import {isForPerson, type CurrentJob} from './current-jobs.js';
import type {RetryDeps} from './retry-selection.js';

export type LookDeps = RetryDeps & SubmitDeps & Pick<PollDeps, 'prices'>;

/**
 * Asks once more, by name and in the list, for jobs that could not be seen; what is there again is recorded.
 *
 * @throws GembatchError why the service could not be asked.
 */
export async function lookForUnseen(
  {store, client, clock}: LookDeps,
  jobs: readonly CurrentJob[],
  stop: AbortSignal,
): Promise<void> {
  // Of what gembatch deleted there is nothing to ask.
  const unseen = jobs
    .filter((job) => isForPerson(job) && job.record.remote_deleted_at === undefined)
    .map(({record}) => record);
  if (unseen.length === 0) return;
  const refreshed = await refreshJobs(
    client,
    unseen.map(({batch}) => batch),
    {signal: stop},
  );
  await store.updateJobs(noteStates(unseen, refreshed, new Date(clock.now()).toISOString()));
  const error = refreshed.error ?? [...refreshed.refused.values()].at(0);
  if (error !== undefined) throw error;
}

/**
 * Fetches results again whose file is gone, altered or incomplete, while the service has them. An altered file stays where
 * it is.
 *
 * @returns why some could not be fetched; by batch name.
 * @throws GembatchError as `fetchMissing`.
 */
export async function fetchAgain(
  deps: LookDeps,
  jobs: readonly CurrentJob[],
  stop: AbortSignal,
): Promise<ReadonlyMap<string, GembatchError>> {
  const {store, report} = deps;
  const kept = jobs
    .filter((job) => !isForPerson(job))
    .map(({record}) => record)
    .filter(isFetchedAndKept);
  const looks = await lookAtResults(store, kept, {isThorough: true, stop});
  const errors = new Map<string, GembatchError>();
  const byFolder = new Map<string | null, JobRecord[]>();
  for (const record of kept) {
    const isIntact = looks.get(record.batch.name)?.state === 'intact';
    if (isIntact && !isIncomplete(record.results)) continue;
    const folder = resultsDirOf(deps, record);
    if (folder !== null && !isIntact && isAbsolute(store.inputName(folder))) {
      errors.set(record.batch.name, foreignTarget(record.input_file, folder));
      continue;
    }
    const what = isIntact ? 'incomplete' : 'not what was fetched';
    const message = `${record.input_file}: its results are ${what}; fetching them again`;
    report({type: 'status', message});
    byFolder.set(folder, [...(byFolder.get(folder) ?? []), record]);
  }
  const fetching = {...deps, report: (event: PollEvent) => pass(event, report)};
  const how = {keepsRemote: true, fetchesLeft: false, stop};
  // Whatever was concluded: what comes after all is not paid for again.
  for (const [resultsDir, group] of lostByFolder(deps, jobs))
    await fetchMissing(fetching, group, {...how, resultsDir});
  for (const [resultsDir, group] of byFolder) {
    const fetched = await fetchMissing(fetching, group, {...how, resultsDir});
    for (const [name, error] of fetched.errors) errors.set(name, error);
  }
  return errors;
}

/**
 * Finds out what came of earlier retries whose create had no answer, before the request file of one is written anew.
 *
 * @returns why it is still unknown; by the batch name of the job that is retried.
 */
export async function reconcileRetries(
  deps: LookDeps,
  session: Session,
  {createGraceMs, halt}: {readonly createGraceMs: number; readonly halt: AbortController},
): Promise<ReadonlyMap<string, GembatchError>> {
  const {openIntents} = session.snapshot();
  const {address, services} = deps.client;
  const retries = openIntents.filter(
    (intent) => intent.retry_of !== undefined && isOfService(intent, address) && isReached(services, intent),
  );
  if (retries.length === 0) return new Map();
  const known = new KnownJobs(session.snapshot(), deps.store, address);
  const reconciled = await reconcileEarlier({deps, session, known, halt, createGraceMs}, retries);
  halt.signal.throwIfAborted();
  return new Map(
    reconciled.flatMap(({intent: {retry_of: parent}, error}) =>
      parent === undefined || error === undefined ? [] : [[parent, error] as const],
    ),
  );
}

type FetchedJob = JobRecord & Required<Pick<JobRecord, 'results'>>;

/** Whether results were fetched that the service should still have. */
function isFetchedAndKept(record: JobRecord): record is FetchedJob {
  return record.results !== undefined && isKept(record);
}

/** Lost jobs that may be there all the same, by the results folder; a folder elsewhere may be anybody's word. */
function lostByFolder(
  deps: LookDeps,
  jobs: readonly CurrentJob[],
): ReadonlyMap<string | null, readonly JobRecord[]> {
  const groups = new Map<string | null, JobRecord[]>();
  for (const {record} of jobs.filter((job) => isForPerson(job) && mayBeThere(job.record))) {
    const folder = resultsDirOf(deps, record);
    if (folder !== null && isAbsolute(deps.store.inputName(folder))) continue;
    groups.set(folder, [...(groups.get(folder) ?? []), record]);
  }
  return groups;
}

/** Whether the service said once that it has the results, and nobody is known to have deleted them since. */
function mayBeThere({batch, remote_deleted_at: deletedAt, results_left: place}: JobRecord): boolean {
  return batch.dest !== undefined && (deletedAt === undefined || place !== undefined);
}

/** The results folder that the results were put in before; null for the one beside the request file. */
function resultsDirOf({store}: LookDeps, record: JobRecord): string | null {
  if (record.results === undefined) return null;
  const path = store.resolveInput(record.results.file);
  const isEarlier = (resultsDir: string | null): boolean =>
    isAmong(path, placesOf(record, {store, resultsDir}).earlier);
  const folder = dirname(path);
  const beside = dirname(plainTarget(record, {store, resultsDir: null}));
  if (folder === beside || isEarlier(null)) return null;
  const inside = sep + normalize(dirname(record.input_file));
  const chosen = folder.endsWith(inside) ? folder.slice(0, -inside.length) : folder;
  return isEarlier(dirname(chosen)) ? dirname(chosen) : chosen;
}

function pass(event: PollEvent, report: SubmitDeps['report']): void {
  if (event.type === 'warning') report({type: 'warning', message: event.message});
  if (event.type === 'wait') report({type: 'status', message: event.reason});
}
