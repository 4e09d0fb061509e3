import {isIncomplete} from '../../domain/job/job-progress.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import type {StoreSnapshot} from '../../store/job-store.js';
import {noteStates} from '../job-states/note-states.js';
import {alteredError, lookAtResults} from '../job-states/result-files.js';
import type {Inventory} from './plan-cleanup.js';
import type {ReconcileJournalDeps} from '../reconcile/reconcile-journal.js';

export interface CleanupDeps extends Omit<ReconcileJournalDeps, 'report'> {
  /** Takes what a person should know meanwhile; must not throw. */
  readonly report: (event: {readonly type: 'status' | 'warning'; readonly message: string}) => void;
}

/** Reads both lists to their end. Unless nothing is to be changed, what they say of recorded jobs is durable on return. */
export async function takeInventory(
  {client, store, clock, report}: CleanupDeps,
  {records: stored, openIntents}: StoreSnapshot,
  {isDryRun, stop}: {isDryRun: boolean; stop: AbortSignal},
): Promise<Inventory> {
  const jobs = await allOf(client.listBatches({signal: stop}));
  const files = await allOf(client.listFiles({signal: stop}));
  const known = stored.map(({record}) => record);
  const found = new Map(jobs.map((job) => [job.name, job]));
  const changes = noteStates(
    known,
    {found, gone: new Set(), refused: new Map()},
    new Date(clock.now()).toISOString(),
  );
  if (!isDryRun) await store.updateJobs(changes);
  const records = known.map((record) => changes.get(record.batch.name)?.(record) ?? record);
  // Only of those that could be deleted: to read every result file there is would take long.
  const kept = records.filter(({batch}) => found.has(batch.name));
  return {records, openIntents, withResults: await withResults({store, report}, kept, stop), jobs, files};
}

async function allOf<T>(pages: AsyncIterable<readonly T[]>): Promise<readonly T[]> {
  const items: T[] = [];
  for await (const page of pages) items.push(...page);
  return items;
}

/**
 * Jobs whose result file is, byte for byte, what was recorded, and has all rows: else the service may have the only other
 * copy.
 */
async function withResults(
  {store, report}: Pick<CleanupDeps, 'store' | 'report'>,
  records: readonly JobRecord[],
  stop: AbortSignal,
): Promise<ReadonlySet<string>> {
  const found = await lookAtResults(store, records, {isThorough: true, stop});
  for (const record of records) {
    if (found.get(record.batch.name)?.state !== 'altered') continue;
    const {message} = alteredError(record);
    report({type: 'warning', message: `${message} What the service has of them is kept.`});
  }
  const isWhole = ({results}: JobRecord): boolean => results !== undefined && !isIncomplete(results);
  return new Set(
    records
      .filter((record) => found.get(record.batch.name)?.state === 'intact' && isWhole(record))
      .map(({batch}) => batch.name),
  );
}
