/** A name as one word of a command line that can be pasted into a shell. */
export function shellWord(name: string): string {
  return /^[\p{L}\p{N}_./@%+=:,-]+$/u.test(name) ? name : `'${name.replaceAll("'", String.raw`'\''`)}'`;
}
