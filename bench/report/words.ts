import type {Figure} from '../row.js';

/** A number with as many digits as it deserves. */
export function rounded(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en');
  return value.toLocaleString(
    'en',
    value < 10
      ? {minimumFractionDigits: 2, maximumFractionDigits: 2}
      : {maximumFractionDigits: value < 100 ? 1 : 0},
  );
}

/** What was measured and against what. */
export function subject({what, against}: Figure): string {
  return against === null ? what : `${what} / ${against}`;
}

export function valueText({value, unit}: Figure): string {
  return `${rounded(value)} ${unit}`;
}

/** The middle half of the runs. */
export function spreadText({spread}: Figure): string {
  return spread === null ? '' : `${rounded(spread.low)} – ${rounded(spread.high)}, ${spread.runs} runs`;
}

export function targetText({target, unit}: Figure): string {
  return target === null ? '' : `${target.is} ${rounded(target.limit)} ${unit}`;
}
