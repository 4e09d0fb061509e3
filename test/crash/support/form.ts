/** How much the suite tries, and from which seed; set by `scripts/crash.js`. */

/** `short` is what CI runs, in some minutes; `whole` is everything. */
export const FORM: 'short' | 'whole' = process.env['GEMBATCH_CRASH_FORM'] === 'whole' ? 'whole' : 'short';

/** Decides every random choice of the suite; the same seed makes the same choices. */
export const SEED = Number(process.env['GEMBATCH_CRASH_SEED'] ?? 1);

/** The one of two amounts that this form asks for. */
export function amount({short, whole}: {readonly short: number; readonly whole: number}): number {
  return FORM === 'whole' ? whole : short;
}
