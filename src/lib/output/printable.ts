/** Most text is plain, and tables have much of it. */
const PLAIN = /^[\u0020-\u007E]*$/u;
/** Characters that would do something to a terminal, or to the order in which its text is read, in place of being shown. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;

/**
 * A text that can be printed whatever is in it: control characters, escape sequences and marks of writing direction
 * are shown as escapes. File names, keys and the service's messages go through this on their way to a terminal.
 */
export function printable(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replaceAll(UNPRINTABLE, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`;
  });
}

/** Several lines, each printable. */
export function printableLines(text: string): readonly string[] {
  return text.split('\n').map(printable);
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
