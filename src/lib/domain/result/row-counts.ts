import type {RowCounts} from '../job/job-record.js';
import type {RowOutcome} from './result-row.js';

export type RequestOutcome = Exclude<RowOutcome, 'malformed'> | 'missing';

/** What one result row, or the lack of one, is called in lists and counts. */
export type CountedOutcome = keyof RowCounts;

/** Counts in which nothing has happened yet. */
export function noCounts(): Record<CountedOutcome, number> {
  return {
    ok: 0,
    error: 0,
    blocked: 0,
    truncated: 0,
    empty: 0,
    not_json: 0,
    schema_mismatch: 0,
    malformed: 0,
    missing: 0,
    repeated: 0,
    unknown_key: 0,
  };
}

/** The counts as they are where answers need not be what was asked for: all of them are good, and no count says otherwise. */
export function asUnchecked({
  not_json: notJson = 0,
  schema_mismatch: mismatches = 0,
  ...counts
}: RowCounts): RowCounts {
  return {...counts, ok: counts.ok + notJson + mismatches};
}

/** Whether answers were checked against what their requests ask for, when these rows were counted. */
export function areAnswersChecked(rows: RowCounts): boolean {
  return rows.not_json !== undefined;
}

export type AnsweredOutcome = Exclude<RequestOutcome, 'missing'>;

/** What can become of a request that has a row; the order numbers them where many are kept. */
export const ANSWERED_OUTCOMES: readonly AnsweredOutcome[] = [
  'ok',
  'error',
  'blocked',
  'truncated',
  'empty',
  'not_json',
  'schema_mismatch',
];

/** What can become of a request but a good answer. */
export const BAD_OUTCOMES: ReadonlySet<RequestOutcome> = new Set(
  [...ANSWERED_OUTCOMES, 'missing' as const].filter((outcome) => outcome !== 'ok'),
);

/** A row that is not good, or a request without a row. */
export interface BadRow {
  readonly key: string | null;
  readonly outcome: Exclude<CountedOutcome, 'ok'>;
  /** Line in the result file, from 1; of a missing row the line in the request file. */
  readonly line: number;
  readonly message: string;
}

/** Why a request has no row of its own, in one sentence. */
export function whyMissing({hasKey, isRepeated}: {hasKey: boolean; isRepeated: boolean}): string {
  if (!hasKey) return 'the request has no key, so no answer can be matched to it';
  return isRepeated
    ? 'an earlier request has the same key and gets the answer'
    : 'the result has no row for it';
}
