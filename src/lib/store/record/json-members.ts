/** What a JSON text is built of, outside of its strings. */
const MARK = /["{}[\],:]/gu;
const QUOTE_OR_ESCAPE = /["\\]/gu;

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
  for (let at = markFrom(text, 0); at < text.length; at = markFrom(text, at + 1)) {
    const mark = text[at] ?? '';
    if (mark === '"') {
      const end = endOfString(text, at);
      if (depth === 1) name ??= String(JSON.parse(text.slice(at, end + 1)));
      at = end;
    } else if (depth === 1 && mark === ':') {
      start = at + 1;
    } else if (depth === 1 && name !== null && ',}'.includes(mark)) {
      members.set(name, text.slice(start, at).trim());
      name = null;
    }
    if ('{['.includes(mark)) depth += 1;
    else if ('}]'.includes(mark)) depth -= 1;
  }
  return members;
}

function markFrom(text: string, start: number): number {
  MARK.lastIndex = start;
  return MARK.exec(text)?.index ?? text.length;
}

/** Where the closing quote of the string is that starts there. One expression for all of it overflows with long strings. */
function endOfString(text: string, start: number): number {
  QUOTE_OR_ESCAPE.lastIndex = start + 1;
  for (;;) {
    const found = QUOTE_OR_ESCAPE.exec(text);
    if (found === null) return text.length;
    if (found[0] === '"') return found.index;
    QUOTE_OR_ESCAPE.lastIndex = found.index + 2;
  }
}
