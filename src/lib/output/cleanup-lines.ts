import type {CleanupResult} from '../workflows/cleanup/clean-up.js';
import type {Disposable} from '../workflows/cleanup/plan-cleanup.js';
import {formatCount} from './text/format.js';
import {printable} from './terminal/printable.js';

const OUTCOME_WORDS = {
  deleted: 'deleted',
  absent: 'was gone already',
  would_delete: 'would be deleted',
  kept: 'kept',
  failed: 'not deleted',
} as const;

/** What a cleanup is about to delete, one thing on each line. */
export function planLines(plan: readonly Disposable[]): readonly string[] {
  return plan.map((item) => `${describe(item)}: ${item.reason}`);
}

/** What became of each thing, and how many there were. */
export function cleanupLines({items}: CleanupResult): readonly string[] {
  if (items.length === 0) return ['Nothing to clean up.'];
  const lines = items.map((item) => {
    const reason = item.error === undefined ? item.reason : printable(item.error.message);
    return `${describe(item)}: ${OUTCOME_WORDS[item.outcome]} (${reason})`;
  });
  const counts = Object.entries(OUTCOME_WORDS).flatMap(([outcome, words]) => {
    const count = items.filter((item) => item.outcome === outcome).length;
    return count > 0 ? [`${formatCount(count)} ${words}`] : [];
  });
  return [...lines, counts.join(', ')];
}

function describe({kind, name, file}: Pick<Disposable, 'kind' | 'name' | 'file'>): string {
  return `${kind} ${printable(name)}${file === undefined ? '' : ` of ${printable(file)}`}`;
}
