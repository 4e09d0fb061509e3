import type {BatchJob} from '../domain/batch-job.js';
import type {Clock} from '../domain/clock.js';
import {GembatchError} from '../domain/errors.js';
import {exitCodeOf, type ItemOutcome} from '../domain/outcome.js';
import type {GeminiBatchClient, RemoteFile} from '../gemini/gemini-batch-client.js';
import type {JobStore} from '../store/job-store.js';
import {failed} from './file-outcome.js';
import {planCleanup, type Disposable, type RemoteInventory} from './plan-cleanup.js';
import type {FileError} from './submit-report.js';

/** What cleaning up needs from the outside. */
export interface CleanupDeps {
  readonly store: JobStore;
  readonly client: GeminiBatchClient;
  readonly clock: Clock;
}

/** What is cleaned up, and how. */
export interface CleanupInput {
  /** Jobs and files that are deleted whatever they are, as the person named them. */
  readonly names: readonly string[];
  readonly isWholeProject: boolean;
  readonly isDryRun: boolean;
  /** Asks whether all of this may be deleted; absent where nothing has to be asked. */
  readonly consent?: (plan: readonly Disposable[]) => Promise<boolean>;
  /** How long to wait for the session lock, in milliseconds; null for without limit. */
  readonly lockTimeoutMs: number | null;
  readonly stop: AbortSignal;
}

/** What became of one thing at the service; the element of `items` in the `--json` object. */
export interface CleanedItem {
  readonly kind: Disposable['kind'];
  readonly name: string;
  /** The request file that it belongs to. */
  readonly file?: string;
  /** Why nothing needs it. */
  readonly reason: string;
  /** `absent`: it was gone already. `kept`: nobody consented, or the run was stopped. */
  readonly outcome: 'deleted' | 'absent' | 'would_delete' | 'kept' | 'failed';
  readonly error?: FileError;
}

/** The `--json` object of `gembatch cleanup`. */
export interface CleanupResult {
  readonly job_info: string;
  readonly dry_run: boolean;
  readonly items: readonly CleanedItem[];
  readonly exit_code: number;
}

/**
 * Deletes at the service what nothing needs any more. A deletion that fails does not keep the others from being tried.
 *
 * @throws GembatchError `LOCKED`, `STORAGE`, `INTERRUPTED`, and what listing jobs and files says.
 */
export async function cleanUp(deps: CleanupDeps, input: CleanupInput): Promise<CleanupResult> {
  const {store, clock} = deps;
  const items = await store.withSession(
    {timeoutMs: input.lockTimeoutMs, signal: input.stop},
    async (session) => {
      const inventory = await takeInventory(deps.client, input.stop);
      const plan = planCleanup(session.snapshot(), inventory, {
        isWholeProject: input.isWholeProject,
        named: new Set(input.names.map(remoteName)),
        nowMs: clock.now(),
      });
      if (input.isDryRun) return plan.map((item) => itemOf(item, {outcome: 'would_delete'}));
      const isAgreed = plan.length === 0 || input.consent === undefined || (await input.consent(plan));
      if (!isAgreed) return plan.map((item) => itemOf(item, {outcome: 'kept'}));
      const cleaned: CleanedItem[] = [];
      for (const item of plan) cleaned.push(await dispose(deps.client, item, input.stop));
      return cleaned;
    },
  );
  await noteDeletions(deps, items);
  const outcomes = items.map(({error}): ItemOutcome =>
    error === undefined ? {kind: 'done'} : {kind: 'failed', code: error.code},
  );
  const reason: unknown = input.stop.reason;
  const exitCode = exitCodeOf(outcomes, reason instanceof GembatchError ? reason : undefined);
  return {job_info: store.path, dry_run: input.isDryRun, items, exit_code: exitCode};
}

function remoteName(name: string): string {
  return name.includes('/') ? name : `batches/${name}`;
}

async function takeInventory(client: GeminiBatchClient, signal: AbortSignal): Promise<RemoteInventory> {
  const jobs: BatchJob[] = [];
  const files: RemoteFile[] = [];
  for await (const page of client.listBatches({signal})) jobs.push(...page);
  for await (const page of client.listFiles({signal})) files.push(...page);
  return {jobs, files};
}

async function dispose(
  client: GeminiBatchClient,
  item: Disposable,
  signal: AbortSignal,
): Promise<CleanedItem> {
  if (signal.aborted) return itemOf(item, {outcome: 'kept'});
  try {
    if (item.isRunning === true) await client.cancelBatch(item.name, {signal});
    const outcome =
      item.kind === 'job'
        ? await client.deleteBatch(item.name, {signal})
        : await client.deleteFile(item.name, {signal});
    return itemOf(item, {outcome});
  } catch (error) {
    if (!(error instanceof GembatchError)) throw error;
    return itemOf(
      item,
      error.code === 'INTERRUPTED' ? {outcome: 'kept'} : {outcome: 'failed', error: failed(error)},
    );
  }
}

function itemOf(
  {kind, name, file, reason}: Disposable,
  result: Pick<CleanedItem, 'outcome' | 'error'>,
): CleanedItem {
  return {kind, name, ...(file === undefined ? {} : {file}), reason, ...result};
}

/** Notes on the records of jobs that are gone at the service when that was. */
async function noteDeletions({store, clock}: CleanupDeps, items: readonly CleanedItem[]): Promise<void> {
  const deletedAt = new Date(clock.now()).toISOString();
  const gone = items.filter(
    ({kind, outcome}) => kind === 'job' && (outcome === 'deleted' || outcome === 'absent'),
  );
  await store.updateJobs(
    new Map(gone.map(({name}) => [name, (record) => ({...record, remote_deleted_at: deletedAt})])),
  );
}
