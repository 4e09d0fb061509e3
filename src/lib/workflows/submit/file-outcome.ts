import type {GembatchError} from '../../domain/errors.js';
import type {ItemOutcome} from '../../domain/outcome.js';
import type {FileError, FileOutcome} from './submit-report.js';

/** What became of a file, before its name and the time it took are added. */
export type OutcomeDraft = Omit<FileOutcome, 'file' | 'duration_ms'>;

/** An error as the outcome of a file spells it. */
export function failed(error: GembatchError): FileError {
  const {line, column} = error.details;
  return {
    code: error.code,
    message: error.message,
    suggestions: error.suggestions,
    ...(typeof line === 'number' ? {line} : {}),
    ...(typeof column === 'number' ? {column} : {}),
  };
}

/** What became of a file, as far as the exit code is concerned. */
export function itemOutcome({outcome, error}: Pick<FileOutcome, 'outcome' | 'error'>): ItemOutcome {
  if (outcome === 'unclear') return {kind: 'unclear'};
  if (outcome === 'failed' || outcome === 'not_started') {
    return {kind: 'failed', code: error?.code ?? 'INTERRUPTED'};
  }
  return {kind: 'done'};
}
