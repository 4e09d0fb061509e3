/** A text from elsewhere on one line and without control characters, so that it cannot move the cursor. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}
