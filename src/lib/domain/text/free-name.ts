/** The name, with a number behind it where others have it already: `key_2`. */
export function freeName(name: string, taken: Pick<ReadonlySet<string>, 'has'>): string {
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${name}_${number}`;
  return free;
}
