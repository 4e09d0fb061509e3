/**
 * The use case of `gembatch cleanup`: deletes what the service keeps and nobody needs.
 *
 * Order, which the safety of results rests on:
 * 1. creates without an answer are looked up as far as that is possible; what may have come of the others is not touched;
 * 2. in a session the service's lists are read, what they say of recorded jobs is made durable, and the plan is made. What
 *    no submission uses then stays unused, because each uploads anew: the session ends before a person is asked;
 * 3. jobs that run and are named are cancelled, and what came of that is made durable. One that has succeeded is kept;
 * 4. jobs and files are deleted, and the records say so.
 * A kill at any moment leaves remote jobs and files for the next run.
 */
import {itemError, type ItemError} from '../../domain/item-error.js';
import pMap from 'p-map';
import {closest} from '../../domain/text/closest.js';
import {GembatchError} from '../../domain/errors.js';
import type {JobRecord} from '../../domain/job/job-record.js';
import {describeLockWait} from '../../domain/lock-holder.js';
import {abortError} from '../../domain/interruption.js';
import {exitCodeOf, type ItemOutcome} from '../../domain/outcome.js';
import type {CallOptions} from '../../services/batch-service.js';
import type {JobStore} from '../../store/job-store.js';
import {noteStates} from '../job-states/note-states.js';
import {
  hasNoResults,
  planCleanup,
  type CleanupScope,
  type Disposable,
  type Inventory,
} from './plan-cleanup.js';
import {jobSelector} from '../job-states/select-jobs.js';
import {reconcileJournal} from '../reconcile/reconcile-journal.js';
import {stopJobs, type StoppedJobs} from '../cancel/stop-jobs.js';
import {deleteUpload} from './delete-upload.js';
import {takesResultsAlong} from './discard-remote.js';
import {takeInventory, type CleanupDeps} from './take-inventory.js';
import {tryCall} from '../reconcile/try-call.js';
import {ownCommand} from '../../domain/program-name.js';
import {alteredError} from '../job-states/result-files.js';
import {vanishedRecords} from '../job-states/vanished-records.js';

/** Deletions at once. */
const CONCURRENT_CALLS = 4;

/** What is cleaned up, and how. Times are in milliseconds. */
export interface CleanupInput {
  /** Request files, jobs and files that are deleted whatever they are, as the person named them. */
  readonly names: readonly string[];
  readonly isWholeProject: boolean;
  readonly isDryRun: boolean;
  /** Asks whether all of this may be deleted; absent where nothing has to be asked. */
  readonly consent?: (plan: readonly Disposable[]) => Promise<boolean>;
  /** How long to wait for the session lock; null for without limit. */
  readonly lockTimeoutMs: number | null;
  /** How long a job whose create was not answered may take to show up in the service's list. */
  readonly createGraceMs: number;
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
  /** `absent`: it was gone already. `kept`: the user did not agree, the run was stopped, or a job could not be cancelled. */
  readonly outcome: 'deleted' | 'absent' | 'would_delete' | 'kept' | 'failed';
  readonly error?: ItemError;
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
 * @throws GembatchError `USAGE` when a name is known neither here nor at the service, `LOCKED`, `STORAGE`, `INTERRUPTED`,
 *   and what listing jobs and files says.
 */
export async function cleanUp(deps: CleanupDeps, input: CleanupInput): Promise<CleanupResult> {
  const {names, isWholeProject, isDryRun, consent, stop} = input;
  if (names.includes('')) throw new GembatchError('USAGE', 'A name is empty; nothing was deleted.');
  const inventory = await readInventory(deps, input);
  const named = namedResources(deps.store, names, inventory);
  const scope = {isWholeProject, named, nowMs: deps.clock.now()};
  const plan = planCleanup(inventory, scope);
  warnOfAltered(deps, inventory, plan);
  if (isDryRun)
    return resultOf(
      deps,
      plan.map((item) => itemOf(item, {outcome: 'would_delete'})),
      input,
    );
  const isAgreed = plan.length === 0 || consent === undefined || (await consent(plan));
  if (!isAgreed) {
    const kept = plan.map((item) => itemOf(item, {outcome: 'kept'}));
    return {...resultOf(deps, kept, input), exit_code: exitCodeOf([{kind: 'declined'}])};
  }
  const {next, refusals} = await afterStopping(deps, {inventory, scope, plan}, stop);
  const items = await pMap(
    plan,
    (item) => {
      const refusal = refusals.get(item.name);
      if (refusal !== undefined) return itemOf(item, {outcome: 'failed', error: itemError(refusal)});
      return next.has(item.name) ? dispose(deps, item, stop) : itemOf(item, {outcome: 'kept'});
    },
    {concurrency: CONCURRENT_CALLS},
  );
  await noteDeletions(deps, items, inventory.records);
  const vanished = [...vanishedRecords(deps.store, inventory.records).values()];
  for (const {message} of vanished) deps.report({type: 'warning', message});
  return resultOf(deps, items, input, vanished[0]);
}

function warnOfAltered(
  {report}: CleanupDeps,
  {altered}: Inventory,
  plan: readonly Pick<Disposable, 'name'>[],
): void {
  const planned = new Set(plan.map(({name}) => name));
  for (const record of altered) {
    const rest = planned.has(record.batch.name) ? '' : ' What the service has of them is kept.';
    report({type: 'warning', message: `${alteredError(record).message}${rest}`});
  }
}

/** A plan and what it was made from. */
interface Planned {
  readonly inventory: Inventory;
  readonly scope: CleanupScope;
  readonly plan: readonly Disposable[];
}

/**
 * Cancels the running jobs of a plan: deleting a job is not said to stop it (https://ai.google.dev/api/batch-api).
 *
 * @returns the names of what can be deleted then, and why cancellations were refused. A job that goes on, or has
 *   succeeded in the end, is not among them, nor is what it reads.
 */
async function afterStopping(
  deps: CleanupDeps,
  {inventory, scope, plan}: Planned,
  stop: AbortSignal,
): Promise<{next: ReadonlySet<string>; refusals: StoppedJobs['refusals']}> {
  const running = plan.filter(({isRunning}) => isRunning === true).map(({name}) => name);
  if (running.length === 0) return {next: new Set(plan.map(({name}) => name)), refusals: new Map()};
  const records = inventory.records.filter(({batch}) => running.includes(batch.name));
  const {refusals, states} = await stopJobs(deps, {names: running, records}, stop);
  const {found, gone} = states;
  const isStopped = (name: string): boolean => {
    const job = found.get(name);
    return gone.has(name) || (job !== undefined && hasNoResults(job));
  };
  const lasting = running.filter((name) => !isStopped(name));
  const named = new Set([...scope.named].filter((name) => !lasting.includes(name)));
  const changes = noteStates(records, states, new Date(deps.clock.now()).toISOString());
  const now = {
    ...inventory,
    records: inventory.records.map((record) => changes.get(record.batch.name)?.(record) ?? record),
    jobs: inventory.jobs.map((job) => found.get(job.name) ?? job),
  };
  const next = new Set(planCleanup(now, {...scope, named}).map(({name}) => name));
  return {next, refusals: new Map([...refusals].filter(([name]) => !next.has(name)))};
}

async function readInventory(deps: CleanupDeps, input: CleanupInput): Promise<Inventory> {
  const {store, report} = deps;
  const {lockTimeoutMs: timeoutMs, createGraceMs: graceMs, stop: signal} = input;
  const before = store.read();
  if (input.isDryRun) return takeInventory(deps, before, input);
  const needsReconciling = before.openIntents.length > 0 || before.records.some(({line}) => line === null);
  if (needsReconciling) await reconcileJournal(deps, {graceMs, stop: signal});
  const onWait: Parameters<typeof store.withSession>[0]['onWait'] = (holder) =>
    report({type: 'status', message: describeLockWait(holder, store.path)});
  return store.withSession({timeoutMs, signal, onWait}, async (session) =>
    takeInventory(deps, session.snapshot(), input),
  );
}

/** What the names mean: recorded jobs by request file or batch name, anything at the service by its resource name. */
function namedResources(
  store: JobStore,
  names: readonly string[],
  {records, jobs, files}: Inventory,
): ReadonlySet<string> {
  const listed = [...jobs, ...files].map(({name}) => name);
  return new Set(
    names.flatMap((name) => {
      const recorded = records.filter(jobSelector(store, [name])).map(({batch}) => batch.name);
      const resources = listed.filter((resource) => resource === name || resource === `batches/${name}`);
      const found = [...recorded, ...resources];
      if (found.length > 0) return found;
      const near = meantName(name, [...records.map(({input_file: file}) => file), ...listed]);
      store.requireUnknown(name, near);
      throw unknownName(store.path, name, near);
    }),
  );
}

function meantName(name: string, candidates: readonly string[]): readonly string[] {
  const near = closest(name, candidates);
  return near === undefined ? [] : [`Did you mean: ${near}`];
}

function unknownName(path: string, name: string, near: readonly string[]): GembatchError {
  const message = `${name} is neither recorded in ${path} nor at the service; nothing was deleted.`;
  return new GembatchError('USAGE', message, {
    suggestions: [...near, `See what there is: ${ownCommand('cleanup --all --dry-run')}`],
  });
}

async function dispose(deps: CleanupDeps, item: Disposable, stop: AbortSignal): Promise<CleanedItem> {
  let outcome: 'deleted' | 'absent' | 'kept' = 'absent';
  const error = await tryCall({clock: deps.clock, stop}, async (options) => {
    outcome = await remove(deps, item, options);
  });
  if (error === undefined) return itemOf(item, {outcome});
  if (error.code === 'INTERRUPTED') return itemOf(item, {outcome: 'kept'});
  return itemOf(item, {outcome: 'failed', error: itemError(error)});
}

async function remove(
  deps: CleanupDeps,
  {kind, name, results}: Disposable,
  options: CallOptions | undefined,
): Promise<'deleted' | 'absent' | 'kept'> {
  if (kind === 'file') return deleteUpload(deps, {name}, options);
  const {client} = deps;
  // First, because only the job tells where its results are.
  if (results !== undefined) await client.deleteFile(results, options);
  return client.deleteBatch(name, options);
}

function itemOf(
  {kind, name, file, reason}: Disposable,
  result: Pick<CleanedItem, 'outcome' | 'error'>,
): CleanedItem {
  return {kind, name, ...(file === undefined ? {} : {file}), reason, ...result};
}

/** Notes on the records of jobs that are gone, and whose uploads are or are needed by others, when that was. */
async function noteDeletions(
  {store, clock}: CleanupDeps,
  items: readonly CleanedItem[],
  records: readonly JobRecord[],
): Promise<void> {
  const deletedAt = new Date(clock.now()).toISOString();
  const outcomes = new Map(items.map(({name, outcome}) => [name, outcome]));
  const isGone = (name: string): boolean => ['deleted', 'absent'].includes(outcomes.get(name) ?? '');
  const gone = records.filter(
    ({batch, uploaded_file_name: upload}) => isGone(batch.name) && (!outcomes.has(upload) || isGone(upload)),
  );
  const mark = (record: JobRecord): JobRecord => ({
    ...record,
    remote_deleted_at: deletedAt,
    ...(hasLostResults(record) ? {lost_at: deletedAt} : {}),
  });
  await store.updateJobs(new Map(gone.map(({batch}) => [batch.name, mark])));
}

/** Whether the only copy of the results of a job went with it. */
function hasLostResults(record: JobRecord): boolean {
  return record.results === undefined && takesResultsAlong(record.batch, record);
}

/** A job that was to be cancelled and goes on, or is on its way to results, says to come back. */
function resultOf(
  {store}: CleanupDeps,
  items: readonly CleanedItem[],
  {isDryRun, stop}: CleanupInput,
  vanished?: GembatchError,
): CleanupResult {
  const outcomes = items.map(({outcome, error}): ItemOutcome => {
    if (error !== undefined) return {kind: 'failed', code: error.code};
    return {kind: outcome === 'kept' ? 'running' : 'done'};
  });
  const exitCode = exitCodeOf(outcomes, abortError(stop) ?? vanished);
  return {job_info: store.path, dry_run: isDryRun, items, exit_code: exitCode};
}
