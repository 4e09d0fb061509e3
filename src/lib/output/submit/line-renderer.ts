import {ListrTaskEventType, ListrTaskState, type ListrRenderer} from 'listr2';
import type {Clock} from '../../domain/clock.js';
import {printable} from '../terminal/printable.js';
import type {FileOutcome} from '../../workflows/submit/submit-report.js';
import type {Screen} from '../terminal/screen.js';
import {fileAnnotations} from '../github/annotations.js';
import {needsAttention} from './file-tally.js';
import {endText, outcomeOf, type FileTaskObject} from './file-task.js';
import {attentionLines} from './submit-summary.js';

export interface LineRendererOptions {
  readonly screen: Screen;
  readonly clock: Clock;
  /** Writes only what went wrong. */
  readonly isQuiet: boolean;
  /** Whether the end of the command says what is wrong with a file, so that its line need not. */
  readonly isListedSoon: (outcome: FileOutcome) => boolean;
}

/** A task that takes long says how far it is this often. */
const PROGRESS_MS = 30_000;

/** Writes a line when a task ends, for pipes and CI: a line that is written stays as it is. */
export class LineRenderer implements ListrRenderer {
  static readonly nonTTY = true;
  static rendererOptions: LineRendererOptions;
  static rendererTaskOptions: never;

  readonly #tasks: readonly FileTaskObject[];
  readonly #options: LineRendererOptions;
  /** When a task was last written about. */
  readonly #writtenMs = new Map<FileTaskObject, number>();

  constructor(tasks: readonly FileTaskObject[], options: LineRendererOptions) {
    this.#tasks = tasks;
    this.#options = options;
  }

  render(): void {
    for (const task of this.#tasks) {
      task.on(ListrTaskEventType.CLOSED, () => this.#ended(task));
      if (this.#options.isQuiet) continue;
      task.on(ListrTaskEventType.STATE, (state) => {
        if (state === ListrTaskState.STARTED) this.#note(task);
      });
      task.on(ListrTaskEventType.OUTPUT, (output) => this.#progress(task, output));
    }
  }

  end(): void {
    // Every line is out already.
  }

  /** Says what a long or waiting task is doing. */
  #progress(task: FileTaskObject, output: string): void {
    if (outcomeOf(task) !== undefined) return;
    const sinceMs = this.#options.clock.monotonic() - (this.#writtenMs.get(task) ?? 0);
    if (sinceMs < PROGRESS_MS && !output.startsWith('again in ')) return;
    this.#write([printable(`${task.title}: ${output.replaceAll('\n', ', ')}`)]);
    this.#note(task);
  }

  #ended(task: FileTaskObject): void {
    this.#writtenMs.delete(task);
    const outcome = outcomeOf(task);
    // Files that wait for quota are counted in one line, not in one each.
    if (outcome === undefined || (outcome.outcome === 'not_started' && outcome.error?.code === 'QUOTA'))
      return;
    const {isQuiet, screen} = this.#options;
    const lines = isQuiet
      ? attentionLines(needsAttention(outcome) ? [outcome] : [])
      : this.#endTexts(task, outcome).map((text) => printable(`${task.title}: ${text}`));
    this.#write([...lines, ...fileAnnotations(outcome, screen.env)]);
  }

  #endTexts(task: FileTaskObject, outcome: FileOutcome): readonly string[] {
    const {warnings = []} = outcome;
    if (this.#options.isListedSoon(outcome))
      return [outcome.error === undefined ? endText(task) : outcome.outcome.replace('_', ' ')];
    return [endText(task), ...warnings.map((text) => `warning: ${text}`)];
  }

  #note(task: FileTaskObject): void {
    this.#writtenMs.set(task, this.#options.clock.monotonic());
  }

  #write(lines: readonly string[]): void {
    for (const line of lines) this.#options.screen.stderr.write(`${line}\n`);
  }
}
