import type {PolledJob, PollEvent} from '../../workflows/poll/poll-report.js';
import {foldText, shortenRight} from '../terminal/display-width.js';
import {formatCount, formatDuration} from '../text/format.js';
import type {QueueWait} from '../../workflows/run/run-report.js';
import {LiveLines} from '../terminal/live-lines.js';
import {pollLines} from './poll-lines.js';
import {pollTable, tally} from './poll-table.js';
import {waitText} from './queue-wait.js';
import {progressText} from './progress-text.js';
import type {PollView, PollViewOptions} from './poll-view.js';

/** Four times a second is as often as anybody can read. */
const REDRAW_MS = 250;
const DEFAULT_ROOM = {columns: 80, rows: 24};
const TOTALS_LINES = 2;
const WAIT_LINES = 3;
/** The table leaves a line free, so that the terminal never scrolls, a blank one, and those for what is below it. */
const OTHER_LINES = TOTALS_LINES + 3;

/** A live table of the jobs, with one line below it about the whole run. Errors and warnings stay above it. */
export class LivePollView implements PollView {
  readonly #options: PollViewOptions;
  readonly #live: LiveLines;
  readonly #jobs = new Map<string, PolledJob>();
  readonly #downloads = new Map<string, number>();
  readonly #changedAt = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #nextAskMs: number | undefined;
  #status = '';
  #wait: QueueWait | null = null;
  #isHidden = false;

  constructor(options: PollViewOptions) {
    this.#options = options;
    this.#live = new LiveLines(options.stderr);
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
    this.#timer.unref();
    // What is said about the end of the run is written where the table stands.
    options.stop.addEventListener('abort', () => this.#live.draw([]), {once: true});
  }

  readonly report = (event: PollEvent): void => {
    switch (event.type) {
      case 'jobs':
        for (const job of event.jobs) this.#jobs.set(job.name, job);
        break;
      case 'state':
      case 'result':
        this.#change(event.job);
        break;
      case 'download':
        this.#downloads.set(event.name, event.bytes);
        break;
      case 'asked':
        this.#nextAskMs = this.#options.clock.now() + event.delayMs;
        break;
      case 'wait':
      case 'status':
        this.#status = pollLines(event).join(' ');
        break;
      case 'error':
      case 'warning':
        if (event.type === 'error' && event.name !== undefined) this.#downloads.delete(event.name);
        this.#live.print(pollLines(event));
        break;
      case 'summary':
        this.#status = '';
        break;
    }
  };

  wait(wait: QueueWait | null): void {
    this.#wait = wait;
  }

  hide(isHidden: boolean): void {
    this.#isHidden = isHidden;
    if (isHidden) this.#live.draw([]);
  }

  close(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#nextAskMs = undefined;
    this.#draw();
    this.#live.end();
  }

  #change(job: PolledJob): void {
    const before = this.#jobs.get(job.name);
    this.#jobs.set(job.name, job);
    if (before?.state !== job.state || before.outcome !== job.outcome) {
      this.#changedAt.set(job.name, this.#options.clock.now());
    }
    if (job.outcome !== 'running') this.#downloads.delete(job.name);
    this.#status = '';
  }

  #draw(): void {
    if (this.#isHidden || (this.#jobs.size === 0 && this.#wait === null)) return;
    const {stderr, clock} = this.#options;
    const columns = stderr.columns || DEFAULT_ROOM.columns;
    const rows = (stderr.rows || DEFAULT_ROOM.rows) - OTHER_LINES;
    const jobs = [...this.#jobs.values()];
    const waiting = this.#waitLines(columns);
    const table = pollTable(
      {jobs, downloads: this.#downloads, changedAt: this.#changedAt, nowMs: clock.now()},
      {columns, rows: rows - waiting.length},
    );
    const isOver = this.#timer === undefined;
    const below = isOver
      ? []
      : ['', ...this.#totals(jobs, columns), ...waiting, shortenRight(this.#whatNext(), columns)];
    this.#live.draw([...(jobs.length === 0 ? [] : table), ...below]);
  }

  #totals(jobs: readonly PolledJob[], columns: number): readonly string[] {
    const text = `${formatCount(jobs.length)} ${jobs.length === 1 ? 'job' : 'jobs'}: ${tally(jobs)}. ${progressText(jobs, this.#options.clock.now())}`;
    return foldText(text, columns)
      .slice(0, TOTALS_LINES)
      .map((line) => shortenRight(line, columns));
  }

  #waitLines(columns: number): readonly string[] {
    if (this.#wait === null) return [];
    return foldText(waitText(this.#wait, this.#options.clock.now()), columns).slice(0, WAIT_LINES);
  }

  #whatNext(): string {
    if (this.#status !== '') return this.#status;
    const askMs = (this.#nextAskMs ?? 0) - this.#options.clock.now();
    const next = askMs > 0 ? `Next check in ${formatDuration(askMs)}` : 'Checking';
    return `${next}. Ctrl-C stops watching; the jobs keep running.`;
  }
}
