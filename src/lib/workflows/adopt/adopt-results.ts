import {resolve} from 'node:path';
import {GembatchError} from '../../domain/errors.js';
import {isCloudAddress} from '../../domain/bucket/bucket-input.js';
import {itemError} from '../../domain/item-error.js';
import {newAttempt} from '../../domain/job/new-attempt.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import {describeLockWait} from '../../domain/lock-holder.js';
import {exitCodeOf, type ItemOutcome} from '../../domain/outcome.js';
import type {Session} from '../../store/job-store.js';
import {readResultsInPlace, type PlaceDeps} from '../fetch/place/results-in-place.js';
import {inspectFile} from '../request-file/inspect-file.js';
import {KnownJobs} from '../submit/duplicates/known-jobs.js';
import type {AdoptDeps, AdoptedJob, AdoptInput, AdoptResult} from './adopt-jobs.js';

export type AdoptResultsDeps = PlaceDeps & Pick<AdoptDeps, 'report'>;

/** Which request files to record as done, and where their results are. */
export interface AdoptResultsInput extends Pick<AdoptInput, 'cwd' | 'lockTimeoutMs' | 'stop'> {
  /** Request files, as the person named them. */
  readonly files: readonly string[];
  /** Absolute path of the folder for the results; null for `results` beside each request file. */
  readonly resultsDir: string | null;
}

/** No batch job has this name at the service: it is unknown which job brought the results. */
const UNKNOWN_JOB = 'batches/unknown';

/**
 * Records request files as done whose results are on disk, but for which no job is recorded. The result file must have
 * exactly one row for each request. When it returns, the records are durable.
 *
 * @throws GembatchError `LOCKED`, `STORAGE`, `INTERRUPTED`. What concerns one file is in its `error`.
 */
export async function adoptResults(deps: AdoptResultsDeps, input: AdoptResultsInput): Promise<AdoptResult> {
  const {store, report} = deps;
  const jobs = await store.withSession(
    {
      timeoutMs: input.lockTimeoutMs,
      signal: input.stop,
      onWait: (holder) => report({type: 'status', message: describeLockWait(holder, store.path)}),
    },
    async (session) => {
      const snapshot = session.snapshot();
      store.requireReadable(snapshot, 'Nothing was recorded.');
      const known = new KnownJobs(snapshot, store);
      const adopted: AdoptedJob[] = [];
      for (const file of input.files) adopted.push(await adoptResult(deps, {session, known, file}, input));
      return adopted;
    },
  );
  const items = jobs.map(({error}): ItemOutcome =>
    error === undefined ? {kind: 'done'} : {kind: 'failed', code: error.code},
  );
  return {job_info: store.path, jobs, exit_code: exitCodeOf(items)};
}

async function adoptResult(
  deps: AdoptResultsDeps,
  {session, known, file}: {readonly session: Session; readonly known: KnownJobs; readonly file: string},
  {cwd, resultsDir}: AdoptResultsInput,
): Promise<AdoptedJob> {
  const path = isCloudAddress(file) ? file : resolve(cwd, file);
  const inputFile = deps.store.inputName(path);
  const before = known.ofInputFile(inputFile);
  if (before !== undefined)
    return {job: before.batch.name, outcome: 'known', file: inputFile, state: before.batch.state};
  try {
    const {count, sha256, size_bytes} = await inspectFile(path, {validate: false, name: file});
    const attempt = newAttempt();
    const batch = {name: `${UNKNOWN_JOB}-${attempt}`, state: 'JOB_STATE_SUCCEEDED'};
    const work = {input_file: inputFile, count, uploaded_file_name: '', batch, sha256, size_bytes};
    const found = await readResultsInPlace(deps, work, {resultsDir});
    if (found === undefined) throw noMatchingResults(file);
    const {results, usage} = found;
    const adoptedAt = new Date(deps.clock.now()).toISOString();
    const record: JobRecord = {...work, attempt, adopted_at: adoptedAt, results, usage};
    session.done(attempt, record);
    known.add(record);
    return {
      job: batch.name,
      outcome: 'adopted',
      file: inputFile,
      request_file: 'matched',
      state: batch.state,
    };
  } catch (error) {
    if (!(error instanceof GembatchError) || error.code === 'STORAGE') throw error;
    return {job: UNKNOWN_JOB, outcome: 'failed', file: inputFile, error: itemError(error)};
  }
}

function noMatchingResults(file: string): GembatchError {
  return new GembatchError(
    'REFUSED',
    `${file}: there is no result file with exactly one row for each of its requests. Nothing was recorded.`,
    {suggestions: ['Name the folder with the results: --results-dir FOLDER']},
  );
}
