import type {FileOutcome, SubmitEvent} from '../../workflows/submit/submit-report.js';
import {annotationLines} from '../text/error-text.js';
import {printable} from '../terminal/printable.js';
import {isTroubled, SubmitBoard} from './submit-board.js';
import {leftLines, troubleLines} from './submit-summary.js';
import type {SubmitView, SubmitViewOptions} from './submit-view.js';

/** What went wrong and nothing else, on stderr; of that only the warnings about the run as a whole with `silent`. */
export class QuietSubmitView implements SubmitView {
  readonly #options: SubmitViewOptions;
  readonly #board: SubmitBoard;

  constructor(options: SubmitViewOptions) {
    this.#options = options;
    this.#board = new SubmitBoard(options.clock);
  }

  report(event: SubmitEvent): void {
    this.#board.apply(event);
    if (event.type === 'warning') this.#write([`Warning: ${printable(event.message)}`]);
    // The object that the command prints holds the rest.
    if (this.#options.mode === 'silent') return;
    if (event.type === 'outcome') this.#outcome(event.outcome);
    if (event.type === 'summary') this.#write(leftLines(this.#board));
  }

  async close(): Promise<void> {
    // Every line is out already.
  }

  #outcome(outcome: FileOutcome): void {
    this.#write([
      ...troubleLines(isTroubled(outcome) ? [{outcome}] : []),
      ...annotationLines(outcome, this.#options.screen.env),
    ]);
  }

  #write(lines: readonly string[]): void {
    for (const line of lines) this.#options.screen.stderr.write(`${line}\n`);
  }
}
