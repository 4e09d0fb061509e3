import type {JobBoard} from '../poll/job-board.js';
import type {PollDeps} from '../poll/poll-run.js';
import {isHopeless, settleJournal, type SettleJournalOptions} from './settle-journal.js';
import type {Settlement} from './settle-intents.js';
import {hasSessionLock} from '../submit/store-stamp.js';

/** Whether more jobs may still come: from a submission that runs, or out of the journal of one that died. */
export class JournalWatch {
  readonly #deps: PollDeps;
  readonly #board: JobBoard;
  readonly #options: SettleJournalOptions;
  #unclear: readonly Settlement[] = [];
  #holder: string | undefined;

  constructor(deps: PollDeps, board: JobBoard, options: SettleJournalOptions) {
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
    const hopeless = new Set(this.#unclear.filter(isHopeless).map(({intent}) => intent.attempt));
    return this.#board.openIntents.some(({attempt}) => !hopeless.has(attempt));
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
    const look = await settleJournal(this.#deps, this.#options);
    this.#holder = look.kind === 'held' ? look.holder : undefined;
    if (look.kind === 'free') this.#unclear = look.unclear;
    this.#board.reload();
  }
}
