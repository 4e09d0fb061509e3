import {expect, test} from '@jest/globals';
import {annotation, errorLines} from '../../../../src/lib/output/text/error-text.js';

test('an error says what happened, then what to do, and nothing that moves a cursor', () => {
  const error = {message: 'bad\u001B[2J.jsonl: not JSON.\nNothing was sent.', suggestions: ['Correct it.']};
  expect(errorLines(error)).toEqual([
    'Error: bad\\x1b[2J.jsonl: not JSON.',
    '  Nothing was sent.',
    '  Correct it.',
  ]);
});

test('an annotation names file, line and column, with what GitHub would misread escaped', () => {
  const error = {
    code: 'FILE_INVALID',
    message: '100% wrong:\nno, really',
    suggestions: ['Correct it.'],
    line: 3,
    column: 14,
  } as const;
  expect(annotation(error, 'a,b:c%.jsonl')).toBe(
    '::error file=a%2Cb%3Ac%25.jsonl,line=3,col=14::100%25 wrong:%0Ano, really%0ACorrect it.',
  );
});

test('an annotation of a whole file has no line', () => {
  expect(annotation({code: 'FILE_EMPTY', message: 'empty', suggestions: []}, 'a.jsonl')).toBe(
    '::error file=a.jsonl::empty',
  );
});
