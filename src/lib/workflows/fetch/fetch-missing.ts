import {stat} from 'node:fs/promises';
import pMap from 'p-map';
import {GembatchError} from '../../domain/errors.js';
import {awaitsFetch} from '../../domain/job/job-progress.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import {fieldOf} from '../../domain/json/json-object.js';
import type {JobStore} from '../../store/job-store.js';
import {CONCURRENT_FETCHES, FetchLanes} from './fetch-lanes.js';
import {FreshStore} from '../job-states/fresh-store.js';
import {fetchResult, type FetchOptions} from './fetch-result.js';
import {mergeRetries} from '../retry/merge-retry.js';
import type {PollDeps} from '../poll/poll-run.js';
import {ownCommand} from '../../domain/program-name.js';

/** Results that are not on disk although their job is over. */
export interface MissingResults {
  /** Jobs whose results the service has. */
  readonly fetchable: readonly JobRecord[];
  /** Jobs whose result file is gone here and deleted at the service; by batch name. */
  readonly lost: ReadonlyMap<string, GembatchError>;
}

/** What fetching came to; by batch name. */
export interface FetchedMissing {
  /** Of each job that was fetched, what a person should know. */
  readonly notes: ReadonlyMap<string, readonly string[]>;
  readonly errors: ReadonlyMap<string, GembatchError>;
}

const CONCURRENT_LOOKS = 16;

/** The jobs whose results are not on disk: those that were never fetched, and those whose result file is not there any more. */
export async function missingResults(
  store: JobStore,
  records: readonly JobRecord[],
): Promise<MissingResults> {
  const isHere = await pMap(records, (record) => hasResultFile(store, record), {
    concurrency: CONCURRENT_LOOKS,
  });
  const lacking = records.filter((_, position) => isHere[position] !== true);
  const gone = lacking.filter(({results}) => results !== undefined);
  const lost = gone.filter((record) => !isKept(record));
  return {
    fetchable: lacking.filter(
      (record) => awaitsFetch(record) || (record.results !== undefined && isKept(record)),
    ),
    lost: new Map(lost.map((record) => [record.batch.name, lostError(record)])),
  };
}

/**
 * Fetches the results of these jobs, a few at once, and merges the retries that are among them.
 *
 * @throws GembatchError `KEY_REFUSED`, `STORAGE`, and the reason of `stop`. Results that were fetched before are recorded.
 */
export async function fetchMissing(
  deps: PollDeps,
  records: readonly JobRecord[],
  options: Omit<FetchOptions, 'isPatient'>,
): Promise<FetchedMissing> {
  const {stop} = options;
  const fetching = {...deps, lanes: new FetchLanes(new FreshStore(deps.store))};
  const notes = new Map<string, readonly string[]>();
  const errors = new Map<string, GembatchError>();
  const fetch = async (record: JobRecord): Promise<void> => {
    if (stop.aborted) return;
    try {
      const fetched = await fetchResult(fetching, record, {...options, isPatient: true});
      if (record.results !== undefined) await mergeAgain(deps.store, record);
      notes.set(record.batch.name, fetched.notes);
    } catch (error) {
      if (!(error instanceof GembatchError) || error.code === 'KEY_REFUSED') throw error;
      errors.set(record.batch.name, ofFile(record.input_file, error));
    }
  };
  await pMap(records, fetch, {concurrency: CONCURRENT_FETCHES});
  for (const message of await mergeRetries(deps)) deps.report({type: 'warning', message});
  stop.throwIfAborted();
  return {notes, errors};
}

/** Of several results that are fetched, the message says which. */
function ofFile(file: string, {code, message, suggestions, details, cause}: GembatchError): GembatchError {
  return new GembatchError(code, `${file}: ${message}`, {suggestions, details, cause});
}

async function hasResultFile(store: JobStore, {results}: JobRecord): Promise<boolean> {
  if (results === undefined) return false;
  try {
    await stat(store.resolveInput(results.file));
    return true;
  } catch (error) {
    // Anything else is for whoever reads the file to say.
    return fieldOf(error, 'code') !== 'ENOENT';
  }
}

/** Whether the service should still have the results. */
function isKept({batch, lost_at: lostAt, remote_deleted_at: deletedAt}: JobRecord): boolean {
  return batch.dest !== undefined && lostAt === undefined && deletedAt === undefined;
}

function lostError({input_file: file, results, remote_deleted_at: deletedAt}: JobRecord): GembatchError {
  const remote =
    deletedAt === undefined ? 'the service has no copy' : `the service's copy was deleted at ${deletedAt}`;
  return new GembatchError(
    'STORAGE',
    `${file}: its results were in ${results?.file ?? 'a file'} and are not there any more; ${remote}.`,
    {
      suggestions: [
        `Put the result file back, or pay for the work again: ${ownCommand(`submit --force ${file}`)}`,
      ],
    },
  );
}

/** The file that was fetched again has not the answers of the retries that the lost one had. */
async function mergeAgain(store: JobStore, {batch}: JobRecord): Promise<void> {
  const retries = store
    .read()
    .records.flatMap(({record}) => (record.retry_of === batch.name ? [record] : []));
  const changes = new Map<string, typeof unmerged>();
  for (const retry of retries) {
    if (await hasResultFile(store, retry)) changes.set(retry.batch.name, unmerged);
  }
  await store.updateJobs(changes);
}

function unmerged(record: JobRecord): JobRecord {
  const {merged_at: _, ...rest} = record;
  return rest;
}
