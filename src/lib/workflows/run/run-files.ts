import {EXIT, GembatchError} from '../../domain/errors.js';
import {pollJobs} from '../poll/poll-jobs.js';
import type {PollEvent, PollSummary} from '../poll/poll-report.js';
import type {PollDeps, PollInput} from '../poll/poll-run.js';
import {submitFiles, type SubmitInput} from '../submit/submit-files.js';
import type {SubmitEvent, SubmitResult} from '../submit/submit-report.js';

/** Shows one of the two parts of a run. */
export interface PartView<E> {
  readonly report: (event: E) => void;
  readonly close: () => void | Promise<void>;
}

/** How the parts of a run are shown; the second begins when the first is over. */
export interface RunViews {
  readonly submission: () => PartView<SubmitEvent>;
  readonly polling: () => PartView<PollEvent>;
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
  const submit = await shown(views.submission(), (report) => submitFiles({...deps, report}, input.submit));
  const jobs = submit.files.flatMap(({job}) => (job === undefined ? [] : [job.name]));
  if (jobs.length === 0 || isInterrupted(input.poll.stop) || submit.dry_run) {
    return {submit, poll: null, exit_code: submit.summary.exit_code};
  }
  const poll = await shown(views.polling(), (report) =>
    pollJobs({...deps, report}, {...input.poll, selection: [...new Set(jobs)]}),
  );
  return {submit, poll, exit_code: exitCodeFor(submit.summary.exit_code, poll.exit_code)};
}

/** Files that were not submitted leave a run whose jobs all went well at a partial success. */
function exitCodeFor(submitCode: number, pollCode: number): number {
  if (submitCode === EXIT.ok || submitCode === EXIT.unclear)
    return submitCode === EXIT.ok ? pollCode : submitCode;
  return pollCode === EXIT.ok ? EXIT.partial : pollCode;
}

function isInterrupted(stop: AbortSignal): boolean {
  return stop.aborted && (stop.reason as unknown) instanceof GembatchError;
}

async function shown<E, T>(view: PartView<E>, work: (report: (event: E) => void) => Promise<T>): Promise<T> {
  try {
    return await work((event) => view.report(event));
  } finally {
    await view.close();
  }
}
