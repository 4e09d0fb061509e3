import pMap from 'p-map';
import {GembatchError} from '../../domain/errors.js';
import {inOrderOfCreation} from '../../domain/job/creation-order.js';
import {awaitsFetch, type ResultsOnDisk} from '../../domain/job/job-progress.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import type {JobStore} from '../../store/job-store.js';
import {CONCURRENT_FETCHES, FetchLimiters} from './fetch-limiters.js';
import {FreshStore} from '../job-states/fresh-store.js';
import {ResultFiles, resultsError} from '../job-states/result-files.js';
import type {FetchOptions} from './fetch-options.js';
import {fetchResult} from './fetch-result.js';
import {hasUnrecordedFile} from './place/unrecorded-file.js';
import {joinParts} from '../split/join-parts.js';
import {mergeRetries} from '../retry/merge-retry.js';
import type {PollDeps} from '../poll/poll-run.js';

/** Results that are not on disk although their job is over. */
export interface MissingResults {
  /** Jobs whose results the service has. */
  readonly fetchable: readonly JobRecord[];
  /** Why results cannot be used: their file is altered, or gone here and at the service; by batch name. */
  readonly unusable: ReadonlyMap<string, GembatchError>;
  /** What is in the place of a job's results. */
  readonly onDisk: (record: JobRecord) => ResultsOnDisk;
}

/** What fetching came to; by batch name. */
export interface FetchedMissing {
  /** Of each job that was fetched, what a person should know. */
  readonly notes: ReadonlyMap<string, readonly string[]>;
  readonly errors: ReadonlyMap<string, GembatchError>;
}

/**
 * The jobs whose results are not on disk as they were fetched: those that were never fetched, and those whose result file is
 * not there any more, or altered.
 *
 * @throws GembatchError STORAGE, LOCKED, LOCK_LOST, and the reason of `stop`.
 */
export async function missingResults(
  store: JobStore,
  records: readonly JobRecord[],
  {fetchesLeft, stop}: Pick<FetchOptions, 'fetchesLeft' | 'stop'>,
): Promise<MissingResults> {
  const files = new ResultFiles(store, {wantsLeft: fetchesLeft});
  await files.look(records, stop);
  const unusable = records.flatMap((record) => {
    const error = resultsError(record, files.stateOf(record));
    return error === undefined ? [] : [[record.batch.name, error] as const];
  });
  return {
    fetchable: records.filter((record) => awaitsFetch(record, files.stateOf(record))),
    unusable: new Map(unusable),
    onDisk: (record) => files.stateOf(record),
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
  options: Omit<FetchOptions, 'isRetried'>,
): Promise<FetchedMissing> {
  const {stop} = options;
  const fetching = {...deps, limiters: new FetchLimiters(new FreshStore(deps.store))};
  const notes = new Map<string, readonly string[]>();
  const errors = new Map<string, GembatchError>();
  const fetch = async (record: JobRecord): Promise<void> => {
    if (stop.aborted) return;
    try {
      const fetched = await fetchResult(fetching, record, {...options, isRetried: true});
      notes.set(record.batch.name, fetched.notes);
    } catch (error) {
      if (!(error instanceof GembatchError) || error.code === 'KEY_REFUSED') throw error;
      errors.set(record.batch.name, ofFile(record.input_file, error));
    }
  };
  await pMap(
    byInput(deps.store, records),
    async (jobs) => {
      const [first, ...others] = jobs;
      const rules = {store: deps.store, records: fetching.limiters.byName, resultsDir: options.resultsDir};
      // What a run that was killed has put in place is recorded before newer results need the place.
      if (first !== undefined && others.length > 0 && hasUnrecordedFile(first, rules))
        for (const job of jobs) await fetch(job);
      else await Promise.all(jobs.map((job) => fetch(job)));
    },
    {concurrency: CONCURRENT_FETCHES},
  );
  const unmerged = [...(await mergeRetries(deps)), ...(await joinParts(deps, options.resultsDir))];
  for (const message of unmerged) deps.report({type: 'warning', message});
  stop.throwIfAborted();
  return {notes, errors};
}

/** The jobs of each request file, the older ones first. */
function byInput(store: JobStore, records: readonly JobRecord[]): readonly (readonly JobRecord[])[] {
  const inputs = new Map<string, JobRecord[]>();
  for (const record of records) {
    const input = store.resolveInput(record.input_file);
    const jobs = inputs.get(input);
    if (jobs === undefined) inputs.set(input, [record]);
    else jobs.push(record);
  }
  return [...inputs.values()].map((jobs) => inOrderOfCreation(jobs));
}

/** Of several results that are fetched, the message says which. */
function ofFile(file: string, {code, message, suggestions, details, cause}: GembatchError): GembatchError {
  return new GembatchError(code, `${file}: ${message}`, {suggestions, details, cause});
}
