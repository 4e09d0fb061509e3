import {ERRORS, EXIT, type ErrorCode, type GembatchError} from './errors.js';
import type {JobOutcome} from './job/job-progress.js';

/** What an item of a run came to, as far as the exit code is concerned. */
export type ItemOutcome =
  | {readonly kind: 'done'}
  | {readonly kind: 'failed'; readonly code: ErrorCode}
  /** Its effect at the service is not known. */
  | {readonly kind: 'unclear'}
  /** It goes on at the service. */
  | {readonly kind: 'running'}
  /** A person was asked for it and said no. */
  | {readonly kind: 'declined'};

/**
 * The exit code of a run over many items.
 *
 * An interrupted run says so, whatever else is true. Not knowing outweighs the rest, because money may be at stake.
 * What ended the run early names itself, a cap of its cost too. Otherwise a mixture is a partial success, and a run in which nothing worked
 * says why when there is one reason. Where all went well but something still runs, that is said.
 *
 * @param fatal - the error that ended the run before its time.
 */
export function exitCodeOf(items: readonly ItemOutcome[], fatal?: GembatchError): number {
  if (fatal?.code === 'INTERRUPTED') return fatal.exitCode;
  const kinds = new Set(items.map(({kind}) => kind));
  if (kinds.has('unclear')) return EXIT.unclear;
  if (fatal !== undefined) return fatal.exitCode;
  if (kinds.has('declined')) return EXIT.failed;

  const exits = new Set(
    items.flatMap((item) => (item.kind === 'failed' ? [EXIT[ERRORS[item.code].exit]] : [])),
  );
  if (exits.size === 0) return kinds.has('running') ? EXIT.running : EXIT.ok;
  if (exits.has(EXIT.cost_cap)) return EXIT.cost_cap;
  if (kinds.has('done')) return EXIT.partial;
  const [only] = exits;
  return exits.size === 1 && only !== undefined ? only : EXIT.failed;
}

/**
 * The exit code of a run that follows batch jobs. After what is not known, that something still runs outweighs what has
 * failed, because its user has to come back.
 *
 * @param serviceError - why the service could not be asked the last time.
 */
export function exitCodeOfFollowed(items: readonly ItemOutcome[], serviceError?: GembatchError): number {
  if (items.some(({kind}) => kind === 'unclear')) return EXIT.unclear;
  if (items.some(({kind}) => kind === 'running')) return serviceError?.exitCode ?? EXIT.running;
  return exitCodeOf(items);
}

/** What the results of one batch job came to. One with good and with bad rows is a part that is done and a part that failed. */
export function outcomesOfJob({
  outcome,
  goodRows,
  errorCode,
}: {
  readonly outcome: JobOutcome;
  readonly goodRows: number;
  readonly errorCode: ErrorCode | undefined;
}): readonly ItemOutcome[] {
  if (errorCode !== undefined) return [{kind: 'failed', code: errorCode}];
  if (outcome === 'done' || outcome === 'running') return [{kind: outcome}];
  const isPartlyGood = outcome === 'bad_rows' && goodRows > 0;
  return [...(isPartlyGood ? [{kind: 'done'} as const] : []), {kind: 'failed', code: 'REFUSED'}];
}

/** The exit code of a run that ends because its `stop` was aborted. */
export function exitCodeOfStop(reason: GembatchError | undefined): number {
  return reason?.exitCode ?? EXIT.interrupted;
}

/**
 * The exit code of a run that went well itself but left something.
 *
 * @param rest - `partial`: a part of what was asked for is not done; `failed`: what was to follow it did not work.
 */
export function exitCodeWithRest(code: number, rest: 'partial' | 'failed' | undefined): number {
  return code === EXIT.ok && rest !== undefined ? EXIT[rest] : code;
}

/**
 * The exit code of a run over all recorded jobs that went well itself, where the job-info file has lines that cannot be read:
 * each may be a job that was left out.
 */
export function exitCodeBesideUnreadable(code: number, unreadableLines: number): number {
  return code === EXIT.ok && unreadableLines > 0 ? EXIT.storage : code;
}

/**
 * The exit code of a submission whose jobs were followed: files that were not submitted leave a run whose jobs all went
 * well at a partial success.
 *
 * @param isUnfinished - whether its time was up while files waited to be submitted.
 * @param retryCodes - of the submissions that sent bad rows again; one that a cap ended speaks for all.
 */
export function exitCodeOfRun(
  submitCode: number,
  pollCode: number,
  {isUnfinished = false, retryCodes = []}: {isUnfinished?: boolean; retryCodes?: readonly number[]} = {},
): number {
  const sentCode = retryCodes.includes(EXIT.cost_cap) ? EXIT.cost_cap : submitCode;
  if (sentCode === EXIT.unclear) return sentCode;
  if (isUnfinished) return pollCode === EXIT.unclear ? pollCode : EXIT.running;
  if (sentCode === EXIT.ok) return pollCode;
  if (sentCode === EXIT.cost_cap && (pollCode === EXIT.ok || pollCode === EXIT.partial)) return sentCode;
  return pollCode === EXIT.ok ? EXIT.partial : pollCode;
}

/** The exit code of a run that ends because of its canary: whatever its answers were, a part of what was asked for is done. */
export function exitCodeOfCanary(exitCode: number): number {
  return exitCode === EXIT.failed || exitCode === EXIT.ok ? EXIT.partial : exitCode;
}
