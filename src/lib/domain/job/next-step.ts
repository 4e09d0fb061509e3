import type {JobOutcome} from './job-progress.js';
import type {RowCounts} from './job-record.js';

/** A job as far as it matters for what to do next. */
export interface JobEnd {
  readonly outcome: JobOutcome;
  readonly replaced?: boolean;
  readonly results?: {readonly rows: RowCounts} | null | undefined;
}

/** Jobs that ended like this are submitted again as a whole. Of one that is lost or not seen a person decides. */
const RETRIED: ReadonlySet<JobOutcome> = new Set(['failed', 'expired', 'cancelled']);
/** Rows that another try can help. */
const RETRIED_ROWS = ['error', 'missing', 'malformed', 'empty', 'not_json', 'schema_mismatch'] as const;

/** What to do next: the words that follow the name of the program. */
export type NextStep =
  | 'poll'
  | 'poll --results-dir FOLDER'
  | 'retry --dry-run'
  | 'retry --max-output-tokens x2 --dry-run'
  | 'results --failed'
  | 'results --join answers.csv';

/**
 * What to do next after jobs were looked at: to wait, else to send again what another try can help, else to see what was
 * wrong, else to take the answers. Undefined where there are none.
 */
export function nextStep(all: readonly JobEnd[]): NextStep | undefined {
  const jobs = all.filter(({replaced}) => replaced !== true);
  const count = (outcome: keyof RowCounts): number =>
    jobs.reduce(
      (sum, {outcome: end, results}) => sum + (end === 'altered' ? 0 : (results?.rows[outcome] ?? 0)),
      0,
    );
  if (jobs.some(({outcome}) => outcome === 'running')) return 'poll';
  // A job that is not seen may be of another project, whose API key this is not: no advice to pay with it.
  const isSeen = jobs.every(({outcome}) => outcome !== 'not_seen');
  const isBad = jobs.some(({outcome}) => RETRIED.has(outcome));
  if (isSeen && (isBad || RETRIED_ROWS.some((outcome) => count(outcome) > 0))) return 'retry --dry-run';
  if (isSeen && count('truncated') > 0) return 'retry --max-output-tokens x2 --dry-run';
  // Which rows of results that were left in their bucket are bad shows once they are here.
  if (jobs.some(({outcome, results}) => outcome === 'bad_rows' && (results ?? undefined) === undefined))
    return 'poll --results-dir FOLDER';
  if (jobs.some(({outcome}) => outcome === 'bad_rows')) return 'results --failed';
  return count('ok') > 0 ? 'results --join answers.csv' : undefined;
}
