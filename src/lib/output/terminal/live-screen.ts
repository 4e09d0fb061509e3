import {stripVTControlCharacters} from 'node:util';
import {displayWidth} from './display-width.js';
import {LiveLines} from './live-lines.js';

/** The room for what is drawn: no line may be wider, and there may be no more of them. */
export interface Room {
  readonly columns: number;
  readonly rows: number;
}

export interface LiveScreenOptions {
  readonly stream: Pick<NodeJS.WriteStream, 'columns' | 'rows' | 'write'>;
  readonly redrawMs: number;
  /** The lines to show now; none while there is nothing to say. */
  readonly frame: (room: Room) => readonly string[];
}

type Write = LiveScreenOptions['stream']['write'];

const DEFAULT_ROOM: Room = {columns: 80, rows: 24};
/** So many rows of what others wrote last stay in view above. */
const MOST_ROWS_ABOVE = 3;

const HIDE_CURSOR = '\u001B[?25l';
const SHOW_CURSOR = '\u001B[?25h';

/** What a terminal has room for. */
export function roomOf({columns, rows}: Pick<LiveScreenOptions['stream'], 'columns' | 'rows'>): Room {
  return {
    // A character in the last column makes some terminals break the line, and some do not.
    columns: Math.max(1, (columns || DEFAULT_ROOM.columns) - 1),
    // The cursor stands below the last line.
    rows: Math.max(1, (rows || DEFAULT_ROOM.rows) - 1),
  };
}

/**
 * The bottom of a terminal, drawn over in place as often as anybody can read. What others write to the stream meanwhile
 * stands above it. The cursor comes back also when the process ends in the middle.
 */
export class LiveScreen {
  readonly #options: LiveScreenOptions;
  readonly #lines: LiveLines;
  readonly #onExit = (): void => this.#giveBack();
  #timer: NodeJS.Timeout | undefined;
  /** How the stream writes, while it is ours: from the first line that is drawn. */
  #write: Write | undefined;
  #isHidden = false;
  /** What others have written since the last frame. */
  #others = '';
  #rowsAbove = 0;

  constructor(options: LiveScreenOptions) {
    const {stream} = options;
    this.#options = options;
    this.#lines = new LiveLines({
      get columns() {
        return stream.columns || DEFAULT_ROOM.columns;
      },
      write: (text: string) => this.#send(text),
    });
  }

  start(): void {
    this.draw();
    this.#timer = setInterval(() => this.draw(), this.#options.redrawMs);
    // It shows what is done, and is no reason to go on.
    this.#timer.unref();
  }

  draw(): void {
    if (this.#isHidden) return;
    const others = this.#takeOthers();
    this.#rowsAbove += others.reduce((rows, line) => rows + this.#rowsOf(line), 0);
    const room = this.#room;
    const lines = this.#options.frame(room).slice(0, room.rows);
    if (this.#write === undefined && lines.length === 0) return;
    this.#take();
    if (others.length === 0) this.#lines.draw(lines);
    else this.#lines.print(others, lines);
  }

  /** Writes lines that stay above what is shown. */
  print(lines: readonly string[]): void {
    this.#rowsAbove += lines.reduce((rows, line) => rows + this.#rowsOf(line), 0);
    this.#lines.print(lines);
  }

  /** Leaves the screen to other output, or takes it back. */
  hide(isHidden: boolean): void {
    this.#isHidden = isHidden;
    if (!isHidden || this.#write === undefined) return;
    this.#lines.print(this.#takeOthers(), []);
    this.#giveBack();
  }

  /** Ends the display. These lines stay in place of what is shown; there may be more of them than rows. */
  end(lines: readonly string[]): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.#write !== undefined || lines.length > 0)
      this.#lines.print([...this.#takeOthers(), ...lines], []);
    this.#lines.end();
    this.#giveBack();
  }

  #take(): void {
    if (this.#write !== undefined) return;
    const {stream} = this.#options;
    process.once('exit', this.#onExit);
    stream.write(HIDE_CURSOR);
    this.#write = stream.write;
    stream.write = ((
      chunk: string | Uint8Array,
      encoding?: unknown,
      callback: unknown = encoding,
    ): boolean => {
      this.#others += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
      if (typeof callback === 'function') process.nextTick(callback);
      return true;
    }) as Write;
  }

  #giveBack(): void {
    if (this.#write === undefined) return;
    const {stream} = this.#options;
    const others = this.#takeOthers();
    process.off('exit', this.#onExit);
    stream.write = this.#write;
    this.#write = undefined;
    stream.write(`${others.map((line) => `${line}\n`).join('')}${SHOW_CURSOR}`);
  }

  #takeOthers(): readonly string[] {
    const text = this.#others;
    this.#others = '';
    return text === '' ? [] : text.replace(/\n$/u, '').split('\n');
  }

  #send(text: string): boolean {
    const {stream} = this.#options;
    return (this.#write ?? stream.write).call(stream, text);
  }

  get #room(): Room {
    const {columns, rows} = roomOf(this.#options.stream);
    return {columns, rows: Math.max(1, rows - Math.min(this.#rowsAbove, MOST_ROWS_ABOVE))};
  }

  #rowsOf(line: string): number {
    const columns = this.#options.stream.columns || DEFAULT_ROOM.columns;
    return Math.max(1, Math.ceil(displayWidth(stripVTControlCharacters(line)) / columns));
  }
}
