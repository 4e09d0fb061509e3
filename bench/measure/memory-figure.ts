import type {Figure} from '../row.js';

/** So many times the limit is no noise any more, but memory that grows with the input. */
const ORDER = 10;

/** The most memory that a process had at once, in MiB: the highest of all runs. */
export function memoryFigure(what: string, peaks: readonly number[], limit: number): Figure {
  const value = Math.max(...peaks);
  return {
    what: `${what}, peak memory`,
    against: null,
    value,
    unit: 'MiB',
    spread: null,
    target: {limit, is: 'at most'},
    alarm: {limit: limit * ORDER, is: 'at most'},
    bars: [],
  };
}
