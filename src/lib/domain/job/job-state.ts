/**
 * The states of a batch job and what follows from them.
 *
 * The service writes `BATCH_STATE_*`, its SDKs and our records `JOB_STATE_*`; both are understood everywhere.
 * https://ai.google.dev/api/batch-api#BatchState and `googleapis/js-genai` `src/_transformers.ts` (`tJobState`).
 */

const TERMINAL_STATES: ReadonlySet<string> = new Set([
  'JOB_STATE_SUCCEEDED',
  'JOB_STATE_PARTIALLY_SUCCEEDED',
  'JOB_STATE_FAILED',
  'JOB_STATE_CANCELLED',
  'JOB_STATE_EXPIRED',
]);

const OPEN_STATES: ReadonlySet<string> = new Set([
  'JOB_STATE_PENDING',
  'JOB_STATE_QUEUED',
  'JOB_STATE_RUNNING',
  'JOB_STATE_CANCELLING',
  'JOB_STATE_PAUSED',
  'JOB_STATE_UPDATING',
]);

/** The states of a job that ended with results. */
export const SUCCESS_STATES: ReadonlySet<string> = new Set([
  'JOB_STATE_SUCCEEDED',
  'JOB_STATE_PARTIALLY_SUCCEEDED',
]);

const WIRE_PREFIX = 'BATCH_STATE_';
const PREFIX = 'JOB_STATE_';

/** The state in the spelling of the records, `JOB_STATE_*`. An unknown state comes back unchanged. */
export function normaliseState(state: string): string {
  return state.startsWith(WIRE_PREFIX) ? PREFIX + state.slice(WIRE_PREFIX.length) : state;
}

/**
 * Whether the service will not change this state any more. The list is closed: an unknown state is not terminal,
 * because treating a running job as finished loses it.
 */
export function isTerminal(state: string): boolean {
  return TERMINAL_STATES.has(normaliseState(state));
}

/** Whether it is unknown what follows from this state. */
export function isUnknownState(state: string): boolean {
  return !isTerminal(state) && !OPEN_STATES.has(normaliseState(state));
}

/** Whether a job in this state has results or may still have some: it is open, or it has succeeded. */
export function mayGiveResults(state: string): boolean {
  return !isTerminal(state) || SUCCESS_STATES.has(normaliseState(state));
}

/** The state as people read it: `JOB_STATE_RUNNING` is `running`. */
export function stateLabel(state: string): string {
  const name = normaliseState(state);
  return (name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name).toLowerCase().replaceAll('_', ' ');
}
