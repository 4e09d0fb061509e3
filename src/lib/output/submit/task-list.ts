import {Listr, SilentRenderer, type ListrRendererFactory, type ListrTaskWrapper} from 'listr2';
import type {Clock} from '../../domain/clock.js';
import type {FileOutcome} from '../../workflows/submit/submit-report.js';
import type {RequestFile} from '../../workflows/submit/collect-inputs.js';
import type {Submission} from '../../workflows/submit/submission.js';
import {ByteRate} from '../terminal/byte-rate.js';
import {FileActivity, type FileStep} from './file-activity.js';
import type {FileTaskOptions} from './file-task.js';
import {LineRenderer, type LineRendererOptions} from './line-renderer.js';
import {outcomeText} from './submit-words.js';
import {TerminalRenderer, type TerminalRendererOptions} from './terminal-renderer.js';

type FileTask = Pick<
  ListrTaskWrapper<unknown, ListrRendererFactory, ListrRendererFactory>,
  'output' | 'skip'
>;

interface ActiveFile {
  readonly activity: FileActivity;
  readonly task: FileTask;
  readonly options: FileTaskOptions;
}

export type ShownBy =
  | {
      readonly on: 'terminal';
      readonly options: Omit<TerminalRendererOptions, 'refresh' | 'total' | 'uploadRate'>;
    }
  | {readonly on: 'pipe'; readonly options: LineRendererOptions}
  | {readonly on: 'nothing'};

/** listr2 takes a list apart into arguments of one call, of which V8 has no room for more than about 100,000. */
const TASKS_AT_A_TIME = 10_000;

/** The files of a submission as a list of tasks, each of which submits its file. */
export class TaskList {
  readonly #clock: Clock;
  readonly #uploadRate: ByteRate;
  readonly #active = new Map<number, ActiveFile>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#uploadRate = new ByteRate(clock.monotonic());
  }

  /** Notes a step of one file: it becomes the output of its task. */
  note(step: FileStep): void {
    const file = this.#active.get(step.index);
    if (file === undefined) return;
    file.activity.apply(step);
    file.options.isIdle = file.activity.isIdle;
    file.task.output = file.activity.parts().join('\n');
  }

  /** Submits all files. @throws what is no error of one file. */
  async run(submission: Submission, shownBy: ShownBy): Promise<void> {
    const defects: unknown[] = [];
    const list = new Listr<unknown, ListrRendererFactory, ListrRendererFactory>([], {
      concurrent: submission.concurrency,
      exitOnError: false,
      // Ctrl-C is the command's business: it brings what is in flight to its end first.
      registerSignalListeners: false,
      ...this.#rendering(shownBy, submission.total),
    });
    const {files} = submission;
    for (let first = 0; first < files.length; first += TASKS_AT_A_TIME) {
      list.add(
        files.slice(first, first + TASKS_AT_A_TIME).map((file) => {
          const options: FileTaskOptions = {};
          return {
            title: `[${file.index}/${submission.total}] ${file.name}`,
            rendererOptions: options,
            task: async (_context: unknown, task: FileTask) => {
              this.#begin(file, task, options);
              const outcome = await submission.submitOne(file).catch((error: unknown) => {
                defects.push(error);
                throw error;
              });
              this.#active.delete(file.index);
              options.outcome = outcome;
              end(task, outcome);
            },
          };
        }),
      );
    }
    await list.run();
    if (defects.length > 0) throw defects[0];
  }

  #rendering(shownBy: ShownBy, total: number) {
    switch (shownBy.on) {
      case 'terminal': {
        const refresh = (): void => this.#refresh();
        const rendererOptions = {...shownBy.options, total, refresh, uploadRate: this.#uploadRate};
        return {renderer: TerminalRenderer, rendererOptions};
      }
      case 'pipe':
        return {renderer: LineRenderer, rendererOptions: shownBy.options};
      case 'nothing':
        return {renderer: SilentRenderer};
    }
  }

  #begin({index}: RequestFile, task: FileTask, options: FileTaskOptions): void {
    this.#active.set(index, {activity: new FileActivity(this.#clock, this.#uploadRate), task, options});
  }

  /** Waits get shorter, and rates lower, without any step. */
  #refresh(): void {
    for (const {activity, task} of this.#active.values()) task.output = activity.parts().join('\n');
  }
}

/** Ends a task as its file has ended. */
function end(task: FileTask, outcome: FileOutcome): void {
  const text = outcomeText(outcome);
  switch (outcome.outcome) {
    case 'submitted':
    case 'would_submit':
      task.output = text;
      break;
    case 'skipped':
    case 'not_started':
      task.skip(text);
      break;
    case 'changed':
    case 'failed':
    case 'unclear':
      throw new Error(text);
  }
}
