import type {FileOutcome, SubmitEvent, SubmitSummary} from '../../workflows/submit/submit-report.js';
import type {Submission} from '../../workflows/submit/submission.js';
import {printable} from '../terminal/printable.js';
import {colorsFor, marksFor, printFolded, type Display} from '../terminal/screen.js';
import {formatDuration, plural} from '../text/format.js';
import {totalLine} from '../cost/estimate-lines.js';
import {fileAnnotations} from '../github/annotations.js';
import {FileTally} from './file-tally.js';
import {MAX_LISTED, notStartedLines, summaryLines} from './submit-summary.js';
import {TaskList, type ShownBy} from './task-list.js';

export interface SubmitViewOptions extends Display {
  /** What to run when it has ended; asked then. */
  readonly nextCommand?: () => string | undefined;
  /** Whether it may take hours, so that a reason should be shown at once. */
  readonly isLong?: boolean;
}

/**
 * Shows a person how a submission goes: its files as a list of tasks, which submit them, and what concerns it as a whole.
 * Progress and what goes wrong is written to stderr, the summary to stdout; with `quiet` and `silent` nothing is written to
 * stdout.
 */
export class SubmitView {
  readonly #options: SubmitViewOptions;
  readonly #tally = new FileTally();
  #list: TaskList;
  #isDrawn = false;
  /** Whether no file is left for a later list, so that the end of this one is that of the submission. */
  #isLastPass = false;
  #status: string | undefined;
  /** What is waited for, while the service takes no more; times of the clock. */
  #quota: {readonly reason: string; readonly againMs: number; readonly untilMs: number} | undefined;
  /** Files that were named. */
  #total = 0;

  constructor(options: SubmitViewOptions) {
    this.#options = options;
    this.#list = new TaskList(options.clock);
  }

  /** Submits each file of the submission in a task of its own; a submission in several passes has a list for each. */
  async submitEach(submission: Submission): Promise<void> {
    const {mode, screen, clock} = this.#options;
    this.#list = new TaskList(clock);
    const before = this.#tally.needsAttention.length;
    this.#isDrawn = mode === 'live';
    const {ended, counts} = this.#tally;
    this.#isLastPass = ended - counts.not_started + submission.files.length >= submission.total;
    await this.#list.run(submission, this.#shownBy());
    this.#isDrawn = false;
    if (mode !== 'live') return;
    for (const outcome of this.#tally.needsAttention.slice(before)) {
      for (const line of fileAnnotations(outcome, screen.env)) screen.stderr.write(`${line}\n`);
    }
  }

  /** Takes each step of the submission. */
  report(event: SubmitEvent): void {
    switch (event.type) {
      case 'phase':
      case 'progress':
      case 'wait':
        this.#list.note(event);
        break;
      case 'outcome':
        this.#tally.add(event.outcome);
        if (event.outcome.outcome === 'submitted') this.#quota = undefined;
        break;
      case 'status':
        this.#tellStatus(event.message);
        break;
      case 'estimate':
        this.#tellStatus(totalLine(event.estimate));
        break;
      case 'quota':
        this.#tellQuota(event);
        break;
      case 'warning':
        this.#status = undefined;
        this.#tell(`Warning: ${event.message}`);
        break;
      case 'summary':
        this.#summarise(event.summary);
        break;
      case 'files':
        this.#total = event.files.length;
        break;
    }
  }

  /** Everything that is left waits for the same thing, so it is said once. */
  #tellQuota({reason, delayMs, leftMs}: SubmitEvent & {readonly type: 'quota'}): void {
    const nowMs = this.#options.clock.now();
    this.#quota = {reason: reason.trim(), againMs: nowMs + delayMs, untilMs: nowMs + leftMs};
    if (this.#options.mode !== 'plain') return;
    const times = `until ${timeOfDay(nowMs + leftMs)} at most, trying again at ${timeOfDay(nowMs + delayMs)}`;
    this.#tell(`${this.#leftFiles()} waiting for quota ${times}: ${reason.trim()}`);
  }

  #leftFiles(): string {
    return plural(this.#total - this.#tally.ended, 'file');
  }

  /** The wait as it stands, the most important first. */
  #quotaParts(): readonly string[] | undefined {
    if (this.#quota === undefined) return undefined;
    const {reason, againMs, untilMs} = this.#quota;
    const leftMs = againMs - this.#options.clock.now();
    return [
      `${this.#leftFiles()} waiting for quota`,
      leftMs > 0 ? `again in ${formatDuration(leftMs)}` : 'trying again',
      `until ${timeOfDay(untilMs)}`,
      reason,
    ];
  }

  /** What is done before there is a list is written; later the list shows it. */
  #tellStatus(message: string): void {
    const {mode} = this.#options;
    if (this.#isDrawn) this.#status = message;
    else if (mode === 'live' || mode === 'plain') this.#tell(message);
  }

  #tell(text: string): void {
    printFolded(this.#options.screen.stderr, [printable(text)]);
  }

  #summarise(summary: SubmitSummary): void {
    const {mode, screen, nextCommand} = this.#options;
    if (mode === 'silent') return;
    if (mode === 'quiet') {
      for (const line of notStartedLines(this.#tally)) screen.stderr.write(`${line}\n`);
      return;
    }
    if (mode === 'live') screen.stderr.write('\n');
    printFolded(screen.stdout, summaryLines(summary, this.#tally, nextCommand?.()));
  }

  #isListedSoon(outcome: FileOutcome): boolean {
    const isSoon = this.#options.isLong !== true || this.#isLastPass;
    return isSoon && this.#tally.needsAttention.slice(0, MAX_LISTED).includes(outcome);
  }

  #shownBy(): ShownBy {
    const {mode, screen, clock} = this.#options;
    switch (mode) {
      case 'live': {
        const style = {clock, marks: marksFor(screen), colors: colorsFor(screen.stderr, screen.env)};
        const status = (): string | undefined => this.#status;
        const quota = (): readonly string[] | undefined => this.#quotaParts();
        return {
          on: 'terminal',
          options: {...style, stream: screen.stderr, tally: this.#tally, status, quota},
        };
      }
      case 'plain':
      case 'quiet':
        return {
          on: 'pipe',
          options: {
            screen,
            clock,
            isQuiet: mode === 'quiet',
            isListedSoon: (outcome) => this.#isListedSoon(outcome),
          },
        };
      case 'silent':
        // The object that the command prints holds the rest.
        return {on: 'nothing'};
    }
  }
}

/** Of this machine's time zone, as `14:05:09`. */
function timeOfDay(ms: number): string {
  return new Date(ms).toTimeString().slice(0, 8);
}
