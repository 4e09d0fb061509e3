/**
 * JSON whose numbers keep all their digits. `JSON.parse` turns 12345678901234567890 into another number and 1.50 into 1.5;
 * a key or an amount must not change on its way.
 */
import {randomUUID} from 'node:crypto';

/** Stands around the digits of a number while it travels as a string; no text of a user's can hold it. */
const MARK = `\u{F8FF}${randomUUID()}\u{F8FF}`;
const MARKED = new RegExp(`"${MARK}(?<digits>[^"]*)${MARK}"`, 'gu');
/** Texts without any of these have no number that JavaScript would write differently; some texts with them have none either. */
const SUSPECT = /\d[\d.]{14,}|\d[eE][+-]?\d|\.\d*0(?!\d)|-0/u;
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/gu;

/** A number of a JSON text that JavaScript would write with other digits. */
export class ExactNumber {
  constructor(readonly digits: string) {}

  valueOf(): number {
    return Number(this.digits);
  }

  toString(): string {
    return this.digits;
  }

  toJSON(): string {
    return MARK + this.digits + MARK;
  }
}

/**
 * As `JSON.parse`, but with an `ExactNumber` for each number whose digits would get lost.
 *
 * @throws SyntaxError as `JSON.parse`.
 */
export function parseExact(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (!SUSPECT.test(text)) return value;
  let hasExact = false;
  const marked = text.replaceAll(STRING_OR_NUMBER, (token) => {
    if (token.startsWith('"') || String(Number(token)) === token) return token;
    hasExact = true;
    return `"${MARK}${token}${MARK}"`;
  });
  return hasExact ? JSON.parse(marked, revived) : value;
}

/** As `JSON.stringify`, with the digits of each `ExactNumber` as they were. */
export function stringifyExact(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, null, indent);
  return text.includes(MARK) ? text.replaceAll(MARKED, '$<digits>') : text;
}

function revived(_name: string, value: unknown): unknown {
  return typeof value === 'string' && value.startsWith(MARK)
    ? new ExactNumber(value.slice(MARK.length, -MARK.length))
    : value;
}
