import {ListrTaskEventType, ListrTaskState, ProcessOutputStream, type ListrRenderer} from 'listr2';
import {displayWidth} from '../terminal/display-width.js';
import {LiveLines} from '../terminal/live-lines.js';
import {needsAttention} from './file-tally.js';
import {outcomeOf, type FileTaskObject} from './file-task.js';
import {endedLine, listFrame, type FrameStyle, type ListState, type Room} from './terminal-frame.js';

export interface TerminalRendererOptions extends FrameStyle {
  readonly stream: NodeJS.WriteStream;
  readonly tally: ListState['tally'];
  /** How many files there are; more than tasks when the list is one of several. */
  readonly total: number;
  /** What the submission as a whole is busy with besides its files. */
  readonly status: () => string | undefined;
  readonly uploadRate: ListState['uploadRate'];
  /** Brings the outputs of the tasks that run up to date. */
  readonly refresh: () => void;
}

const REDRAW_MS = 100;
/** With more files than this only those that need attention stay on the screen. */
const MAX_LASTING_LINES = 50;
/** So many rows of what others wrote last stay in view above the list. */
const MOST_ROWS_ABOVE = 3;
const DEFAULT_ROOM: Room = {columns: 80, rows: 24};

const HIDE_CURSOR = '\u001B[?25l';
const SHOW_CURSOR = '\u001B[?25h';

/**
 * Draws a list of tasks on a terminal, as much of it as one screen has room for, a few times a second.
 *
 * listr2's own renderer prints every task; with more tasks than rows the terminal scrolls and cannot be redrawn. What others
 * write to the stream meanwhile appears above the list. The cursor comes back also when the process ends in the middle.
 */
export class TerminalRenderer implements ListrRenderer {
  static readonly nonTTY = true;
  static rendererOptions: TerminalRendererOptions;
  static rendererTaskOptions: never;

  readonly #tasks: readonly FileTaskObject[];
  readonly #options: TerminalRendererOptions;
  readonly #output: ProcessOutputStream;
  readonly #lines: LiveLines;
  readonly #active = new Set<FileTaskObject>();
  readonly #ended: FileTaskObject[] = [];
  readonly #needAttention: FileTaskObject[] = [];
  readonly #onExit = (): void => this.#restore();
  #timer: NodeJS.Timeout | undefined;
  /** The rows that others have written since the list began. */
  #rowsAbove = 0;

  constructor(tasks: readonly FileTaskObject[], options: TerminalRendererOptions) {
    const {stream} = options;
    const output = new ProcessOutputStream(stream);
    this.#tasks = tasks;
    this.#options = options;
    this.#output = output;
    this.#lines = new LiveLines({
      get columns() {
        return stream.columns || DEFAULT_ROOM.columns;
      },
      write: (text: string) => output.write(text),
    });
  }

  render(): void {
    for (const task of this.#tasks) this.#follow(task);
    process.once('exit', this.#onExit);
    this.#output.write(HIDE_CURSOR);
    this.#output.hijack();
    this.#redraw();
    this.#timer = setInterval(() => this.#redraw(), REDRAW_MS);
  }

  end(): void {
    clearInterval(this.#timer);
    process.off('exit', this.#onExit);
    this.#lines.print([...this.#takeOthers(), ...this.#lastFrame()], []);
    this.#restore();
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

  #redraw(): void {
    const others = this.#takeOthers();
    this.#rowsAbove += others.reduce((rows, line) => rows + this.#rowsOf(line), 0);
    const {tally, total, uploadRate, status, refresh} = this.#options;
    refresh();
    const frame = listFrame(
      {
        total,
        tally,
        uploadRate,
        status: status(),
        active: this.#active,
        ended: this.#ended,
        needAttention: this.#needAttention,
      },
      this.#room,
      this.#options,
    );
    if (others.length === 0) this.#lines.draw(frame);
    else this.#lines.print(others, frame);
  }

  /** The lines that stay when all is over; there may be more of them than rows. */
  #lastFrame(): readonly string[] {
    const lasting = this.#options.total <= MAX_LASTING_LINES ? this.#tasks : this.#needAttention;
    return lasting
      .slice(0, MAX_LASTING_LINES)
      .map((task) => endedLine(task, this.#room.columns, this.#options));
  }

  /** What others wrote to the stream, which would have stood in the middle of the list. */
  #takeOthers(): readonly string[] {
    const entries = this.#output.release();
    this.#output.hijack();
    const text = entries.map(({entry}) => entry).join('');
    return text === '' ? [] : text.replace(/\n$/u, '').split('\n');
  }

  #restore(): void {
    const others = this.#takeOthers();
    this.#output.release();
    this.#output.write(`${others.map((line) => `${line}\n`).join('')}${SHOW_CURSOR}`);
  }

  get #room(): Room {
    const {columns, rows} = this.#options.stream;
    return {
      // A character in the last column makes some terminals break the line, and some do not.
      columns: Math.max(1, (columns || DEFAULT_ROOM.columns) - 1),
      // The cursor stands below the last line.
      rows: Math.max(1, (rows || DEFAULT_ROOM.rows) - 1 - Math.min(this.#rowsAbove, MOST_ROWS_ABOVE)),
    };
  }

  #rowsOf(line: string): number {
    const columns = this.#options.stream.columns || DEFAULT_ROOM.columns;
    return Math.max(1, Math.ceil(displayWidth(line) / columns));
  }
}
