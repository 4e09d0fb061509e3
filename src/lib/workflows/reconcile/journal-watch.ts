import type {FollowedJobs} from '../poll/followed-jobs.js';
import type {PollDeps} from '../poll/poll-run.js';
import {recoveryMessage} from './grace-time.js';
import {needsDecision, settleJournal, type SettleJournalOptions} from './reconcile-journal.js';
import type {Settlement} from './reconcile-intents.js';
import {hasSessionLock} from '../job-states/fresh-store.js';

/** Whether more jobs may still come: from a submission that runs, or out of the journal of one that died. */
export class JournalWatch {
  readonly #deps: PollDeps;
  readonly #board: FollowedJobs;
  readonly #options: Pick<SettleJournalOptions, 'graceMs' | 'stop'>;
  readonly #absentSince = new Map<string, number>();
  #unclear: readonly Settlement[] = [];
  #holder: string | undefined;
  /** Since when nobody has had the session, by the monotonic clock. */
  #deadSinceMs: number | undefined;

  constructor(deps: PollDeps, board: FollowedJobs, options: Pick<SettleJournalOptions, 'graceMs' | 'stop'>) {
    this.#deps = deps;
    this.#board = board;
    this.#options = options;
  }

  /** Settles what a dead submission left in the journal, as far as one look at the service can. */
  async settle(): Promise<void> {
    if (!this.#board.hasUnsettled) return;
    await this.#tryToSettle();
  }

  /** Whether asking again may still tell what came of a create. */
  get hasOpenQuestions(): boolean {
    const undecided = new Set(this.#unclear.filter(needsDecision).map(({intent}) => intent.attempt));
    return this.#board.openIntents.some(({attempt}) => !undecided.has(attempt));
  }

  /** Whether a live process is adding jobs. Says so the first time. */
  async isSubmitting(): Promise<boolean> {
    if (!hasSessionLock(this.#deps.store.path)) return false;
    const holder = this.#holder;
    await this.#tryToSettle();
    if (this.#holder !== undefined && this.#holder !== holder) {
      this.#deps.report({type: 'status', message: `Waiting for jobs of ${this.#holder}`});
    }
    return this.#holder !== undefined;
  }

  async #tryToSettle(): Promise<void> {
    const deadSinceMs = this.#deadSinceMs ?? this.#deps.clock.monotonic();
    const look = await settleJournal(this.#deps, {
      ...this.#options,
      deadSinceMs,
      absentSince: this.#absentSince,
    });
    this.#holder = look.kind === 'held' ? look.holder : undefined;
    if (look.kind === 'free') this.#noteUnclear(look.unclear);
    this.#deadSinceMs = look.kind === 'free' ? deadSinceMs : undefined;
    this.#board.reload();
  }

  #noteUnclear(unclear: readonly Settlement[]): void {
    this.#unclear = unclear;
    for (const {intent, absentSinceMs} of unclear) {
      if (absentSinceMs !== undefined) this.#absentSince.set(intent.attempt, absentSinceMs);
    }
    const isNews = this.#deadSinceMs === undefined && this.hasOpenQuestions;
    if (!isNews) return;
    const message = recoveryMessage(unclear.length, this.#options.graceMs);
    this.#deps.report({type: 'status', message});
  }
}
