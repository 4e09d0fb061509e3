import {GembatchError} from '../../domain/errors.js';
import {isOfService} from '../../domain/job/service-address.js';
import {describeLockHolder} from '../../domain/lock-holder.js';
import type {JobStore, Session} from '../../store/job-store.js';
import {discardUpload} from '../cleanup/discard-remote.js';
import {settleIntents, type SettleDeps, type Settlement} from './reconcile-intents.js';

export interface SettleJournalDeps extends SettleDeps {
  readonly store: JobStore;
  /** Takes what became of each create; must not throw. */
  readonly report: (event: {readonly type: 'warning'; readonly message: string}) => void;
}

/** How to look at the journal. */
export interface SettleJournalOptions {
  /** How long after its create a job may first show up in the service's list, in milliseconds. */
  readonly graceMs: number;
  readonly stop: AbortSignal;
  /** Since when nobody has had the session, by the monotonic clock; now when absent. */
  readonly deadSinceMs?: number;
  /** Since when lists of earlier looks have lacked the job of a create, by its attempt and the monotonic clock. */
  readonly absentSince?: ReadonlyMap<string, number>;
}

/** How a look at the journal ended. */
export type JournalLook =
  /** A live process has the session, so that what is in the journal is its own; `holder` names it. */
  | {readonly kind: 'held'; readonly holder: string}
  /** Nobody has it. What could be settled is; `unclear` are the creates that could not be. */
  | {readonly kind: 'free'; readonly unclear: readonly Settlement[]};

/**
 * Puts in order what a dead submission left behind, unless a live one is at work: publishes jobs that are in the journal
 * only, and asks the service once what came of creates without an answer. Waits for nobody.
 *
 * @throws GembatchError STORAGE, LOCK_LOST, KEY_REFUSED.
 */
export async function settleJournal(
  deps: SettleJournalDeps,
  options: SettleJournalOptions,
): Promise<JournalLook> {
  const attempt = await deps.store.trySession((session) => settleOnce(deps, session, options));
  if (!attempt.held) return {kind: 'held', holder: describeLockHolder(attempt.holder)};
  for (const settlement of attempt.value) await follow(deps, settlement);
  const unclear = attempt.value.filter(({result}) => result.outcome === 'unclear');
  const refused = unclear.find(({error}) => error?.code === 'KEY_REFUSED');
  if (refused?.error !== undefined) throw refused.error;
  return {kind: 'free', unclear};
}

/** Whether asking again would change nothing: a person has to look at the create. */
export function needsDecision({error, absentSinceMs}: Settlement): boolean {
  return error?.code === 'UNCLEAR' && absentSinceMs === undefined;
}

/** Looks through the service's list, again only to confirm: it does not wait for jobs that may show up late. */
async function settleOnce(
  deps: SettleJournalDeps,
  session: Session,
  {stop, ...options}: SettleJournalOptions,
): Promise<readonly Settlement[]> {
  const round = new AbortController();
  const end = (): void => round.abort(new GembatchError('INTERRUPTED', 'Looked through the list once.'));
  if (stop.aborted) end();
  stop.addEventListener('abort', end, {once: true});
  try {
    const openIntents = session
      .snapshot()
      .openIntents.filter((intent) => isOfService(intent, deps.client.address));
    return await settleIntents(deps, session, openIntents, {
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

/** Says what came of a create, and deletes the upload of one that came to nothing. */
async function follow(deps: SettleJournalDeps, {intent, result}: Settlement): Promise<void> {
  if (result.outcome === 'unclear') return;
  deps.report({type: 'warning', message: result.message});
  if (result.outcome === 'adopted') return;
  const warning = await discardUpload(deps, intent.uploaded_file_name, intent.sha256);
  if (warning !== undefined) deps.report({type: 'warning', message: warning});
}
