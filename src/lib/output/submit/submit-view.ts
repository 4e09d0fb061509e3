import type {SubmitEvent} from '../../workflows/submit/submit-report.js';
import {LiveSubmitView} from './live-submit-view.js';
import {PlainSubmitView} from './plain-submit-view.js';
import {QuietSubmitView} from './quiet-submit-view.js';
import type {Display} from '../terminal/screen.js';

/** Shows a person how a submission goes. */
export interface SubmitView {
  report(event: SubmitEvent): void;
  /** Ends the display; the summary comes after it. */
  close(): Promise<void>;
}

/** How a submission is shown. */
export interface SubmitViewOptions extends Display {
  /** What to run when the batch jobs are there. */
  readonly nextCommand?: string;
}

/**
 * Makes the view for a mode. Progress and what goes wrong is written to stderr, the summary to stdout; with `quiet` and
 * `silent` nothing is written to stdout.
 */
export function createSubmitView(options: SubmitViewOptions): SubmitView {
  switch (options.mode) {
    case 'live':
      return new LiveSubmitView(options);
    case 'plain':
      return new PlainSubmitView(options);
    case 'quiet':
    case 'silent':
      return new QuietSubmitView(options);
  }
}
