/**
 * The use case of `gembatch cancel`: batch jobs that run are stopped, and their end is recorded.
 *
 * A cancellation is a request: the service may finish the job all the same. So it is asked afterwards how each job
 * stands, and what it says is recorded and shown. A job that turns out to have succeeded keeps its results, which
 * `gembatch poll` fetches.
 */
import pMap from 'p-map';
import {EXIT, GembatchError} from '../domain/errors.js';
import type {JobRecord} from '../domain/job-record.js';
import {isTerminal, normaliseState} from '../domain/job-state.js';
import {exitCodeOf, type ItemOutcome} from '../domain/outcome.js';
import type {CancelledJob, CancelResult} from './cancel-report.js';
import {noteStates} from './note-states.js';
import {pollTrouble} from './poll-trouble.js';
import {refreshJobs, type RefreshedJobs} from './refresh-jobs.js';
import {jobSelector, selectJobs} from './select-jobs.js';
import {settleJournal, type SettleJournalDeps} from './settle-journal.js';
import {tryCall} from './try-call.js';

/** Calls at once. */
const CONCURRENT_CALLS = 4;
/** How long a job may take to say that it is cancelled. The service was seen to say so at once (`tobert/kaibo`, PR 8). */
const LOOKS = 4;
const LOOK_PAUSE_MS = 2_000;

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

/** What one run has heard. */
interface Heard {
  /** Why the service did not take a cancellation, by batch name. */
  readonly refusals: ReadonlyMap<string, GembatchError>;
  readonly states: RefreshedJobs;
}

/**
 * Cancels jobs. When it returns, what the service said of each is in the job-info file.
 *
 * @throws GembatchError `USAGE` when a name is not recorded, `UNCLEAR` when it is not known whether it has a job,
 *   `STORAGE`, `LOCKED`, `LOCK_LOST`, `KEY_REFUSED`. What concerns a single job is in the result.
 */
export async function cancelJobs(deps: SettleJournalDeps, input: CancelInput): Promise<CancelResult> {
  const records = await chooseJobs(deps, input);
  const running = records.filter(mayRun);
  if (running.length > 0 && !(await input.consent(running))) {
    return resultOf(deps, records.map(untouched), EXIT.failed);
  }
  const refusals = await askToCancel(deps, running, input.stop);
  const states = await lookAfter(deps, {records: running, refusals}, input.stop);
  const jobs = records.map((record) => cancelledJob(record, {refusals, states}));
  return resultOf(deps, jobs, exitCode(jobs, input.stop));
}

/** Whether the service may still be working on a job, as far as its record tells. */
function mayRun({batch, lost_at: lostAt, results}: JobRecord): boolean {
  return !isTerminal(batch.state) && lostAt === undefined && results === undefined;
}

async function chooseJobs(
  deps: SettleJournalDeps,
  {names, createGraceMs: graceMs, stop}: CancelInput,
): Promise<readonly JobRecord[]> {
  const {records, openIntents} = deps.store.read();
  const hasUnsettled = openIntents.length > 0 || records.some(({line}) => line === null);
  if (hasUnsettled) await settleJournal(deps, {graceMs, stop});
  const now = deps.store.read();
  const known = now.records.map(({record}) => record);
  if (names.length === 0) return known.filter(mayRun);
  for (const name of names) {
    const isRecorded = known.some(jobSelector(deps.store, [name]));
    const isOpen = now.openIntents.some(({input_file: file}) => file === deps.store.inputName(name));
    if (isOpen && !isRecorded) throw unclearError(name);
  }
  return selectJobs(deps.store, known, names);
}

async function askToCancel(
  {client, clock}: SettleJournalDeps,
  records: readonly JobRecord[],
  stop: AbortSignal,
): Promise<Heard['refusals']> {
  const refusals = new Map<string, GembatchError>();
  const ask = async ({batch: {name}}: JobRecord): Promise<void> => {
    const error = await tryCall({clock, stop}, (options) => client.cancelBatch(name, options));
    if (error !== undefined) refusals.set(name, error);
  };
  await pMap(records, ask, {concurrency: CONCURRENT_CALLS});
  return refusals;
}

/** Asks how the jobs stand until all that it took are over, or it has had its time; records it each time. */
async function lookAfter(
  {client, clock, store, report}: SettleJournalDeps,
  {records, refusals}: {records: readonly JobRecord[]; refusals: Heard['refusals']},
  stop: AbortSignal,
): Promise<RefreshedJobs> {
  const names = records.map(({batch}) => batch.name);
  let states: RefreshedJobs = {found: new Map(), gone: new Set(), refused: new Map()};
  for (let look = 1; look <= LOOKS && !stop.aborted && names.length > 0; look += 1) {
    if (look > 1) await clock.sleep(LOOK_PAUSE_MS, stop);
    states = await refreshJobs(client, names, {signal: stop});
    const changes = noteStates(records, states, new Date(clock.now()).toISOString());
    const written = await store.updateJobs(changes);
    if ([...changes.keys()].some((name) => !written.has(name))) {
      report({type: 'warning', message: `A job is not in ${store.path} yet; gembatch poll records its end.`});
    }
    const isSettled = (name: string): boolean =>
      isTerminal(states.found.get(name)?.state ?? '') || states.gone.has(name) || refusals.has(name);
    if (states.error !== undefined || names.every(isSettled)) break;
  }
  return states;
}

function cancelledJob(record: JobRecord, {refusals, states}: Heard): CancelledJob {
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
  return {...job, outcome: 'failed', error: pollTrouble(error)};
}

function untouched({batch, input_file: file}: JobRecord): CancelledJob {
  return {name: batch.name, file, outcome: 'not_started', state: normaliseState(batch.state)};
}

function exitCode(jobs: readonly CancelledJob[], stop: AbortSignal): number {
  const reason: unknown = stop.reason;
  const fatal = reason instanceof GembatchError ? reason : undefined;
  const code = exitCodeOf(jobs.map(itemOutcome), fatal);
  const hasRequested = jobs.some(({outcome}) => outcome === 'requested');
  return code === EXIT.ok && hasRequested ? EXIT.running : code;
}

function itemOutcome({outcome, error}: CancelledJob): ItemOutcome {
  if (outcome === 'not_started') return {kind: 'failed', code: 'INTERRUPTED'};
  return error === undefined ? {kind: 'done'} : {kind: 'failed', code: error.code};
}

function resultOf({store}: SettleJournalDeps, jobs: readonly CancelledJob[], code: number): CancelResult {
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
  return new GembatchError('NOT_FOUND', `${file}: the service has no batch job ${batch.name} (any more).`);
}

function unclearError(name: string): GembatchError {
  return new GembatchError(
    'UNCLEAR',
    `${name}: it is not known yet whether its create made a batch job; nothing was cancelled.`,
  );
}
