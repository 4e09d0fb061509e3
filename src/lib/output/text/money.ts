import type {Range} from '../../domain/estimate/range.js';
import {formatCount} from './format.js';

/** Less than this has no digits that tell a person anything. */
const SMALLEST_USD = 0.0001;

/** USD with as many decimals as tell something: cents, and for less than a dollar three digits that count. */
export function formatUsd(amount: number): string {
  if (amount === 0) return '$0';
  if (amount < SMALLEST_USD) return `< $${SMALLEST_USD}`;
  if (amount >= 1) {
    const [dollars = '0', cents = '00'] = amount.toFixed(2).split('.');
    return `$${formatCount(Number(dollars))}.${cents}`;
  }
  return `$${amount.toFixed(amount >= 0.1 ? 2 : 4)}`;
}

/** `unknown` is not free of charge. */
export function formatCost(amount: number | null): string {
  return amount === null ? 'unknown' : formatUsd(amount);
}

/** A range of USD, as `$0.12 – $3.40`, or `up to $3.40`. */
export function formatCostRange(range: Range | null): string {
  if (range === null) return 'unknown';
  const low = formatUsd(range.low);
  const high = formatUsd(range.high);
  if (low === high) return low;
  return range.low < SMALLEST_USD ? `up to ${high}` : `${low} – ${high}`;
}

/** What work will cost, in half a sentence: `about $0.40, at most $3.40`. */
export function describeCost({likely, high}: Range): string {
  if (high < SMALLEST_USD) return high === 0 ? '$0' : `less than $${SMALLEST_USD}`;
  return `${aboutUsd(likely)}, at most ${formatUsd(high)}`;
}

/** An estimated cost, as `about $0.40`. */
export function aboutUsd(amount: number): string {
  return amount < SMALLEST_USD ? `less than $${SMALLEST_USD}` : `about ${formatUsd(amount)}`;
}

/** Tokens, as `950`, `12.3k`, `4.56M`. */
export function formatTokens(tokens: number): string {
  if (tokens < 1000) return String(Math.round(tokens));
  if (tokens < 999_950) return `${threeDigits(tokens / 1000)}k`;
  return `${threeDigits(tokens / 1_000_000)}M`;
}

function threeDigits(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
