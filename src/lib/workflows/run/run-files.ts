import {GembatchError} from '../../domain/errors.js';
import {exitCodeOfRun} from '../../domain/outcome.js';
import {pollJobs} from '../poll/poll-jobs.js';
import type {PollEvent, PollSummary} from '../poll/poll-report.js';
import type {PollDeps, PollInput} from '../poll/poll-run.js';
import {collectRequestFiles} from '../submit/collect-inputs.js';
import {openSubmission, type SubmitInput} from '../submit/submit-files.js';
import type {Submission} from '../submit/submission.js';
import type {SubmitDeps} from '../submit/submit-run.js';
import type {SubmitEvent, SubmitResult} from '../submit/submit-report.js';

/** Shows the submission, whose files it goes through with `submitOne`. */
export interface SubmissionView {
  report(event: SubmitEvent): void;
  submitEach(submission: Submission): Promise<void>;
}

/** Shows how the jobs are followed. */
export interface PollingView {
  report(event: PollEvent): void;
  close(): void | Promise<void>;
}

/** How the parts of a run are shown; the second begins when the first is over. */
export interface RunViews {
  readonly submission: () => SubmissionView;
  readonly polling: () => PollingView;
}

/** The result of a run and the `--json` object of `gembatch run`. */
export interface RunResult {
  readonly submit: SubmitResult;
  /** Null when there was nothing to follow, or the submission was interrupted. */
  readonly poll: PollSummary | null;
  readonly exit_code: number;
}

/**
 * The use case of `gembatch run`: request files become verified results in one go.
 *
 * Interrupted at any moment, the same call goes on where it was: files that have a job are skipped, and their jobs are
 * followed with the others.
 *
 * @throws GembatchError as `submitFiles` and `pollJobs` do.
 */
export async function runFiles(
  deps: Omit<PollDeps, 'report'>,
  input: {readonly submit: SubmitInput; readonly poll: Omit<PollInput, 'selection'>},
  views: RunViews,
): Promise<RunResult> {
  const submit = await submitShown(deps, input.submit, views.submission());
  const jobs = submit.files.flatMap(({job, outcome}) =>
    // The job of a file that has changed is of other work than was asked for.
    job === undefined || outcome === 'changed' ? [] : [job.name],
  );
  if (jobs.length === 0 || isInterrupted(input.poll.stop) || submit.dry_run) {
    return {submit, poll: null, exit_code: submit.summary.exit_code};
  }
  const selection = [...new Set(jobs)];
  const poll = await pollShown({...input.poll, selection}, deps, views.polling());
  return {submit, poll, exit_code: exitCodeOfRun(submit.summary.exit_code, poll.exit_code)};
}

function isInterrupted(stop: AbortSignal): boolean {
  return stop.aborted && (stop.reason as unknown) instanceof GembatchError;
}

async function submitShown(
  deps: Omit<SubmitDeps, 'report'>,
  {files, cwd, ...options}: SubmitInput,
  view: SubmissionView,
): Promise<SubmitResult> {
  const named = await collectRequestFiles(files, deps.store, cwd);
  const submission = await openSubmission({...deps, report: (event) => view.report(event)}, named, options);
  return submission.closeAfter(view.submitEach(submission));
}

async function pollShown(
  input: PollInput,
  deps: Omit<PollDeps, 'report'>,
  view: PollingView,
): Promise<PollSummary> {
  try {
    return await pollJobs({...deps, report: (event) => view.report(event)}, input);
  } finally {
    await view.close();
  }
}
