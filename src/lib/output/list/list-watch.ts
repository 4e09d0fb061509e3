import type {Clock} from '../../domain/clock.js';
import {attentionFirst} from '../../domain/job/attention-first.js';
import {stateLabel} from '../../domain/job/job-state.js';
import type {FoldedJob} from '../../workflows/list/fold-jobs.js';
import type {JobList} from '../../workflows/list/list-jobs.js';
import {endLines, LINES_BESIDE_JOBS, listLines, type ListStyle} from './list-lines.js';
import {rowsText} from '../poll/job-columns.js';
import {LiveScreen, type Room} from '../terminal/live-screen.js';
import {printable} from '../terminal/printable.js';
import {widthOf} from '../terminal/screen.js';

/** What grows old on the screen is the time of each job. */
const REDRAW_MS = 1_000;

export interface ListWatchOptions extends Pick<ListStyle, 'colors' | 'columns'> {
  readonly stream: NodeJS.WriteStream;
  readonly clock: Clock;
  /** At most so many rows. */
  readonly limit: number;
  /** Whether the list is drawn over in place; else what has changed follows it, a line each. */
  readonly isLive: boolean;
}

/** A list that changes. */
export class ListWatch {
  readonly #options: ListWatchOptions;
  readonly #screen: LiveScreen | undefined;
  #list: JobList | undefined;
  #states = new Map<string, string>();
  #hasChanged = false;

  constructor(options: ListWatchOptions) {
    const {stream, isLive} = options;
    this.#options = options;
    if (!isLive) return;
    this.#screen = new LiveScreen({stream, redrawMs: REDRAW_MS, frame: (room) => this.#frame(room)});
    this.#screen.start();
  }

  show(list: JobList): void {
    const isFirst = this.#list === undefined;
    this.#hasChanged = !isFirst;
    this.#list = list;
    if (this.#screen !== undefined) return this.#screen.draw();
    const before = this.#states;
    this.#states = new Map(list.jobs.map((job) => [job.file, stateText(job)]));
    const lines = isFirst
      ? this.#lines(list, {columns: widthOf(this.#options.stream), rows: Infinity})
      : [...this.#states].filter(([file, text]) => before.get(file) !== text).map(([, text]) => text);
    this.#options.stream.write(lines.map((line) => `${line}\n`).join(''));
  }

  /** What was shown last. */
  get list(): JobList | undefined {
    return this.#list;
  }

  /** Leaves the list as it is in the end; where it is not drawn over, its totals follow. */
  end(): void {
    const list = this.#list;
    const {stream, clock} = this.#options;
    if (this.#screen !== undefined) {
      const room = {columns: widthOf(stream), rows: stream.rows};
      this.#screen.end(list === undefined ? [] : this.#lines(list, room));
    } else if (list !== undefined && this.#hasChanged) {
      stream.write(
        endLines(list, clock.now())
          .map((line) => `${line}\n`)
          .join(''),
      );
    }
  }

  #frame(room: Room): readonly string[] {
    return this.#list === undefined ? [] : this.#lines(this.#list, room);
  }

  #lines(list: JobList, {columns: width, rows}: Room): readonly string[] {
    const {clock, limit, colors, columns} = this.#options;
    const shown = attentionFirst(list.jobs, Math.max(1, Math.min(limit, rows - LINES_BESIDE_JOBS)));
    return listLines(list, {shown, width, nowMs: clock.now(), colors, columns});
  }
}

function stateText(job: FoldedJob): string {
  const rows = job.results === undefined && job.left === undefined ? '' : `, ${rowsText(job)}`;
  const reason = job.error === undefined ? '' : `: ${job.error.message}`;
  return printable(`${job.file}: ${stateLabel(job.state)}${rows}${reason}`);
}
