import type {Clock} from '../../domain/clock.js';
import type {Screen} from '../terminal/screen.js';
import type {QueueWait} from '../../workflows/run/run-report.js';
import type {PollEvent} from '../../workflows/poll/poll-report.js';

/** What a person or a program sees of a run of `gembatch poll`. */
export interface PollView {
  readonly report: (event: PollEvent) => void;
  /** Says why request files wait to be submitted; null when none does any more. */
  wait(wait: QueueWait | null): void;
  /** Leaves the screen to other output, or takes it back. */
  hide(isHidden: boolean): void;
  /** Ends the display; nothing is drawn over any more. Calling it again does nothing. */
  close(): void;
}

export interface PollViewOptions {
  /** `live`: a table on a terminal; `plain`: lines of changes; `quiet`: errors and the summary; `json`: events. */
  readonly mode: 'live' | 'plain' | 'quiet' | 'json';
  readonly clock: Clock;
  /** Results and events. */
  readonly stdout: Pick<NodeJS.WriteStream, 'write' | 'columns' | 'isTTY'>;
  /** Progress. */
  readonly stderr: Pick<NodeJS.WriteStream, 'write' | 'columns' | 'rows'>;
  /** Of the process: what it says of colours and characters. */
  readonly env: Screen['env'];
  /** What to do when the run ended before all was over: another command than to poll again. */
  readonly again?: string;
}
