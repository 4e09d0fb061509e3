const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

/**
 * Where in its stretch of a file the nth sample is taken, from 0 up to 1, the same each time. Steps of one length would meet
 * the same prompt again and again in a file that goes through its prompts in turn.
 */
export function placeInStretch(n: number): number {
  return (n * GOLDEN_RATIO) % 1;
}
