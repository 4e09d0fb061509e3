import type {PolledJob, PollEvent} from '../../workflows/poll/poll-report.js';
import {foldText, shortenRight} from '../terminal/display-width.js';
import {formatCount, formatDuration} from '../text/format.js';
import type {QueueWait} from '../../workflows/run/run-report.js';
import {LiveScreen, roomOf, type Room} from '../terminal/live-screen.js';
import {colorsFor, type Colors} from '../terminal/screen.js';
import {pollLines} from './poll-lines.js';
import {pollTable, tally} from './poll-table.js';
import {waitLines} from './queue-wait.js';
import {progressText} from './progress-text.js';
import type {PollView, PollViewOptions} from './poll-view.js';

/** Four times a second is as often as anybody can read. */
const REDRAW_MS = 250;
const TOTALS_LINES = 2;
/** Lines of the summary that follows the last table. */
const REST_OF_END = 8;

/** A live table of the jobs, with a few lines below it about the whole run. Errors and warnings stay above it. */
export class LivePollView implements PollView {
  readonly #options: PollViewOptions;
  readonly #screen: LiveScreen;
  readonly #colors: Colors;
  readonly #jobs = new Map<string, PolledJob>();
  readonly #downloads = new Map<string, number>();
  readonly #changedAt = new Map<string, number>();
  #nextAskMs: number | undefined;
  #status = '';
  #wait: QueueWait | null = null;
  #isClosed = false;

  constructor(options: PollViewOptions) {
    const {stderr, env} = options;
    this.#options = options;
    this.#colors = colorsFor(stderr, env);
    this.#screen = new LiveScreen({
      stream: stderr,
      redrawMs: REDRAW_MS,
      frame: (room) => this.#frame(room),
    });
    this.#screen.start();
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
        this.#screen.print(pollLines(event));
        break;
      case 'summary':
        this.#status = '';
        for (const job of event.jobs) this.#jobs.set(job.name, job);
        break;
    }
  };

  wait(wait: QueueWait | null): void {
    this.#wait = wait;
  }

  hide(isHidden: boolean): void {
    this.#screen.hide(isHidden);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#screen.end(this.#lastTable());
  }

  /** The table stays when there is room for all of it beside the summary, which names what needs attention. */
  #lastTable(): readonly string[] {
    const jobs = [...this.#jobs.values()];
    const attention = jobs.filter(({outcome}) => outcome !== 'done' && outcome !== 'running');
    const {columns, rows} = roomOf(this.#options.stderr);
    const room = rows - REST_OF_END - 2 * attention.length;
    return jobs.length === 0 || jobs.length >= room ? [] : this.#table({columns, rows: room});
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

  #frame({columns, rows}: Room): readonly string[] {
    if (this.#jobs.size === 0 && this.#wait === null) return [];
    const jobs = [...this.#jobs.values()];
    const below = [
      '',
      ...this.#totals(jobs, columns),
      ...this.#waitLines(columns),
      shortenRight(this.#whatNext(), columns),
    ];
    return [...(jobs.length === 0 ? [] : this.#table({columns, rows: rows - below.length})), ...below];
  }

  #table(room: Room): readonly string[] {
    return pollTable(
      {
        jobs: [...this.#jobs.values()],
        downloads: this.#downloads,
        changedAt: this.#changedAt,
        nowMs: this.#options.clock.now(),
        colors: this.#colors,
      },
      room,
    );
  }

  #totals(jobs: readonly PolledJob[], columns: number): readonly string[] {
    const text = `${formatCount(jobs.length)} ${jobs.length === 1 ? 'job' : 'jobs'}: ${tally(jobs)}. ${progressText(jobs, this.#options.clock.now(), this.#wait?.requests ?? undefined)}`;
    return foldText(text, columns)
      .slice(0, TOTALS_LINES)
      .map((line) => shortenRight(line, columns));
  }

  #waitLines(columns: number): readonly string[] {
    if (this.#wait === null) return [];
    return waitLines(this.#wait, this.#options.clock.now(), columns);
  }

  #whatNext(): string {
    if (this.#status !== '') return this.#status;
    const askMs = (this.#nextAskMs ?? 0) - this.#options.clock.now();
    const next = askMs > 0 ? `Next check in ${formatDuration(askMs)}` : 'Checking';
    return `${next}. Ctrl-C stops watching; the jobs keep running.`;
  }
}
