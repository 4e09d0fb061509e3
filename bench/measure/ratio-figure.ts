import type {Bar, Figure, Target} from '../row.js';
import {ratios} from './in-turn.js';
import {median, spreadOf} from './statistics.js';

/** Two things that were measured in turn. */
export interface Comparison {
  readonly what: string;
  readonly against: string;
  readonly values: readonly number[];
  readonly base: readonly number[];
  /** Of the values, as `ms`. */
  readonly unit: string;
  /** `rate` when more is better: the ratio is that of the base to the values, which are times. */
  readonly as?: 'time' | 'rate';
  readonly target: Target | null;
}

/** The ratio of their medians, with the spread of the ratios of the rounds. */
export function ratioFigure({what, against, values, base, unit, as = 'time', target}: Comparison): Figure {
  const [upper, lower] = as === 'time' ? [values, base] : [base, values];
  const bars: readonly Bar[] = [
    {label: what, value: median(values), unit},
    {label: against, value: median(base), unit},
  ];
  return {
    what,
    against,
    value: median(upper) / median(lower),
    unit: '×',
    spread: spreadOf(ratios(upper, lower)),
    target,
    alarm: null,
    bars,
  };
}
