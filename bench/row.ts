import type {Spread} from './measure/statistics.js';

/** How much is measured: `quick` takes under two minutes, `whole` uses the sizes that are promised. */
export type Form = 'quick' | 'whole';

/** What a row is measured with. */
export interface Bench {
  readonly form: Form;
  /** A folder of its own, which is removed after the row. */
  readonly folder: string;
  /** The first value in the quick form, the second in the whole one. */
  readonly pick: <T>(quick: T, whole: T) => T;
  /** Tells whoever waits what is going on. */
  readonly note: (text: string) => void;
}

/** The limit that a figure must keep. */
export interface Target {
  readonly limit: number;
  readonly is: 'at most' | 'at least';
}

/** One result: a number, what it is a number of, and what it must reach. */
export interface Figure {
  /** What was measured, as `gembatch --version`. */
  readonly what: string;
  /** What it was measured against, in the same run and in turn; null for a plain count or size. */
  readonly against: string | null;
  readonly value: number;
  /** `×` for a ratio. */
  readonly unit: string;
  /** Of the ratio from run to run; null for what does not vary. */
  readonly spread: Spread | null;
  /** Null for a figure that is only told. */
  readonly target: Target | null;
  /** When the figure cannot be explained by a busy machine any more, and fails CI. */
  readonly alarm: Target | null;
  /** Medians behind a ratio, for the plots. */
  readonly bars: readonly Bar[];
}

/** A bar of a plot. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly unit: string;
}

/** Figures that are measured together. */
export interface Row {
  /** One word for the command line. */
  readonly id: string;
  readonly title: string;
  /** How it is measured, for whoever reads the figures. */
  readonly how: string;
  readonly run: (bench: Bench) => Promise<readonly Figure[]>;
}

/** Whether a value keeps its limit. */
export function keeps(value: number, {limit, is}: Target): boolean {
  return is === 'at most' ? value <= limit : value >= limit;
}
