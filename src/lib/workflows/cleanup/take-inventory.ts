import {isIncomplete, type ResultsOnDisk} from '../../domain/job/job-progress.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import type {StoreSnapshot} from '../../store/job-store.js';
import {noteStates} from '../job-states/note-states.js';
import {lookAtResults} from '../job-states/result-files.js';
import type {Inventory} from './plan-cleanup.js';
import type {ReconcileJournalDeps} from '../reconcile/reconcile-journal.js';

export interface CleanupDeps extends Omit<ReconcileJournalDeps, 'report'> {
  /** Takes what a person should know meanwhile; must not throw. */
  readonly report: (event: {readonly type: 'status' | 'warning'; readonly message: string}) => void;
}

/** Reads both lists to their end. Unless nothing is to be changed, what they say of recorded jobs is durable on return. */
export async function takeInventory(
  {client, store, clock}: CleanupDeps,
  {records: stored, openIntents}: StoreSnapshot,
  {isDryRun, stop}: {isDryRun: boolean; stop: AbortSignal},
): Promise<Inventory> {
  const jobs = await allOf(client.listBatches({signal: stop}));
  const files = await allOf(client.listFiles({signal: stop}));
  const known = stored.map(({record}) => record);
  const listed = new Map(jobs.map((job) => [job.name, job]));
  const changes = noteStates(
    known,
    {found: listed, gone: new Set(), refused: new Map()},
    new Date(clock.now()).toISOString(),
  );
  if (!isDryRun) await store.updateJobs(changes);
  const records = known.map((record) => changes.get(record.batch.name)?.(record) ?? record);
  // Only of those that could be deleted: to read every result file there is would take long.
  const kept = records.filter(({batch}) => listed.has(batch.name));
  const found = await lookAtResults(store, kept, {isThorough: true, stop});
  const inState = (state: ResultsOnDisk): readonly JobRecord[] =>
    kept.filter(({batch}) => found.get(batch.name)?.state === state);
  const withResults = inState('intact').filter(
    ({results}) => results !== undefined && !isIncomplete(results),
  );
  return {
    records,
    openIntents,
    withResults: new Set(withResults.map(({batch}) => batch.name)),
    altered: inState('altered'),
    jobs,
    files,
  };
}

async function allOf<T>(pages: AsyncIterable<readonly T[]>): Promise<readonly T[]> {
  const items: T[] = [];
  for await (const page of pages) items.push(...page);
  return items;
}
