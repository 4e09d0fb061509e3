import {displayWidth, shortenMiddle} from './display-width.js';

/** Where a name may be cut without cutting a word. */
const WORD_END = /[/\\_\-. ]/u;

/**
 * Names side by side, each at most `width` columns wide. When some are wider, what all of them begin with is left out
 * first, because they differ after it, and then the middle.
 *
 * @param cut - stands for what is left out, one column wide.
 */
export function shortNames(names: readonly string[], width: number, cut = '…'): readonly string[] {
  if (names.every((name) => displayWidth(name) <= width)) return names;
  const head = commonHead(names);
  // Of a single letter nothing is won.
  const short = head.length < 2 ? names : names.map((name) => cut + name.slice(head.length));
  return short.map((name) => shortenMiddle(name, width, cut));
}

/** What all names begin with, up to the end of a word. One name has nothing in common. */
function commonHead(names: readonly string[]): string {
  const [first = '', ...others] = names;
  if (others.length === 0) return '';
  let length = first.length;
  for (const name of others) {
    while (!name.startsWith(first.slice(0, length))) length -= 1;
    if (length === 0) return '';
  }
  // A name that is the beginning of all others would vanish.
  while (length > 0 && (length === first.length || !WORD_END.test(first.charAt(length - 1)))) length -= 1;
  return names.some((name) => name.length <= length) ? '' : first.slice(0, length);
}
