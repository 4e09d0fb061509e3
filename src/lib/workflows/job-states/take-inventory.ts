import {stat} from 'node:fs/promises';
import pMap from 'p-map';
import type {JobRecord} from '../../domain/job/job-record.js';
import type {JobStore, StoreSnapshot} from '../../store/job-store.js';
import {noteStates} from './note-states.js';
import type {Inventory} from '../cleanup/plan-cleanup.js';
import type {SettleJournalDeps} from '../reconcile/settle-journal.js';

/** Result files looked at at once. */
const CONCURRENT_LOOKS = 16;

/** What cleaning up needs from the outside. */
export interface CleanupDeps extends Omit<SettleJournalDeps, 'report'> {
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
  const found = new Map(jobs.map((job) => [job.name, job]));
  const changes = noteStates(
    known,
    {found, gone: new Set(), refused: new Map()},
    new Date(clock.now()).toISOString(),
  );
  if (!isDryRun) await store.updateJobs(changes);
  const records = known.map((record) => changes.get(record.batch.name)?.(record) ?? record);
  return {records, openIntents, withResults: await withResults(store, records), jobs, files};
}

async function allOf<T>(pages: AsyncIterable<readonly T[]>): Promise<readonly T[]> {
  const items: T[] = [];
  for await (const page of pages) items.push(...page);
  return items;
}

/** Jobs whose result file has the size that was recorded: where it is gone or cut, the service has the only other copy. */
async function withResults(
  store: Pick<JobStore, 'resolveInput'>,
  records: readonly JobRecord[],
): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  const look = async ({batch, results}: JobRecord): Promise<void> => {
    if (results === undefined) return;
    if ((await sizeOf(store.resolveInput(results.file))) === results.size_bytes) names.add(batch.name);
  };
  await pMap(records, look, {concurrency: CONCURRENT_LOOKS});
  return names;
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch {
    return undefined; // What cannot be seen counts as not there, so that nothing is deleted on its account.
  }
}
