/** Shorter than this a key is a stand-in, as an emulator takes it, and may well be a word of the text. */
const SHORTEST_SECRET = 16;

const SHOWN = '[API key]';

/**
 * A function that replaces a key in any text: as it is, and in the forms in which an answer, a URL or a log may repeat
 * it. Each of its characters may be percent-encoded, once or more often, or escaped as in JSON, once or more often. JSON
 * stays JSON.
 *
 * @param key - one shorter than 16 characters is no secret, and is left where it stands.
 */
export function createApiKeyRedactor(key: string): (text: string) => string {
  if (key.length < SHORTEST_SECRET) return (text) => text;
  const pattern = new RegExp(Array.from(key, formsOf).join(''), 'gu');
  return (text) => text.replaceAll(pattern, SHOWN);
}

/** The sign that percent-encoding begins with, which may be encoded itself; not for ever, or a search would take as long. */
const PERCENT = '%(?:25){0,4}';
/** The sign that an escape of JSON begins with, as it is or percent-encoded. */
const BACKSLASH = String.raw`(?:\\|${PERCENT}5[cC])`;

/** A pattern for all forms of one character of a key, which is printable ASCII. */
function formsOf(character: string): string {
  const hex = character.charCodeAt(0).toString(16).padStart(2, '0');
  const code = hex.replaceAll(/[a-f]/gu, (digit) => `[${digit}${digit.toUpperCase()}]`);
  const escapes = /\w/u.test(character) ? '' : `${BACKSLASH}{0,8}?`;
  // CSV doubles quotation marks.
  const plain = character === '"' ? '""?' : String.raw`\x${hex}`;
  return String.raw`${escapes}(?:${plain}|${PERCENT}${code}|${BACKSLASH}{1,8}u00${code})`;
}
