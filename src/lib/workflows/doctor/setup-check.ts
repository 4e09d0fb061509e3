import type {ErrorCode} from '../../domain/errors.js';

/** One line of `gembatch doctor`. */
export interface SetupCheck {
  /** What was looked at, such as `API key`. */
  readonly name: string;
  /** `skipped`: could not be looked at, because something before it failed or nothing asks for it. */
  readonly status: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly detail: string;
  /** What to do, one sentence; null when there is nothing to do. */
  readonly next: string | null;
  /** Of a check that failed. */
  readonly code?: ErrorCode;
}

export const ok = (name: string, detail: string): SetupCheck => ({name, status: 'ok', detail, next: null});

export const skipped = (name: string, detail: string): SetupCheck => ({
  name,
  status: 'skipped',
  detail,
  next: null,
});

export const warning = (name: string, detail: string, next: string): SetupCheck => ({
  name,
  status: 'warning',
  detail,
  next,
});

export const failed = (
  name: string,
  detail: string,
  {code, next}: {code: ErrorCode; next: string},
): SetupCheck => ({
  name,
  status: 'failed',
  detail,
  next,
  code,
});
