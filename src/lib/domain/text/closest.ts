/**
 * The candidate that `word` was most likely meant to be, or undefined when none is near: at most a third of its letters
 * differ.
 */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const [best] = candidates
    .map((candidate) => ({candidate, distance: editDistance(word, candidate)}))
    .filter(({candidate, distance}) => distance * 3 <= Math.max(word.length, candidate.length))
    .sort((a, b) => a.distance - b.distance);
  return best?.candidate;
}

/** Letters to insert, drop, replace or swap with their neighbour to make `b` out of `a` (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({length: b.length + 1}, (_, column) => column)];
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const [left = 0, above = 0, diagonal = 0] = [row[j - 1], rows[i - 1]?.[j], rows[i - 1]?.[j - 1]];
      const isSwap = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? (rows[i - 2]?.[j - 2] ?? Infinity) : Infinity;
      row.push(Math.min(left + 1, above + 1, diagonal + (a[i - 1] === b[j - 1] ? 0 : 1), swapped + 1));
    }
    rows.push(row);
  }
  return rows.at(-1)?.at(-1) ?? 0;
}
