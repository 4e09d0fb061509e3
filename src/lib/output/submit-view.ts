import type {FileOutcome, SubmitEvent, SubmitSummary} from '../workflows/submit-report.js';
import {annotation} from './error-text.js';
import {formatBytes, formatDuration} from './format.js';
import {printable} from './printable.js';
import {colorsFor, marksFor, type Display} from './screen.js';
import {SubmitBoard} from './submit-board.js';
import {endedLine, submitFrame, type FrameStyle} from './submit-frame.js';
import {summaryLines} from './submit-summary.js';
import {outcomeText, PHASE_WORDS} from './submit-words.js';
import type {ListedTask, TaskLine} from './task-list.js';

/** Shows a person how a submission goes. */
export interface SubmitView {
  report(event: SubmitEvent): void;
  /** Ends the display; the summary comes after it. */
  close(): Promise<void>;
}

/** How a submission is shown. */
export interface SubmitViewOptions extends Display {
  /** What to run when all went well. */
  readonly nextCommand?: string;
}

/** With more files than this only the troubled ones stay on the screen of a terminal. */
const MAX_LASTING_LINES = 50;
/** In plain output an upload says how far it is this often. */
const PLAIN_PROGRESS_MS = 30_000;

/** Makes the view for a mode. */
export function createSubmitView(options: SubmitViewOptions): SubmitView {
  return options.mode === 'live' ? new LiveView(options) : new LineView(options);
}

function isTroubled({outcome, warnings}: FileOutcome): boolean {
  return outcome === 'failed' || outcome === 'unclear' || (warnings?.length ?? 0) > 0;
}

function printSummary(
  {screen, nextCommand}: SubmitViewOptions,
  board: SubmitBoard,
  summary: SubmitSummary,
): void {
  const troubled = board.finished.map(({outcome}) => outcome).filter(isTroubled);
  const next = summary.exit_code === 0 && summary.submitted > 0 ? nextCommand : undefined;
  for (const line of summaryLines(summary, troubled, next)) screen.stdout.write(`${line}\n`);
}

/** GitHub Actions shows these beside the file. */
function annotate({screen}: SubmitViewOptions, {file, error}: FileOutcome): void {
  if (error !== undefined && screen.env['GITHUB_ACTIONS'] === 'true') {
    screen.stderr.write(`${annotation(error, file)}\n`);
  }
}

/** One line for each event, or for what went wrong only. */
class LineView implements SubmitView {
  readonly #options: SubmitViewOptions;
  readonly #board: SubmitBoard;
  readonly #progressMs = new Map<number, number>();

  constructor(options: SubmitViewOptions) {
    this.#options = options;
    this.#board = new SubmitBoard(options.clock);
  }

  report(event: SubmitEvent): void {
    this.#board.apply(event);
    if (event.type === 'warning') this.#line(`Warning: ${printable(event.message)}`);
    if (event.type === 'outcome') this.#outcome(event.index, event.outcome);
    if (this.#options.mode !== 'plain') return;
    if (event.type === 'status') this.#line(printable(event.message));
    if (event.type === 'phase') this.#file(event.index, PHASE_WORDS[event.phase]);
    if (event.type === 'progress') this.#progress(event);
    if (event.type === 'wait') {
      this.#file(event.index, `again in ${formatDuration(event.delayMs)}: ${printable(event.reason)}`);
    }
    if (event.type === 'summary') printSummary(this.#options, this.#board, event.summary);
  }

  async close(): Promise<void> {
    // Every line is out already.
  }

  #outcome(index: number, outcome: FileOutcome): void {
    const {mode} = this.#options;
    if (mode === 'silent') return;
    if (mode === 'plain' || outcome.outcome === 'failed' || outcome.outcome === 'unclear') {
      this.#file(index, outcomeText(outcome));
      for (const warning of outcome.warnings ?? []) this.#file(index, `warning: ${printable(warning)}`);
      if (mode === 'quiet')
        for (const text of outcome.error?.suggestions ?? []) this.#line(`  ${printable(text)}`);
    }
    annotate(this.#options, outcome);
  }

  #progress({index, bytes, totalBytes}: {index: number; bytes: number; totalBytes: number}): void {
    const nowMs = this.#options.clock.monotonic();
    const since = this.#progressMs.get(index);
    if (since === undefined) this.#progressMs.set(index, nowMs);
    if (since === undefined || nowMs - since < PLAIN_PROGRESS_MS) return;
    this.#progressMs.set(index, nowMs);
    const phase = this.#board.active.get(index)?.phase ?? 'uploading';
    this.#file(
      index,
      `${PHASE_WORDS[phase]} ${Math.floor((bytes / totalBytes) * 100)}% of ${formatBytes(totalBytes)}`,
    );
  }

  #file(index: number, text: string): void {
    this.#line(`${printable(this.#board.title(index))}: ${text}`);
  }

  #line(text: string): void {
    this.#options.screen.stderr.write(`${text}\n`);
  }
}

/** A listr2 task list, one task per file. */
class LiveView implements SubmitView {
  readonly #options: SubmitViewOptions;
  readonly #board: SubmitBoard;
  readonly #style: FrameStyle;
  readonly #enders = new Map<number, (end: Awaited<ListedTask['ended']>) => void>();
  readonly #warnings: string[] = [];
  #list: Promise<void> = Promise.resolve();
  #summary: SubmitSummary | undefined;

  constructor(options: SubmitViewOptions) {
    const {clock, screen} = options;
    this.#options = options;
    this.#board = new SubmitBoard(clock);
    this.#style = {clock, marks: marksFor(screen), colors: colorsFor(screen.stderr, screen.env)};
  }

  report(event: SubmitEvent): void {
    this.#board.apply(event);
    if (event.type === 'files') this.#list = this.#start(event.files.map(({index}) => index));
    if (event.type === 'status' && this.#board.total === 0) this.#write(printable(event.message));
    if (event.type === 'warning') this.#warnings.push(event.message);
    if (event.type === 'outcome') this.#end(event.index, event.outcome);
    if (event.type === 'summary') this.#summary = event.summary;
  }

  async close(): Promise<void> {
    for (const end of this.#enders.values()) end({state: 'skipped', text: 'not begun'});
    await this.#list;
    for (const {outcome} of this.#board.finished) annotate(this.#options, outcome);
    if (this.#summary !== undefined) printSummary(this.#options, this.#board, this.#summary);
  }

  async #start(indexes: readonly number[]): Promise<void> {
    const tasks = indexes.map((index) => ({
      title: this.#board.title(index),
      ended: new Promise<Awaited<ListedTask['ended']>>((resolve) => this.#enders.set(index, resolve)),
    }));
    const {runTaskList} = await import('./task-list.js');
    await runTaskList(tasks, {
      stream: this.#options.screen.stderr,
      frame: (rows) => submitFrame(this.#board, rows, this.#style),
      lastFrame: () => this.#lastFrame(),
    });
  }

  #end(index: number, outcome: FileOutcome): void {
    const state = {
      submitted: 'done',
      would_submit: 'done',
      skipped: 'skipped',
      not_started: 'skipped',
      failed: 'failed',
      unclear: 'failed',
    } as const;
    this.#enders.get(index)?.({state: state[outcome.outcome], text: outcomeText(outcome)});
    this.#enders.delete(index);
  }

  #lastFrame(): readonly TaskLine[] {
    const {finished, total} = this.#board;
    const lasting =
      total <= MAX_LASTING_LINES ? finished : finished.filter(({outcome}) => isTroubled(outcome));
    return [
      ...this.#warnings.map((text) => ({
        mark: 'Warning:',
        color: this.#style.colors.yellow,
        text: printable(text),
      })),
      ...[...lasting]
        .sort((a, b) => a.index - b.index)
        .map(({index, outcome}) => endedLine(this.#board.title(index), outcome, this.#style)),
    ];
  }

  #write(line: string): void {
    this.#options.screen.stderr.write(`${line}\n`);
  }
}
