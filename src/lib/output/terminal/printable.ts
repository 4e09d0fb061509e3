import {isPlain} from './display-width.js';

/** Most text is plain, and tables have much of it. */
const PLAIN = /^[ -"$-9;-~]*$/u;

/**
 * What is not shown as it is: control characters; invisible characters (of format, writing direction, no width;
 * fillers and tags), with which two names look alike; lone halves of characters. Variation selectors are no danger, and
 * part of many emoji.
 */
const UNPRINTABLE = String.raw`[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u034F\u115F\u1160\u17B4\u17B5\u180B-\u180F\u3164\uFFA0\u{E0000}-\u{E0FFF}]`;
/** As above, but for the line ends that JSON has between its values, which has none in them; with the mark of Azure's runners. */
const JSON_UNPRINTABLE = String.raw`${UNPRINTABLE.replace(String.raw`\p{Cc}`, String.raw`\x7F-\x9F`)}|#(?=#\w*\[)`;
/** Compiled for the first text that needs them: to look classes of Unicode up takes time at each start. */
let unprintable: RegExp | undefined;
let jsonUnprintable: RegExp | undefined;

/**
 * What a runner of CI jobs takes for a command when it reads it in a log: `::name::` where a line starts, `##[name]` and
 * `##vso[name]` anywhere (`actions/runner`, `src/Runner.Common/ActionCommand.cs`).
 */
const COMMAND_MARK = /^(\s*):(?=:)|#(?=#\w*\[)/gu;

/**
 * A text that can be printed whatever is in it: what a terminal, a person or a CI runner could mistake for something else
 * is escaped. File names, keys and the service's messages go through this on their way to a
 * terminal.
 */
export function printable(text: string): string {
  if (PLAIN.test(text)) return text;
  const visible = isPlain(text)
    ? text
    : text.replaceAll((unprintable ??= new RegExp(UNPRINTABLE, 'gu')), escapeOf);
  return visible.replaceAll(COMMAND_MARK, (mark: string, blanks = '') => blanks + escapeOf(mark.slice(-1)));
}

/** Several lines, each printable. */
export function printableLines(text: string): readonly string[] {
  return text.split('\n').map(printable);
}

/**
 * A value as JSON that can be printed whatever is in it. It says the same as any other form of it: what is not to be
 * seen raw is escaped.
 */
export function printableJson(value: unknown, indent?: number): string {
  return printableJsonText(JSON.stringify(value, null, indent));
}

/** As `printableJson`, for a text that is JSON already. */
export function printableJsonText(json: string): string {
  return json.replaceAll((jsonUnprintable ??= new RegExp(JSON_UNPRINTABLE, 'gu')), (characters) =>
    Array.from({length: characters.length}, (_, i) => `\\u${hex(characters.charCodeAt(i), 4)}`).join(''),
  );
}

function escapeOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x100) return `\\x${hex(code, 2)}`;
  return code < 0x1_0000 ? `\\u${hex(code, 4)}` : `\\u{${hex(code, 5)}}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
