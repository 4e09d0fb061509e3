import type {GembatchError} from '../../domain/errors.js';
import {exitCodeOf, type ItemOutcome} from '../../domain/outcome.js';
import {itemOutcome} from './file-outcome.js';
import type {FileOutcome, EarlierCreate, SubmitSummary} from './submit-report.js';

/**
 * The totals of a submission, and its exit code.
 *
 * @param fatal - why it ended before its time.
 */
export function summarise(
  outcomes: readonly FileOutcome[],
  earlierCreates: readonly EarlierCreate[],
  {fatal, durationMs}: {readonly fatal: GembatchError | undefined; readonly durationMs: number},
): SubmitSummary {
  const count = (kind: FileOutcome['outcome']): number =>
    outcomes.filter(({outcome}) => outcome === kind).length;
  const counted = outcomes.filter(({outcome}) => outcome === 'submitted' || outcome === 'would_submit');
  const unclear = earlierCreates
    .filter(({outcome}) => outcome === 'unclear')
    .map((): ItemOutcome => ({kind: 'unclear'}));
  return {
    files: outcomes.length,
    submitted: count('submitted'),
    skipped: count('skipped'),
    changed: count('changed'),
    would_submit: count('would_submit'),
    failed: count('failed'),
    unclear: count('unclear'),
    not_started: count('not_started'),
    requests: counted.some(({count}) => count === null)
      ? null
      : counted.reduce((sum, {count}) => sum + (count ?? 0), 0),
    bytes: counted.reduce((sum, {size_bytes}) => sum + (size_bytes ?? 0), 0),
    duration_ms: Math.round(durationMs),
    exit_code: exitCodeOf([...outcomes.map(itemOutcome), ...unclear], fatal),
  };
}
