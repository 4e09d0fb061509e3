/**
 * The candidate that `word` was most likely meant to be, or undefined when none is near: at most a third of its letters
 * differ.
 */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const isNear = (candidate: string, distance: number): boolean =>
    distance * 3 <= Math.max(word.length, candidate.length);
  const [best] = candidates
    .filter((candidate) => isNear(candidate, Math.abs(word.length - candidate.length)))
    .map((candidate) => ({candidate, distance: editDistance(word, candidate)}))
    .filter(({candidate, distance}) => isNear(candidate, distance))
    .sort((a, b) => a.distance - b.distance);
  return best?.candidate;
}

/** Letters to insert, drop, replace or swap with their neighbour to make `b` out of `a` (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({length: b.length + 1}, (_, column) => column);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? at(beforeLast, j - 2) + 1 : Infinity;
      row.push(Math.min(at(row, j - 1) + 1, at(last, j) + 1, replaced, swapped));
    }
    [beforeLast, last] = [last, row];
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
