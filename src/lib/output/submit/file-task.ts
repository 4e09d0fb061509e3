import type {ListrRendererFactory, ListrTaskObject} from 'listr2';
import type {FileOutcome} from '../../workflows/submit/submit-report.js';

/** What a renderer learns of a file besides the title, output, skip and error of its task. */
export interface FileTaskOptions {
  /** Once the task has ended. */
  outcome?: FileOutcome;
  /** Whether nothing is done with it just now. */
  isIdle?: boolean;
}

/** The task of one file, as listr2 gives it to a renderer. */
export type FileTaskObject = ListrTaskObject<unknown, ListrRendererFactory, ListrRendererFactory>;

/** What became of the file of a task; undefined while it is worked on. */
export function outcomeOf(task: FileTaskObject): FileOutcome | undefined {
  return (task.rendererTaskOptions as FileTaskOptions | undefined)?.outcome;
}

/** Whether a task that was begun waits for its turn. */
export function isIdle(task: FileTaskObject): boolean {
  return (task.rendererTaskOptions as FileTaskOptions | undefined)?.isIdle === true;
}

/** What a task that has ended says of its file. */
export function endText({message, output}: FileTaskObject): string {
  return message.skip ?? message.error ?? output ?? '';
}
