import {expect, test} from '@jest/globals';
import {printable, printableJson, printableLines} from '../../../../src/lib/output/terminal/printable.js';

test.each([
  ['\u001B[2J', '\\x1b[2J'],
  ['\u009B31m', '\\x9b31m'],
  ['a\rb\nc\td', 'a\\x0db\\x0ac\\x09d'],
  ['\u007F', '\\x7f'],
  ['report\u202Elnosj.exe', 'report\\u202elnosj.exe'],
  ['\u2066x\u2069', '\\u2066x\\u2069'],
  ['\uD800', '\\ud800'],
  ['a\u2028b', 'a\\u2028b'],
  ['a\u200Bb\uFEFFc\u00ADd', 'a\\u200bb\\ufeffc\\xadd'],
  ['a\u{E0041}b', 'a\\u{e0041}b'],
  ['::error::x', '\\x3a:error::x'],
  [' ::error::x', ' \\x3a:error::x'],
  ['a ##[error]x ##vso[task.x]', 'a \\x23#[error]x \\x23#vso[task.x]'],
])('%j is shown as %s', (text, shown) => {
  expect(printable(text)).toBe(shown);
});

test('leaves letters of all scripts and emoji as they are', () => {
  const text = 'naïve 質問 שלום 🚀 ❤️ a::b # ## [x]';
  expect(printable(text)).toBe(text);
});

test('keeps line ends where several lines are wanted', () => {
  expect(printableLines('one\ntwo\u0007')).toEqual(['one', 'two\\x07']);
});

test('JSON says the same, and holds nothing that a terminal or a CI runner obeys', () => {
  const text = 'a\u001B[2J\u009B1m\u007F\u202E\u200B\u{E0041}\uD800\u2028##[error] 質問 🚀\n::x';
  const json = printableJson({[text]: [text]}, 2);
  expect(JSON.parse(json)).toEqual({[text]: [text]});
  expect(json).toMatch(/^[\n -~質問🚀]*$/u);
  expect(json).not.toContain('##[');
});
