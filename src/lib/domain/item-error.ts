import type {ErrorCode, GembatchError} from './errors.js';

/** The `error` of a file, a job or an event in `--json`. `line` and `column` count from 1; the column is in characters. */
export interface ItemError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly suggestions: readonly string[];
  readonly line?: number;
  readonly column?: number;
  /** The rule of the check that refused the line, for `--allow`. */
  readonly rule?: string;
}

/** The error as `--json` has it. */
export function itemError(error: GembatchError): ItemError {
  const {line, column, rule} = error.details;
  return {
    code: error.code,
    message: error.message,
    suggestions: error.suggestions,
    ...(typeof line === 'number' ? {line} : {}),
    ...(typeof column === 'number' ? {column} : {}),
    ...(typeof rule === 'string' ? {rule} : {}),
  };
}
