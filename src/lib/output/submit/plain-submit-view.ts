import type {FileOutcome, SubmitEvent, SubmitPhase} from '../../workflows/submit/submit-report.js';
import {annotationLines} from '../text/error-text.js';
import {formatBytes, formatDuration} from '../text/format.js';
import {printable} from '../terminal/printable.js';
import {printFolded} from '../terminal/screen.js';
import {SubmitBoard} from './submit-board.js';
import {summaryLines} from './submit-summary.js';
import {outcomeText, PHASE_WORDS} from './submit-words.js';
import type {SubmitView, SubmitViewOptions} from './submit-view.js';

/** An upload says how far it is this often. */
const PROGRESS_MS = 30_000;

/** One line for each event, for pipes and CI: a line that is written stays as it is. */
export class PlainSubmitView implements SubmitView {
  readonly #options: SubmitViewOptions;
  readonly #board: SubmitBoard;
  /** When a file in progress was last written about. */
  readonly #writtenMs = new Map<number, number>();
  /** What was last written that a file is at. */
  readonly #phases = new Map<number, SubmitPhase>();

  constructor(options: SubmitViewOptions) {
    this.#options = options;
    this.#board = new SubmitBoard(options.clock);
  }

  report(event: SubmitEvent): void {
    this.#board.apply(event);
    const {screen, nextCommand} = this.#options;
    for (const line of this.#lines(event)) screen.stderr.write(`${line}\n`);
    if (event.type !== 'summary') return;
    printFolded(screen.stdout, summaryLines(event.summary, this.#board, nextCommand));
  }

  async close(): Promise<void> {
    // Every line is out already.
  }

  #lines(event: SubmitEvent): readonly string[] {
    switch (event.type) {
      case 'status':
        return [printable(event.message)];
      case 'warning':
        return [`Warning: ${printable(event.message)}`];
      case 'phase':
        return this.#phase(event.index, event.phase);
      case 'progress':
        return this.#progress(event);
      case 'wait': {
        const pause = formatDuration(event.delayMs);
        this.#phases.delete(event.index);
        return [this.#line(event.index, `again in ${pause}: ${event.reason}`)];
      }
      case 'outcome':
        return this.#outcome(event.index, event.outcome);
      case 'files':
      case 'summary':
        return [];
    }
  }

  /** A phase may be told again when a wait is over; without one in between it is no news. */
  #phase(index: number, phase: SubmitPhase): readonly string[] {
    if (this.#phases.get(index) === phase) return [];
    this.#phases.set(index, phase);
    // Its turn comes, and then it is told what is done with it.
    return phase === 'checked' ? [] : [this.#line(index, PHASE_WORDS[phase])];
  }

  #progress({
    index,
    bytes,
    totalBytes,
  }: {
    index: number;
    bytes: number;
    totalBytes: number;
  }): readonly string[] {
    const file = this.#board.active.get(index);
    const nowMs = this.#options.clock.monotonic();
    if (file === undefined || nowMs - (this.#writtenMs.get(index) ?? file.sinceMs) < PROGRESS_MS) return [];
    this.#writtenMs.set(index, nowMs);
    const percent = totalBytes === 0 ? 100 : Math.floor((bytes / totalBytes) * 100);
    return [this.#line(index, `${PHASE_WORDS[file.phase]} ${percent}% of ${formatBytes(totalBytes)}`)];
  }

  #outcome(index: number, outcome: FileOutcome): readonly string[] {
    return [
      this.#line(index, outcomeText(outcome)),
      ...(outcome.warnings ?? []).map((warning) => this.#line(index, `warning: ${warning}`)),
      ...annotationLines(outcome, this.#options.screen.env),
    ];
  }

  #line(index: number, text: string): string {
    this.#writtenMs.set(index, this.#options.clock.monotonic());
    return printable(`${this.#board.title(index)}: ${text}`);
  }
}
