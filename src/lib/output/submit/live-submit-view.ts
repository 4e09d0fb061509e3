import type {FileOutcome, SubmitEvent, SubmitSummary} from '../../workflows/submit/submit-report.js';
import {annotationLines} from '../text/error-text.js';
import {printable} from '../terminal/printable.js';
import {colorsFor, marksFor, printFolded} from '../terminal/screen.js';
import {SubmitBoard} from './submit-board.js';
import {endedLine, submitFrame, type FrameStyle} from './submit-frame.js';
import {summaryLines} from './submit-summary.js';
import {outcomeText} from './submit-words.js';
import type {SubmitView, SubmitViewOptions} from './submit-view.js';
import type {EndedTask, Room} from './task-list.js';

/** With more files than this only the troubled ones stay on the screen. */
const MAX_LASTING_LINES = 50;

/** How a task ends that stands for a file with this outcome. */
const TASK_STATES = {
  submitted: 'done',
  would_submit: 'done',
  skipped: 'skipped',
  not_started: 'skipped',
  failed: 'failed',
  unclear: 'failed',
} as const satisfies Record<FileOutcome['outcome'], EndedTask['state']>;

/** A task list on a terminal, one task per file; warnings about the run as a whole stay above it. */
export class LiveSubmitView implements SubmitView {
  readonly #options: SubmitViewOptions;
  readonly #board: SubmitBoard;
  readonly #style: FrameStyle;
  readonly #enders = new Map<number, (end: EndedTask) => void>();
  #list: Promise<void> | undefined;
  #summary: SubmitSummary | undefined;

  constructor(options: SubmitViewOptions) {
    const {clock, screen} = options;
    this.#options = options;
    this.#board = new SubmitBoard(clock);
    this.#style = {clock, marks: marksFor(screen), colors: colorsFor(screen.stderr, screen.env)};
  }

  report(event: SubmitEvent): void {
    const {stderr} = this.#options.screen;
    // What is done before there is a list is written; later the list shows it.
    if (event.type === 'status' && this.#list === undefined) {
      printFolded(stderr, [printable(event.message)]);
      return;
    }
    this.#board.apply(event);
    if (event.type === 'files') this.#list = this.#start(event.files.map(({index}) => index));
    if (event.type === 'warning') printFolded(stderr, [`Warning: ${printable(event.message)}`]);
    if (event.type === 'outcome') this.#end(event.index, event.outcome);
    if (event.type === 'summary') this.#summary = event.summary;
  }

  async close(): Promise<void> {
    for (const end of this.#enders.values()) end({state: 'skipped', text: 'not begun'});
    await this.#list;
    const {screen, nextCommand} = this.#options;
    for (const {outcome} of this.#board.finished) {
      for (const line of annotationLines(outcome, screen.env)) screen.stderr.write(`${line}\n`);
    }
    if (this.#summary === undefined) return;
    screen.stderr.write('\n');
    printFolded(screen.stdout, summaryLines(this.#summary, this.#board, nextCommand));
  }

  async #start(indexes: readonly number[]): Promise<void> {
    const tasks = indexes.map((index) => ({
      title: this.#board.title(index),
      ended: new Promise<EndedTask>((resolve) => this.#enders.set(index, resolve)),
    }));
    const {runTaskList} = await import('./task-list.js');
    await runTaskList(tasks, {
      stream: this.#options.screen.stderr,
      frame: (room) => submitFrame(this.#board, room, this.#style),
      lastFrame: (room) => this.#lastFrame(room),
    });
  }

  #end(index: number, outcome: FileOutcome): void {
    this.#enders.get(index)?.({state: TASK_STATES[outcome.outcome], text: outcomeText(outcome)});
    this.#enders.delete(index);
  }

  #lastFrame({columns}: Room): readonly string[] {
    const {finished, troubled, total} = this.#board;
    const lasting = total <= MAX_LASTING_LINES ? finished : troubled;
    return lasting
      .toSorted((a, b) => a.index - b.index)
      .slice(0, MAX_LASTING_LINES)
      .map((file) => endedLine(this.#board, file, columns, this.#style));
  }
}
