import {displayWidth, shortenMiddle} from './display-width.js';

/** Where a name may be cut: between its words. */
const WORD_END = /[/\\_\-. ]/u;

/**
 * Names side by side, each at most `width` columns wide. When some are wider, what all of them begin with is left out
 * first, because they differ after it, and then the middle.
 *
 * @param cut - stands for what is left out, one column wide.
 */
export function shortNames(names: readonly string[], width: number, cut = '…'): readonly string[] {
  if (names.every((name) => displayWidth(name) <= width)) return names;
  return withoutHead(names, cut).map((name) => shortName(name, width, {cut}));
}

/** The names without what all of them begin with. */
export function withoutHead(names: readonly string[], cut = '…'): readonly string[] {
  const head = commonHead(names);
  return head === '' ? names : names.map((name) => cut + name.slice(head.length));
}

/** A name that is too wide, without the head that it has in common with others, and then without its middle. */
export function shortName(
  name: string,
  width: number,
  {head = '', cut}: {readonly head?: string; readonly cut: string},
): string {
  if (displayWidth(name) <= width) return name;
  const isHeaded = head !== '' && name.startsWith(head);
  return shortenMiddle(isHeaded ? cut + name.slice(head.length) : name, width, cut);
}

/** What all names begin with, up to the end of a word; a single letter would save nothing, and one name alone shares nothing. */
export function commonHead(names: readonly string[]): string {
  const [first = '', ...others] = names;
  if (others.length === 0) return '';
  let length = first.length;
  for (const name of others) {
    while (!name.startsWith(first.slice(0, length))) length -= 1;
    if (length === 0) return '';
  }
  // A name that is the beginning of all others would vanish.
  while (length > 0 && (length === first.length || !WORD_END.test(first.charAt(length - 1)))) length -= 1;
  return length < 2 || names.some((name) => name.length <= length) ? '' : first.slice(0, length);
}
