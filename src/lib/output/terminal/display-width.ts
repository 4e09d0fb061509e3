import {stripVTControlCharacters} from 'node:util';

/**
 * What takes two columns: emoji, and East Asian wide and fullwidth characters (Unicode Standard Annex 11, in broad
 * ranges). Where terminals differ, the larger width is taken: a line that is too short is better than one that breaks.
 */
const WIDE = String.raw`[\u1100-\u115F\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\u9FFF\uA000-\uA4CF\uA960-\uA97F\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{16FE0}-\u{18DFF}\u{1AFF0}-\u{1B2FF}\u{1F300}-\u{1FAFF}\u{20000}-\u{3FFFD}\p{Emoji_Presentation}]`;
/** What takes no column of its own: combining marks, joiners, variation selectors. */
const NARROW = String.raw`[\p{Mn}\p{Me}\p{Cf}]`;
/** Compiled for the first text that is not plain: to look classes of Unicode up takes time at each start. */
let wide: RegExp | undefined;
let narrow: RegExp | undefined;
/** Makes an emoji of the character before it, which most terminals then draw a column wider. */
const EMOJI_SELECTOR = '\uFE0F';
const PRINTABLE_ASCII = /^[\u0020-\u007E]*$/u;

/** Whether a text is printable ASCII, and so as wide as it is long. */
export function isPlain(text: string): boolean {
  return PRINTABLE_ASCII.test(text);
}

/** The columns that a text takes on a terminal. It must hold no control characters. */
export function displayWidth(text: string): number {
  if (isPlain(text)) return text.length;
  let width = 0;
  for (const character of text) width += widthOf(character);
  return width;
}

/** The text with blanks behind it, `width` columns wide. */
export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/** The text with blanks before it, `width` columns wide. */
export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - displayWidth(text))) + text;
}

/** The text, cut at its end to `width` columns; `cut`, one column wide, stands for what is left out. */
export function shortenRight(text: string, width: number, cut = '…'): string {
  if (displayWidth(text) <= width) return text;
  return width < 1 ? '' : fitting(Array.from(text), width - 1).join('') + cut;
}

/** The text, at most `width` columns wide: its middle is left out, because names differ at their ends. */
export function shortenMiddle(text: string, width: number, cut = '…'): string {
  if (displayWidth(text) <= width) return text;
  const characters = Array.from(text);
  const head = fitting(characters, Math.max(0, Math.floor((width - 1) / 3)));
  const tail = fitting(characters.toReversed(), width - 1 - displayWidth(head.join('')));
  return width < 1 ? '' : [...head, cut, ...tail.toReversed()].join('');
}

/**
 * The text on several lines, broken at blanks, each at most `width` columns wide and indented as the first. Nothing is
 * lost: a word that is longer than a line, such as a path, has one that is too wide. Colours take no column.
 */
export function foldText(text: string, width: number): readonly string[] {
  const indent = /^ */u.exec(text)?.[0] ?? '';
  const [first = '', ...words] = text.slice(indent.length).split(' ');
  const lines: string[] = [];
  let line = indent + first;
  for (const word of words) {
    const joined = `${line} ${word}`;
    if (displayWidth(stripVTControlCharacters(joined)) <= width) {
      line = joined;
    } else {
      lines.push(line);
      line = indent + word;
    }
  }
  return [...lines, line];
}

/** As many of the parts as fit, from the first on; a first one that does not fit is cut. */
export function fittingParts(parts: readonly string[], columns: number, cut: string): string {
  for (let number = parts.length; number > 0; number -= 1) {
    const text = parts.slice(0, number).join(', ');
    if (displayWidth(text) <= columns) return text;
  }
  return shortenRight(parts[0] ?? '', columns, cut);
}

function fitting(characters: readonly string[], width: number): string[] {
  let rest = width;
  const end = characters.findIndex((character) => (rest -= widthOf(character)) < 0);
  return characters.slice(0, end === -1 ? characters.length : end);
}

function widthOf(character: string): number {
  if (character === EMOJI_SELECTOR) return 1;
  if ((narrow ??= new RegExp(NARROW, 'u')).test(character)) return 0;
  return (wide ??= new RegExp(WIDE, 'u')).test(character) ? 2 : 1;
}
