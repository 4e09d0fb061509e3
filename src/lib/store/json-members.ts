/** A string, or a character that a JSON text is built of. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/gu;

/**
 * The members of an object as they are written: numbers that JavaScript cannot hold, and whatever is nested too deeply for
 * `JSON.stringify`, stay as they are.
 *
 * @param text - a JSON text; of another value than an object there are no members.
 * @returns the text of each value by its name, in their order; of a repeated name the last one counts, as for `JSON.parse`.
 */
export function membersOf(text: string): Map<string, string> {
  const members = new Map<string, string>();
  if (!text.trimStart().startsWith('{')) return members;
  let depth = 0;
  let name: string | null = null;
  let start = 0;
  for (const {0: token, index} of text.matchAll(TOKEN)) {
    const isAtEnd = depth === 1 && (token === ',' || token === '}');
    if (isAtEnd && name !== null) {
      members.set(name, text.slice(start, index).trim());
      name = null;
    } else if (depth === 1 && name === null && token.startsWith('"')) {
      name = String(JSON.parse(token));
    } else if (depth === 1 && token === ':') {
      start = index + 1;
    }
    if (token === '{' || token === '[') depth += 1;
    if (token === '}' || token === ']') depth -= 1;
  }
  return members;
}
