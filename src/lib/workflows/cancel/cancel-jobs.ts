/**
 * The use case of `gembatch cancel`: batch jobs that run are stopped, and their end is recorded.
 *
 * A cancellation is a request: the service may finish the job all the same. So it is asked afterwards how each job
 * stands, and what it says is recorded and shown. A job that turns out to have succeeded keeps its results, which
 * `gembatch poll` fetches.
 */
import {itemError} from '../../domain/item-error.js';
import {GembatchError} from '../../domain/errors.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import {isTerminal, normaliseState} from '../../domain/job/job-state.js';
import {abortError} from '../../domain/interruption.js';
import {exitCodeOf, type ItemOutcome} from '../../domain/outcome.js';
import type {CancelledJob, CancelResult} from './cancel-report.js';
import {jobSelector, selectJobs, withRetries} from '../job-states/select-jobs.js';
import {reconcileJournal, type ReconcileJournalDeps} from '../reconcile/reconcile-journal.js';
import {stopJobs, type StoppedJobs} from './stop-jobs.js';

/** Which jobs to cancel. Times are in milliseconds. */
export interface CancelInput {
  /** Request files and batch jobs, as the person named them; none for all that run. */
  readonly names: readonly string[];
  /** Asked before anything is cancelled. */
  readonly consent: (records: readonly JobRecord[]) => Promise<boolean>;
  /** How long a job whose create was not answered may take to show up in the service's list. */
  readonly createGraceMs: number;
  /** Asks the run to end. The reason is a `GembatchError`. */
  readonly stop: AbortSignal;
}

/**
 * Cancels jobs. When it returns, what the service said of each is in the job-info file.
 *
 * @throws GembatchError `USAGE` when a name is not recorded, `UNCLEAR` when it is not known whether it has a job,
 *   `STORAGE`, `LOCKED`, `LOCK_LOST`, `KEY_REFUSED`. What concerns a single job is in the result.
 */
export async function cancelJobs(deps: ReconcileJournalDeps, input: CancelInput): Promise<CancelResult> {
  const records = await chooseJobs(deps, input);
  const running = records.filter(mayRun);
  if (running.length > 0 && !(await input.consent(running))) {
    return resultOf(deps, records.map(untouched), exitCodeOf([{kind: 'declined'}]));
  }
  const names = running.map(({batch}) => batch.name);
  const stopped = await stopJobs(deps, {names, records: running}, input.stop);
  const [vanished] = stopped.vanished.values();
  const jobs = records.map((record) => cancelledJob(record, stopped));
  return resultOf(deps, jobs, exitCodeOf(jobs.flatMap(itemOutcomes), abortError(input.stop) ?? vanished));
}

/** Whether the service may still be working on a job, as far as its record tells. */
function mayRun({batch, lost_at: lostAt, results}: JobRecord): boolean {
  return !isTerminal(batch.state) && lostAt === undefined && results === undefined;
}

async function chooseJobs(
  deps: ReconcileJournalDeps,
  {names, createGraceMs: graceMs, stop}: CancelInput,
): Promise<readonly JobRecord[]> {
  const {records, openIntents} = deps.store.read();
  const needsReconciling = openIntents.length > 0 || records.some(({line}) => line === null);
  if (needsReconciling) await reconcileJournal(deps, {graceMs, stop});
  const now = deps.store.read();
  const known = now.records.map(({record}) => record);
  if (names.length === 0) return known.filter(mayRun);
  for (const name of names) {
    const isRecorded = known.some(jobSelector(deps.store, [name]));
    const isOpen = now.openIntents.some(({input_file: file}) => file === deps.store.inputName(name));
    if (isOpen && !isRecorded) throw unclearError(name);
  }
  const chosen = selectJobs(deps.store, known, names);
  // A request file stands for its retries, too; the name of a batch job for that job alone.
  const jobs = new Set(names.flatMap((name) => [name, `batches/${name}`]));
  const ofFiles = withRetries(
    known,
    chosen.filter(({batch}) => !jobs.has(batch.name)),
  );
  const meant = new Set([...chosen, ...ofFiles]);
  return known.filter((record) => meant.has(record));
}

function cancelledJob(record: JobRecord, stopped: StoppedJobs): CancelledJob {
  const vanished = stopped.vanished.get(record.batch.name);
  const job = askedJob(record, stopped);
  return vanished === undefined ? job : {...job, error: itemError(vanished)};
}

function askedJob(record: JobRecord, {refusals, states}: StoppedJobs): CancelledJob {
  const {name} = record.batch;
  const job = {
    name,
    file: record.input_file,
    state: normaliseState(states.found.get(name)?.state ?? record.batch.state),
  };
  if (!mayRun(record)) return {...job, outcome: 'ended'};
  if (job.state === 'JOB_STATE_CANCELLED') return {...job, outcome: 'cancelled'};
  if (isTerminal(job.state)) return {...job, outcome: 'ended'};
  const refusal = refusals.get(name);
  if (refusal?.code === 'INTERRUPTED') return {...job, outcome: 'not_started'};
  const error = states.gone.has(name) ? goneError(record) : refusal;
  if (error === undefined) return {...job, outcome: 'requested'};
  return {...job, outcome: 'failed', error: itemError(error)};
}

function untouched({batch, input_file: file}: JobRecord): CancelledJob {
  return {name: batch.name, file, outcome: 'not_started', state: normaliseState(batch.state)};
}

function itemOutcomes({outcome, error}: CancelledJob): readonly ItemOutcome[] {
  if (outcome === 'not_started') return [{kind: 'failed', code: 'INTERRUPTED'}];
  if (error !== undefined) return [{kind: 'failed', code: error.code}];
  // What was asked of the service is done, and its job still runs.
  return outcome === 'requested' ? [{kind: 'done'}, {kind: 'running'}] : [{kind: 'done'}];
}

function resultOf({store}: ReconcileJournalDeps, jobs: readonly CancelledJob[], code: number): CancelResult {
  const number = (kind: CancelledJob['outcome']): number =>
    jobs.filter(({outcome}) => outcome === kind).length;
  return {
    job_info: store.path,
    jobs,
    summary: {
      jobs: jobs.length,
      cancelled: number('cancelled'),
      requested: number('requested'),
      ended: number('ended'),
      failed: number('failed'),
      not_started: number('not_started'),
      exit_code: code,
    },
  };
}

function goneError({batch, input_file: file}: JobRecord): GembatchError {
  return new GembatchError(
    'UNCLEAR',
    `${file}: this API key does not see ${batch.name}, so it is unclear whether it still runs.`,
    {suggestions: ['Use the API key that the file was submitted with, and run the same command again.']},
  );
}

function unclearError(name: string): GembatchError {
  return new GembatchError(
    'UNCLEAR',
    `${name}: unclear whether its batch job exists. Nothing was cancelled.`,
  );
}
