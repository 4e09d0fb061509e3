import {GembatchError} from '../../domain/errors.js';
import {itemError} from '../../domain/item-error.js';
import type {ItemOutcome} from '../../domain/outcome.js';
import type {FileOutcome} from './submit-report.js';
import type {SubmitRun} from './submit-run.js';

/** What became of a file, before its name and the time it took are added. */
export type OutcomeDraft = Omit<FileOutcome, 'file' | 'duration_ms'>;

/** Errors whose usual advice is to run the same command again. */
const RESUMABLE_CODES: ReadonlySet<string> = new Set([
  'INTERRUPTED',
  'LOCK_LOST',
  'QUOTA',
  'SERVICE',
  'STORAGE',
  'UNCLEAR',
]);

/** With --force "the same command again" is no advice: it submits, and pays, also what has worked. */
export function withForcedAdvice(draft: OutcomeDraft): OutcomeDraft {
  const {error} = draft;
  if (error === undefined || !RESUMABLE_CODES.has(error.code)) return draft;
  const suggestions = [
    'Name only the files that are left: with --force every file that is named is submitted, and paid, again.',
  ];
  return {...draft, error: {...error, suggestions}};
}

/** What became of a file, as far as the exit code is concerned. */
export function itemOutcome({outcome, error}: Pick<FileOutcome, 'outcome' | 'error'>): ItemOutcome {
  if (outcome === 'unclear' || error?.code === 'UNCLEAR') return {kind: 'unclear'};
  if (outcome === 'not_started') return {kind: 'failed', code: error?.code ?? 'INTERRUPTED'};
  // A file whose job has failed is skipped, and its work is not done all the same.
  return error === undefined ? {kind: 'done'} : {kind: 'failed', code: error.code};
}

/** The outcome of a file whose turn came when the run had ended, or that has to wait for a later one. */
export function notStarted(run: Pick<SubmitRun, 'halt'>, why?: GembatchError): OutcomeDraft {
  const reason: unknown = run.halt.signal.reason ?? why;
  return {outcome: 'not_started', ...(reason instanceof GembatchError ? {error: itemError(reason)} : {})};
}
