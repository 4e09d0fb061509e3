/**
 * Measures several things in turn, again and again, so that a machine that becomes slower slows all of them down.
 *
 * @param things - by name; each returns what is measured, such as milliseconds.
 * @returns the values of each, in the order of the rounds.
 */
export async function inTurn<K extends string>(
  rounds: number,
  things: Readonly<Record<K, () => Promise<number>>>,
): Promise<Readonly<Record<K, readonly number[]>>> {
  const names = Object.keys(things) as K[];
  const values = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<K, number[]>;
  for (let round = 0; round < rounds; round += 1)
    for (const name of names) values[name].push(await things[name]());
  return values;
}

/** The ratio of two things in each round. */
export function ratios(values: readonly number[], against: readonly number[]): number[] {
  return values.map((value, round) => value / (against[round] ?? Number.NaN));
}
