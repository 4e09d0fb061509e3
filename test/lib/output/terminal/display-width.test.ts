import {expect, test} from '@jest/globals';
import {displayWidth, foldText, shortenRight} from '../../../../src/lib/output/terminal/display-width.js';

test.each([
  ['plain.jsonl', 11],
  ['naïve', 5],
  ['e\u0301', 1],
  ['質問.jsonl', 10],
  ['한국', 4],
  ['🚀', 2],
  ['✅⚡⌚', 6],
  ['⚠\uFE0F', 2],
  ['🇩🇪', 4],
])('%s takes %d columns', (text, width) => {
  expect(displayWidth(text)).toBe(width);
});

test.each([
  ['batch/eval.jsonl', 16, 'batch/eval.jsonl'],
  ['batch/eval.jsonl', 8, 'batch/e…'],
  ['質問質問', 6, '質問…'],
  ['質問', 1, '…'],
  ['質問', 0, ''],
])('%s in %d columns is %s', (text, width, shortened) => {
  expect(shortenRight(text, width)).toBe(shortened);
});

test('folds at blanks, keeps the indent, and loses nothing of a word that is longer than a line', () => {
  expect(foldText('one two 質問質問 superlongword', 9)).toEqual(['one two', '質問質問', 'superlongword']);
  expect(foldText('  one two three', 9)).toEqual(['  one two', '  three']);
  expect(foldText('\u001B[31mx\u001B[39m two', 5)).toEqual(['\u001B[31mx\u001B[39m two']);
});
