/**
 * A live list of tasks on a terminal. The only importer of listr2.
 *
 * listr2's own renderer prints every task; with more tasks than rows the terminal scrolls and cannot be redrawn. This
 * one draws the lines of one screen, a few times a second.
 */
import {Listr, ProcessOutputStream, type ListrRenderer, type ListrTaskWrapper} from 'listr2';
import {displayWidth} from '../terminal/display-width.js';
import {LiveLines} from '../terminal/live-lines.js';

/** How a task ended; `text` says why it was skipped or failed. */
export interface EndedTask {
  readonly state: 'done' | 'skipped' | 'failed';
  readonly text: string;
}

/** A task of the list. */
export interface ListedTask {
  readonly title: string;
  readonly ended: Promise<EndedTask>;
}

/** The room for what is drawn: no line may be wider, and there may be no more of them. */
export interface Room {
  readonly columns: number;
  readonly rows: number;
}

/** How the list is drawn. */
export interface TaskListOptions {
  readonly stream: NodeJS.WriteStream;
  /** The lines of a screen while tasks run. */
  readonly frame: (room: Room) => readonly string[];
  /** The lines that stay when all is over; there may be more of them than rows. */
  readonly lastFrame: (room: Room) => readonly string[];
}

const REDRAW_MS = 100;
/** So many rows of what others wrote last stay in view above the list. */
const MOST_ROWS_ABOVE = 3;
const DEFAULT_ROOM: Room = {columns: 80, rows: 24};

const HIDE_CURSOR = '\u001B[?25l';
const SHOW_CURSOR = '\u001B[?25h';

/**
 * Shows a list of tasks until all of them have come to their end. What others write to the stream meanwhile appears
 * above the list. The cursor comes back also when the process ends in the middle.
 */
export async function runTaskList(tasks: readonly ListedTask[], options: TaskListOptions): Promise<void> {
  const list = new Listr(
    tasks.map(({title, ended}) => ({
      title,
      task: async (_context: unknown, task: Pick<WindowTask, 'skip'>) => {
        const {state, text} = await ended;
        if (state === 'skipped') task.skip(text);
        if (state === 'failed') throw new Error(text);
      },
    })),
    {
      concurrent: true,
      exitOnError: false,
      // Ctrl-C is the command's business: it brings what is in flight to its end first.
      registerSignalListeners: false,
      renderer: WindowRenderer,
      fallbackRenderer: WindowRenderer,
      rendererOptions: options,
    },
  );
  await list.run();
}

type WindowTask = ListrTaskWrapper<unknown, typeof WindowRenderer, typeof WindowRenderer>;

class WindowRenderer implements ListrRenderer {
  static readonly nonTTY = true;
  static rendererOptions: TaskListOptions;
  static rendererTaskOptions: never;

  readonly #options: TaskListOptions;
  readonly #output: ProcessOutputStream;
  readonly #lines: LiveLines;
  readonly #onExit = (): void => this.#restore();
  #timer: NodeJS.Timeout | undefined;
  /** The rows that others have written since the list began. */
  #rowsAbove = 0;

  constructor(_tasks: unknown, options: TaskListOptions) {
    const {stream} = options;
    const output = new ProcessOutputStream(stream);
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
    process.once('exit', this.#onExit);
    this.#output.write(HIDE_CURSOR);
    this.#output.hijack();
    this.#redraw();
    this.#timer = setInterval(() => this.#redraw(), REDRAW_MS);
  }

  end(): void {
    clearInterval(this.#timer);
    process.off('exit', this.#onExit);
    this.#lines.print([...this.#takeOthers(), ...this.#options.lastFrame(this.#room)], []);
    this.#restore();
  }

  #redraw(): void {
    const others = this.#takeOthers();
    this.#rowsAbove += others.reduce((rows, line) => rows + this.#rowsOf(line), 0);
    const frame = this.#options.frame(this.#room);
    if (others.length === 0) this.#lines.draw(frame);
    else this.#lines.print(others, frame);
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
    return Math.max(
      1,
      Math.ceil(displayWidth(line) / (this.#options.stream.columns || DEFAULT_ROOM.columns)),
    );
  }
}
