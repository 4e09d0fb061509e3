/** From the first pause between two tries to the longest, in milliseconds; each is twice the one before. */
export interface Pauses {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** The pause in milliseconds before the next try, after so many pauses already. */
export function backoffMs({firstMs, longestMs}: Pauses, earlierPauses: number): number {
  return Math.min(longestMs, firstMs * 2 ** earlierPauses);
}

/**
 * A pause that is up to a fifth shorter or longer, so that processes which failed at the same moment do not come back
 * together.
 *
 * @param random - numbers from 0 to 1, 1 excluded.
 */
export function jittered(ms: number, random: () => number = Math.random): number {
  return ms * (0.8 + 0.4 * random());
}
