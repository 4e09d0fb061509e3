import {GembatchError} from '../../domain/errors.js';
import {isOfService} from '../../domain/service/service-address.js';
import {isReached} from '../../domain/service/service-of.js';
import {describeLockHolder} from '../../domain/lock-holder.js';
import type {Intent} from '../../domain/job/job-record.js';
import type {JobStore, Session} from '../../store/job-store.js';
import {discardUpload} from '../cleanup/discard-remote.js';
import type {KnownJobs} from '../submit/duplicates/known-jobs.js';
import type {SubmitDeps} from '../submit/submit-run.js';
import {recoveryMessage, seconds} from './grace-time.js';
import {
  reconcileIntents,
  stillUnclear,
  type ReconcileDeps,
  type ReconciledIntent,
} from './reconcile-intents.js';

export interface ReconcileJournalDeps extends ReconcileDeps {
  readonly store: JobStore;
  /** Takes what became of each create; must not throw. */
  readonly report: (event: {readonly type: 'warning'; readonly message: string}) => void;
}

/** How to look at the journal. */
export interface ReconcileJournalOptions {
  /** How long after its create a job may first show up in the service's list, in milliseconds. */
  readonly graceMs: number;
  readonly stop: AbortSignal;
  /** Since when no process has had the session, by the monotonic clock; now when absent. */
  readonly deadSinceMs?: number;
  /** Since when lists of earlier looks have lacked the job of a create, by its attempt and the monotonic clock. */
  readonly absentSince?: ReadonlyMap<string, number>;
}

/** How a look at the journal ended. */
export type JournalLook =
  /** A live process has the session, so that what is in the journal is its own; `holder` names it. */
  | {readonly kind: 'held'; readonly holder: string}
  /** No process has it. `unclear` are the creates whose outcome is still unknown. */
  | {readonly kind: 'free'; readonly unclear: readonly ReconciledIntent[]};

/**
 * Puts in order what a dead submission left behind, unless a live one is at work: publishes jobs that are in the journal
 * only, and asks the service once what came of creates without an answer. Never waits.
 *
 * @throws GembatchError STORAGE, LOCK_LOST, KEY_REFUSED.
 */
export async function reconcileJournal(
  deps: ReconcileJournalDeps,
  options: ReconcileJournalOptions,
): Promise<JournalLook> {
  const attempt = await deps.store.trySession((session) => reconcileOnce(deps, session, options));
  if (!attempt.held) return {kind: 'held', holder: describeLockHolder(attempt.holder)};
  for (const reconciled of attempt.value) {
    if (reconciled.result.outcome !== 'unclear') await noteOutcome(deps, reconciled);
  }
  const unclear = attempt.value.filter(({result}) => result.outcome === 'unclear');
  const refused = unclear.find(({error}) => error?.code === 'KEY_REFUSED');
  if (refused?.error !== undefined) throw refused.error;
  return {kind: 'free', unclear};
}

/** Whether asking again would change nothing: a person has to look at the create. */
export function needsDecision({error, absentSinceMs}: ReconciledIntent): boolean {
  return error?.code === 'UNCLEAR' && absentSinceMs === undefined;
}

/** Looks through the service's list, again only to confirm: it does not wait for jobs that may show up late. */
async function reconcileOnce(
  deps: ReconcileJournalDeps,
  session: Session,
  {stop, ...options}: ReconcileJournalOptions,
): Promise<readonly ReconciledIntent[]> {
  const round = new AbortController();
  const end = (): void => round.abort(new GembatchError('INTERRUPTED', 'Looked through the list once.'));
  if (stop.aborted) end();
  stop.addEventListener('abort', end, {once: true});
  try {
    const {address, services} = deps.client;
    const openIntents = session
      .snapshot()
      .openIntents.filter((intent) => isOfService(intent, address) && isReached(services, intent));
    return await reconcileIntents(deps, session, openIntents, {
      ...options,
      graceFrom: 'intent',
      stop: round.signal,
      onWait: ({isConfirming}) => {
        if (!isConfirming) end();
      },
    });
  } finally {
    stop.removeEventListener('abort', end);
  }
}

/** What a submission reconciles with before it creates jobs. */
export interface EarlierRun {
  readonly deps: SubmitDeps;
  readonly session: Session;
  /** Gains the jobs that are adopted. */
  readonly known: KnownJobs;
  /** Aborted when the journal cannot be written. */
  readonly halt: AbortController;
  /** How long after its create a job may first show up in the service's list, in milliseconds. */
  readonly createGraceMs: number;
  /** Whether the user says that no job came of a create whose outcome is unknown. */
  readonly isAssumedNotCreated?: (intent: Intent) => boolean;
}

/**
 * Reconciles the creates that earlier runs left open, waiting out the grace time, and says what it found. Adopted jobs are
 * known when it returns.
 *
 * Never rejects for an error of the journal: that ends the run, and what is not reconciled stays unclear.
 */
export async function reconcileEarlier(
  run: EarlierRun,
  intents: readonly Intent[],
): Promise<readonly ReconciledIntent[]> {
  if (intents.length === 0) return [];
  const {deps, session, known, halt} = run;
  const say = (message: string): void => deps.report({type: 'status', message});
  say(recoveryMessage(intents.length, run.createGraceMs));
  try {
    const reconciled = await reconcileIntents(deps, session, intents, {
      graceMs: run.createGraceMs,
      graceFrom: 'intent',
      stop: halt.signal,
      onWait: ({delayMs, leftMs}) =>
        say(
          `Not in the service's list yet; looking again in ${seconds(delayMs)}, for ${seconds(leftMs)} at most`,
        ),
      ...(run.isAssumedNotCreated === undefined ? {} : {isAssumedNotCreated: run.isAssumedNotCreated}),
    });
    for (const entry of reconciled) {
      if (entry.record !== undefined) known.add(entry.record);
      await noteOutcome(deps, entry);
    }
    return reconciled;
  } catch (error) {
    if (!(error instanceof GembatchError)) throw error;
    halt.abort(error);
    return intents.map((intent) => stillUnclear(intent, error));
  }
}

/** Says what came of a create, and deletes the upload of one that came to nothing. */
async function noteOutcome(
  deps: Pick<ReconcileJournalDeps, 'client' | 'clock' | 'report' | 'store'>,
  {intent, result}: ReconciledIntent,
): Promise<void> {
  deps.report({type: 'warning', message: result.message});
  if (result.outcome !== 'aborted') return;
  const upload = {name: intent.uploaded_file_name, inputFile: intent.input_file};
  const warning = await discardUpload(deps, upload, intent.sha256);
  if (warning !== undefined) deps.report({type: 'warning', message: warning});
}
