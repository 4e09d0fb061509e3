import type {FollowedJobs} from '../poll/followed-jobs.js';
import type {PollDeps} from '../poll/poll-run.js';
import {recoveryMessage} from './grace-time.js';
import {needsDecision, reconcileJournal, type ReconcileJournalOptions} from './reconcile-journal.js';
import type {ReconciledIntent} from './reconcile-intents.js';
import {hasSessionLock} from '../job-states/fresh-store.js';

/** Whether more jobs may still come: from a submission that runs, or out of the journal of one that died. */
export class JournalWatch {
  readonly #deps: PollDeps;
  readonly #followed: FollowedJobs;
  readonly #options: Pick<ReconcileJournalOptions, 'graceMs' | 'stop'>;
  readonly #absentSince = new Map<string, number>();
  /** Attempts of creates about which a person was told. */
  readonly #told = new Set<string>();
  #unclear: readonly ReconciledIntent[] = [];
  #holder: string | undefined;
  /** Since when no process has had the session, by the monotonic clock. */
  #deadSinceMs: number | undefined;

  constructor(
    deps: PollDeps,
    followed: FollowedJobs,
    options: Pick<ReconcileJournalOptions, 'graceMs' | 'stop'>,
  ) {
    this.#deps = deps;
    this.#followed = followed;
    this.#options = options;
  }

  /** Reconciles what a dead submission left in the journal, as far as one look at the service can. */
  async reconcile(): Promise<void> {
    if (!this.#followed.needsReconciling) return;
    await this.#tryToReconcile();
  }

  /** Whether asking again may still tell what came of a create. */
  get hasOpenQuestions(): boolean {
    const undecided = new Set(this.#unclear.filter(needsDecision).map(({intent}) => intent.attempt));
    return this.#followed.openIntents.some(({attempt}) => !undecided.has(attempt));
  }

  /** Whether a live process is adding jobs. Says so the first time. */
  async isSubmitting(): Promise<boolean> {
    if (!hasSessionLock(this.#deps.store.path)) return false;
    const holder = this.#holder;
    await this.#tryToReconcile();
    if (this.#holder !== undefined && this.#holder !== holder) {
      this.#deps.report({type: 'status', message: `Waiting for jobs of ${this.#holder}`});
    }
    return this.#holder !== undefined;
  }

  async #tryToReconcile(): Promise<void> {
    const deadSinceMs = this.#deadSinceMs ?? this.#deps.clock.monotonic();
    const look = await reconcileJournal(this.#deps, {
      ...this.#options,
      deadSinceMs,
      absentSince: this.#absentSince,
    });
    this.#holder = look.kind === 'held' ? look.holder : undefined;
    if (look.kind === 'free') this.#noteUnclear(look.unclear);
    this.#deadSinceMs = look.kind === 'free' ? deadSinceMs : undefined;
    this.#followed.reload();
  }

  #noteUnclear(unclear: readonly ReconciledIntent[]): void {
    this.#unclear = unclear;
    for (const entry of unclear) {
      const {attempt} = entry.intent;
      if (entry.absentSinceMs !== undefined) this.#absentSince.set(attempt, entry.absentSinceMs);
      if (!needsDecision(entry) || this.#told.has(attempt) || entry.error === undefined) continue;
      this.#told.add(attempt);
      const {message, suggestions} = entry.error;
      this.#deps.report({type: 'warning', message: [message, ...suggestions].join(' ')});
    }
    const isNews = this.#deadSinceMs === undefined && unclear.length > 0 && this.hasOpenQuestions;
    if (!isNews) return;
    const message = recoveryMessage(unclear.length, this.#options.graceMs);
    this.#deps.report({type: 'status', message});
  }
}
