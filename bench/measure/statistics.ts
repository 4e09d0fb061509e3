/** The middle half of what was measured. */
export interface Spread {
  readonly low: number;
  readonly high: number;
  readonly runs: number;
}

/** @throws RangeError without values. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which the fraction `share` of all lies, interpolated. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)];
  const high = sorted[Math.ceil(at)];
  if (low === undefined || high === undefined) throw new RangeError('There is no value.');
  return low + (high - low) * (at - Math.floor(at));
}

/** From the first to the third quartile. */
export function spreadOf(values: readonly number[]): Spread {
  return {low: quantile(values, 0.25), high: quantile(values, 0.75), runs: values.length};
}
