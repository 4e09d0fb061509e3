import {ERRORS, EXIT, type ErrorCode, type GembatchError} from './errors.js';

/** What an item of a run came to, as far as the exit code is concerned. */
export type ItemOutcome =
  | {readonly kind: 'done'}
  | {readonly kind: 'failed'; readonly code: ErrorCode}
  /** Its effect at the service is not known. */
  | {readonly kind: 'unclear'};

/**
 * The exit code of a run over many items.
 *
 * An interrupted run says so, whatever else is true. Not knowing outweighs the rest, because money may be at stake.
 * What ended the run early names itself, a cap of its cost too. Otherwise a mixture is a partial success, and a run in which nothing worked
 * says why when there is one reason.
 *
 * @param fatal - the error that ended the run before its time.
 */
export function exitCodeOf(items: readonly ItemOutcome[], fatal?: GembatchError): number {
  if (fatal?.code === 'INTERRUPTED') return fatal.exitCode;
  if (items.some((item) => item.kind === 'unclear')) return EXIT.unclear;
  if (fatal !== undefined) return fatal.exitCode;

  const exits = new Set(
    items.flatMap((item) => (item.kind === 'failed' ? [EXIT[ERRORS[item.code].exit]] : [])),
  );
  if (exits.size === 0) return EXIT.ok;
  if (exits.has(EXIT.cost_cap)) return EXIT.cost_cap;
  if (items.some((item) => item.kind === 'done')) return EXIT.partial;
  const [only] = exits;
  return exits.size === 1 && only !== undefined ? only : EXIT.failed;
}

/**
 * The exit code of a run that went well but left something.
 *
 * @param rest - `partial`: a part of what was asked for is not done; `running`: it goes on at the service.
 */
export function exitCodeWithRest(code: number, rest: 'partial' | 'running' | undefined): number {
  return code === EXIT.ok && rest !== undefined ? EXIT[rest] : code;
}

/**
 * The exit code of a submission whose jobs were followed: files that were not submitted leave a run whose jobs all went
 * well at a partial success.
 *
 * @param isUnfinished - whether its time was up while files waited to be submitted.
 */
export function exitCodeOfRun(submitCode: number, pollCode: number, isUnfinished = false): number {
  if (submitCode === EXIT.unclear) return submitCode;
  if (isUnfinished) return pollCode === EXIT.unclear ? pollCode : EXIT.running;
  if (submitCode === EXIT.ok) return pollCode;
  if (submitCode === EXIT.cost_cap && (pollCode === EXIT.ok || pollCode === EXIT.partial)) return submitCode;
  return pollCode === EXIT.ok ? EXIT.partial : pollCode;
}
