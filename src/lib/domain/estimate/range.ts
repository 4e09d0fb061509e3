/** A number of which only the bounds are known, and what is most likely. */
export interface Range {
  readonly low: number;
  readonly likely: number;
  readonly high: number;
}

export const NOTHING: Range = {low: 0, likely: 0, high: 0};

export function addRanges(a: Range, b: Range): Range {
  return {low: a.low + b.low, likely: a.likely + b.likely, high: a.high + b.high};
}

export function timesRange({low, likely, high}: Range, factor: number): Range {
  return {low: low * factor, likely: likely * factor, high: high * factor};
}

export function wholeRange({low, likely, high}: Range): Range {
  return {low: Math.floor(low), likely: Math.round(likely), high: Math.ceil(high)};
}
