import pMap from 'p-map';
import type {GembatchError} from '../../domain/errors.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import {isTerminal} from '../../domain/job/job-state.js';
import {noteStates} from '../job-states/note-states.js';
import {vanishedRecords} from '../job-states/vanished-records.js';
import type {JobStore} from '../../store/job-store.js';
import {refreshJobs, type AskedJob, type RefreshedJobs} from '../job-states/refresh-jobs.js';
import type {ReconcileJournalDeps} from '../reconcile/reconcile-journal.js';
import {tryCall} from '../reconcile/try-call.js';
import {ownCommand} from '../../domain/program-name.js';

/** Calls at once. */
const CONCURRENT_CALLS = 4;
/** How long a job may take to say that it is cancelled. The service was seen to say so at once (`tobert/kaibo`, PR 8). */
const LOOKS = 4;
const LOOK_PAUSE_MS = 2_000;

/** Jobs to stop: their batch names, and the records of those that have one. */
export interface JobsToStop {
  readonly names: readonly string[];
  readonly records: readonly JobRecord[];
}

/** What the service answered when it was asked to cancel jobs. */
export interface StoppedJobs {
  /** Why it did not take a cancellation, by batch name. */
  readonly refusals: ReadonlyMap<string, GembatchError>;
  /** How the jobs stood afterwards. */
  readonly states: RefreshedJobs;
  /** Why what they said of a recorded job is not recorded: its record was taken away meanwhile; by batch name. */
  readonly vanished: ReadonlyMap<string, GembatchError>;
}

/** Asks the service to cancel jobs, and how they stand then. What it says of recorded jobs is durable on return. */
export async function stopJobs(
  deps: ReconcileJournalDeps,
  jobs: JobsToStop,
  stop: AbortSignal,
): Promise<StoppedJobs> {
  const refusals = await askToCancel(deps, jobs.names, stop);
  const states = await lookAfter(deps, {...jobs, refusals}, stop);
  return {refusals, states, vanished: vanishedRecords(deps.store, jobs.records)};
}

async function askToCancel(
  {client, clock}: ReconcileJournalDeps,
  names: readonly string[],
  stop: AbortSignal,
): Promise<StoppedJobs['refusals']> {
  const refusals = new Map<string, GembatchError>();
  const ask = async (name: string): Promise<void> => {
    const error = await tryCall({clock, stop}, (options) => client.cancelBatch(name, options));
    if (error !== undefined) refusals.set(name, error);
  };
  await pMap(names, ask, {concurrency: CONCURRENT_CALLS});
  return refusals;
}

/** Asks how the jobs stand until all that it took are over, or it has had its time; records it each time. */
async function lookAfter(
  {client, clock, store, report}: ReconcileJournalDeps,
  {names, records, refusals}: JobsToStop & Pick<StoppedJobs, 'refusals'>,
  stop: AbortSignal,
): Promise<RefreshedJobs> {
  let states: RefreshedJobs = {found: new Map(), gone: new Set(), refused: new Map()};
  for (let look = 1; look <= LOOKS && !stop.aborted && names.length > 0; look += 1) {
    if (look > 1) await clock.sleep(LOOK_PAUSE_MS, stop);
    states = await refreshJobs(client, askedJobs(names, records), {signal: stop});
    const changes = noteStates(records, states, new Date(clock.now()).toISOString());
    const written = await store.updateJobs(changes);
    if (
      isAnyUnpublished(
        store,
        [...changes.keys()].filter((name) => !written.has(name)),
      )
    ) {
      report({
        type: 'warning',
        message: `A job is not in ${store.path} yet; ${ownCommand('poll')} records its end.`,
      });
    }
    const isDecided = (name: string): boolean =>
      isTerminal(states.found.get(name)?.state ?? '') || states.gone.has(name) || refusals.has(name);
    if (states.error !== undefined || names.every(isDecided)) break;
  }
  return states;
}

/** Whether one of the jobs is in the journal of a submission only. */
function isAnyUnpublished(store: JobStore, names: readonly string[]): boolean {
  if (names.length === 0) return false;
  return store.read().records.some(({record, line}) => line === null && names.includes(record.batch.name));
}

function askedJobs(names: readonly string[], records: readonly JobRecord[]): readonly AskedJob[] {
  const known = new Map(records.map(({batch}) => [batch.name, batch]));
  return names.map((name) => known.get(name) ?? {name});
}
