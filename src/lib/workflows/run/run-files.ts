import {GembatchError} from '../../domain/errors.js';
import {interruption} from '../../domain/interruption.js';
import {exitCodeOfCanary, exitCodeOfRun} from '../../domain/outcome.js';
import {JobFollower} from '../poll/job-follower.js';
import {pollJobs} from '../poll/poll-jobs.js';
import type {PollDeps, PollInput} from '../poll/poll-run.js';
import type {PricedService} from '../../domain/price/price-list.js';
import {SERVICE_LIMITS} from '../../domain/service/service-of.js';
import type {PartLimits} from '../split/part-plan.js';
import {splitLargeFiles} from '../split/split-files.js';
import {collectRequestFiles, type RequestFile} from '../submit/collect-inputs.js';
import {listObjects} from '../submit/list-objects.js';
import {KeptUploads} from '../submit/kept-uploads.js';
import type {SubmitInput} from '../submit/submit-files.js';
import {Canaries} from './canaries.js';
import {Passes, type QueueTerms} from './passes.js';
import {bytesOfTokens} from './room.js';
import {RunQueue} from './run-queue.js';
import type {PollingView, RunResult, RunViews} from './run-report.js';

/** What to run, and how. */
export interface RunInput {
  readonly submit: SubmitInput;
  readonly poll: Omit<PollInput, 'selection'>;
  readonly queue: QueueTerms;
}

/**
 * The use case of `gembatch run`: request files become verified results in one go.
 *
 * It goes through the files in passes. A pass submits what there is room for, in a session of its own; between passes the
 * jobs are followed and results fetched, until there is room again. What is known and what is open is read anew in each pass,
 * so that several runs share a job-info file. Interrupted at any moment, the same call goes on where it was: files that have
 * a job are skipped, and their jobs are followed with the others.
 *
 * @throws GembatchError as `submitFiles` and `pollJobs` do.
 */
export async function runFiles(
  deps: Omit<PollDeps, 'report'>,
  {submit: {files, cwd, ...options}, poll, queue: terms}: RunInput,
  views: RunViews,
): Promise<RunResult> {
  const {clock, store, client} = deps;
  const startedMs = clock.monotonic();
  const [submission, polling] = [views.submission(), views.polling()];
  const signal = options.stop === undefined ? {} : {signal: options.stop};
  const named = await listObjects(client, await collectRequestFiles(files, store, cwd), signal);
  if (terms.canary !== null) refuseCanary(named);
  const split = {limits: limitsOfParts(terms, client.services[0]), options, canary: terms.canary};
  const {files: each, canaries: planned} = await splitLargeFiles(deps, named, split);
  const queue = new RunQueue(each);
  const canaries = new Canaries(planned, {deps, queue, options});
  const uploads = new KeptUploads({client, store, clock}, options.concurrency);
  const passes = new Passes({deps, queue, uploads, canaries, view: submission, options, terms});
  const pollDeps: PollDeps = {...deps, report: (event) => polling.report(event)};
  const pollInput = {...poll, selection: []};
  const follower = new JobFollower(pollDeps, pollInput);
  try {
    const end = await submitAll({queue, passes, follower, polling, stop: poll.stop});
    const waiting = queue.isEmpty ? null : passes.wait();
    polling.hide(true);
    for (const [index, outcome] of queue.endWaiting(end.why))
      submission.report({type: 'outcome', index, outcome});
    for (const message of await uploads.discardAll()) submission.report({type: 'warning', message});
    const submit = queue.result(
      {job_info: store.path, model: passes.model},
      {fatal: end.fatal, durationMs: clock.monotonic() - startedMs},
    );
    submission.report({type: 'summary', summary: submit.summary});
    const hasStopped = waiting !== null && poll.stop.aborted;
    const rest = terms.canary === null ? {waiting} : {waiting, canaries: canaries.reports};
    const exitCode = (code: number): number => (end.why?.code === 'CANARY' ? exitCodeOfCanary(code) : code);
    if (queue.jobs.size === 0 || hasStopped)
      return {submit, poll: null, ...rest, exit_code: exitCode(submit.summary.exit_code)};
    polling.hide(false);
    follower.followOnly(queue.jobs);
    const polled = await pollJobs(pollDeps, pollInput, follower);
    const isUnfinished = waiting !== null && polled.ended === 'timeout';
    const code = exitCodeOfRun(submit.summary.exit_code, polled.exit_code, {isUnfinished});
    return {submit, poll: polled, ...rest, exit_code: exitCode(code)};
  } finally {
    await follower.end();
    await uploads.discardAll();
    await polling.close();
  }
}

/** @throws GembatchError `USAGE`: the first requests of what is in a bucket cannot be sent alone, because nothing is split there. */
function refuseCanary(files: readonly RequestFile[]): void {
  const address = files.find(({object}) => object !== undefined)?.name;
  if (address === undefined) return;
  throw new GembatchError(
    'USAGE',
    `${address}: a canary cannot be part of a file in a bucket. Nothing was sent.`,
    {
      suggestions: ['Leave out --canary, or run a small file first.'],
    },
  );
}

/** A file that is larger can never be a batch job. */
function limitsOfParts(
  {maxOpenTokens, maxRequests, maxBytes}: QueueTerms,
  service: PricedService,
): PartLimits {
  const ofTokens = maxOpenTokens === null ? Infinity : bytesOfTokens(maxOpenTokens);
  const ofService = SERVICE_LIMITS[service];
  const requests = Math.min(maxRequests ?? Infinity, ofService.maxRequests ?? Infinity);
  return {
    maxRequests: requests === Infinity ? null : requests,
    maxBytes: Math.min(maxBytes ?? Infinity, ofTokens, ofService.maxFileBytes),
  };
}

/** Why no more files are submitted. */
interface QueueEnd {
  /** What ended the run early, if anything did. */
  readonly fatal?: GembatchError;
  /** The error of the files that still wait. */
  readonly why?: GembatchError;
}

/** Submits file after file, as long as there are any and nothing ends the run. */
async function submitAll({
  queue,
  passes,
  follower,
  polling,
  stop,
}: {
  readonly queue: RunQueue;
  readonly passes: Passes;
  readonly follower: JobFollower;
  readonly polling: PollingView;
  readonly stop: AbortSignal;
}): Promise<QueueEnd> {
  const isDue = async (): Promise<boolean> => {
    if (await passes.isDue((job) => follower.finalError(job))) return true;
    polling.wait(passes.wait());
    return false;
  };
  for (;;) {
    polling.wait(null);
    polling.hide(true);
    const fatal = await passes.next();
    if (fatal !== undefined) return {fatal, why: fatal};
    if (queue.isEmpty) return {};
    polling.hide(false);
    follower.followOnly(queue.jobs);
    if ((await follower.follow(isDue)) !== undefined) return endOfWait(stop);
    if (passes.exhausted !== undefined) return {why: passes.exhausted};
  }
}

function endOfWait(stop: AbortSignal): QueueEnd {
  if (!stop.aborted)
    return {why: new GembatchError('INTERRUPTED', 'The time was up before its turn; nothing was paid.')};
  const why = interruption('Stopped before its batch job was created; nothing was paid.', stop.reason);
  return {fatal: why, why};
}
