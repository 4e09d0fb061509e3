import {expect, test} from '@jest/globals';
import {printable, printableLines} from '../../../src/lib/output/printable.js';

test.each([
  ['\u001B[2J', '\\x1b[2J'],
  ['\u009B31m', '\\x9b31m'],
  ['a\rb\nc\td', 'a\\x0db\\x0ac\\x09d'],
  ['\u007F', '\\x7f'],
  ['report\u202Elnosj.exe', 'report\\u202elnosj.exe'],
  ['\u2066x\u2069', '\\u2066x\\u2069'],
  ['\uD800', '\\ud800'],
  ['a\u2028b', 'a\\u2028b'],
])('%j is shown as %s', (text, shown) => {
  expect(printable(text)).toBe(shown);
});

test('leaves letters of all scripts and emoji as they are', () => {
  const text = 'naïve 質問 שלום 🚀';
  expect(printable(text)).toBe(text);
});

test('keeps line ends where several lines are wanted', () => {
  expect(printableLines('one\ntwo\u0007')).toEqual(['one', 'two\\x07']);
});
