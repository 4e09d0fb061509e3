import {ListrTaskEventType, ListrTaskState, type ListrRenderer} from 'listr2';
import {commonHead} from '../terminal/short-names.js';
import {LiveScreen, roomOf, type Room} from '../terminal/live-screen.js';
import {needsAttention} from './file-tally.js';
import {outcomeOf, type FileTaskObject} from './file-task.js';
import {lastingLines, listFrame, titleOf, type FrameStyle, type ListState} from './terminal-frame.js';

export interface TerminalRendererOptions extends Omit<FrameStyle, 'head'> {
  readonly stream: NodeJS.WriteStream;
  readonly tally: ListState['tally'];
  /** How many files there are; more than tasks when the list is one of several. */
  readonly total: number;
  /** What the submission as a whole is busy with besides its files. */
  readonly status: () => string | undefined;
  /** What all that is left waits for; see `ListState`. */
  readonly quota: () => ListState['quota'];
  readonly uploadRate: ListState['uploadRate'];
  /** Brings the outputs of the tasks that run up to date. */
  readonly refresh: () => void;
}

const REDRAW_MS = 100;
/** With more files than this only those that need attention stay on the screen. */
const MAX_LASTING_LINES = 50;

/**
 * Draws a list of tasks on a terminal, as much of it as one screen has room for.
 *
 * listr2's own renderer prints every task; with more tasks than rows the terminal scrolls and cannot be redrawn.
 */
export class TerminalRenderer implements ListrRenderer {
  static readonly nonTTY = true;
  static rendererOptions: TerminalRendererOptions;
  static rendererTaskOptions: never;

  readonly #tasks: readonly FileTaskObject[];
  readonly #options: TerminalRendererOptions & FrameStyle;
  readonly #screen: LiveScreen;
  readonly #active = new Set<FileTaskObject>();
  readonly #ended: FileTaskObject[] = [];
  readonly #needAttention: FileTaskObject[] = [];

  constructor(tasks: readonly FileTaskObject[], options: TerminalRendererOptions) {
    const {stream} = options;
    this.#tasks = tasks;
    this.#options = {...options, head: commonHead(tasks.map((task) => titleOf(task).name))};
    this.#screen = new LiveScreen({stream, redrawMs: REDRAW_MS, frame: (room) => this.#frame(room)});
  }

  render(): void {
    for (const task of this.#tasks) this.#follow(task);
    this.#screen.start();
  }

  end(): void {
    const {total, stream} = this.#options;
    // What was not started is counted in the summary.
    const begun = this.#tasks.filter((task) => outcomeOf(task)?.outcome !== 'not_started');
    const lasting = total <= MAX_LASTING_LINES ? begun : this.#needAttention;
    const {columns} = roomOf(stream);
    this.#screen.end(
      lasting.slice(0, MAX_LASTING_LINES).flatMap((task) => lastingLines(task, columns, this.#options)),
    );
  }

  #follow(task: FileTaskObject): void {
    task.on(ListrTaskEventType.STATE, (state) => {
      if (state === ListrTaskState.STARTED) this.#active.add(task);
    });
    task.on(ListrTaskEventType.CLOSED, () => {
      const outcome = outcomeOf(task);
      this.#active.delete(task);
      this.#ended.push(task);
      if (outcome !== undefined && needsAttention(outcome)) this.#needAttention.push(task);
    });
  }

  #frame(room: Room): readonly string[] {
    const {tally, total, uploadRate, status, quota, refresh} = this.#options;
    refresh();
    return listFrame(
      {
        total,
        tally,
        uploadRate,
        status: status(),
        quota: quota(),
        active: this.#active,
        ended: this.#ended,
        needAttention: this.#needAttention,
      },
      room,
      this.#options,
    );
  }
}
