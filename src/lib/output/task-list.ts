/**
 * A live list of tasks on a terminal. The only importer of listr2.
 *
 * listr2's own renderer prints every task; with more tasks than rows the terminal scrolls and cannot be redrawn. This
 * one draws the lines of one screen, cut to its width, a few times a second.
 */
import {Listr, type ListrRenderer, type ListrTaskWrapper} from 'listr2';
import {displayWidth, shortenRight} from './display-width.js';
import {LiveLines} from './live-lines.js';

/** A task of the list: its title, and when it has come to its end. */
export interface ListedTask {
  readonly title: string;
  /** Resolves with how it ended; `text` says why it was skipped or failed. */
  readonly ended: Promise<{readonly state: 'done' | 'skipped' | 'failed'; readonly text: string}>;
}

/** A line of the list: a mark, in colour if there is any, and a text that is cut to the width of the terminal. */
export interface TaskLine {
  readonly mark: string;
  readonly color: (text: string) => string;
  readonly text: string;
}

/** How the list is drawn. */
export interface TaskListOptions {
  readonly stream: NodeJS.WriteStream;
  /** The lines of a screen with so many rows. */
  readonly frame: (rows: number) => readonly TaskLine[];
  /** The lines that stay on the screen when all is over. */
  readonly lastFrame: () => readonly TaskLine[];
}

/** Redraws per second: enough for a spinner, too few to be felt. */
const FRAMES_PER_SECOND = 10;

const HIDE_CURSOR = '\u001B[?25l';
const SHOW_CURSOR = '\u001B[?25h';

/** Shows a list of tasks until all of them have come to their end. */
export async function runTaskList(tasks: readonly ListedTask[], options: TaskListOptions): Promise<void> {
  const list = new Listr(
    tasks.map(({title, ended}) => ({
      title,
      task: async (
        _context: unknown,
        task: Pick<ListrTaskWrapper<unknown, typeof WindowRenderer, typeof WindowRenderer>, 'skip'>,
      ) => {
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

class WindowRenderer implements ListrRenderer {
  static readonly nonTTY = true;
  static rendererOptions: TaskListOptions;
  static rendererTaskOptions: never;

  readonly #options: TaskListOptions;
  readonly #lines: LiveLines;
  #timer: NodeJS.Timeout | undefined;

  constructor(_tasks: unknown, options: TaskListOptions) {
    this.#options = options;
    this.#lines = new LiveLines(options.stream);
  }

  render(): void {
    this.#options.stream.write(HIDE_CURSOR);
    this.#redraw();
    this.#timer = setInterval(() => this.#redraw(), 1_000 / FRAMES_PER_SECOND);
  }

  end(): void {
    clearInterval(this.#timer);
    this.#lines.draw([]);
    this.#lines.print(this.#options.lastFrame().map((line) => this.#drawn(line)));
    this.#options.stream.write(SHOW_CURSOR);
  }

  #redraw(): void {
    // The last row stays free, so that the cursor behind the last line does not scroll the screen.
    const rows = Math.max(2, (this.#options.stream.rows ?? 24) - 1);
    this.#lines.draw(this.#options.frame(rows).map((line) => this.#drawn(line)));
  }

  #drawn({mark, color, text}: TaskLine): string {
    const width = Math.max(10, (this.#options.stream.columns ?? 80) - 1);
    const space = mark === '' ? '' : ' ';
    return `${color(mark)}${space}${shortenRight(text, width - displayWidth(mark) - space.length)}`;
  }
}
