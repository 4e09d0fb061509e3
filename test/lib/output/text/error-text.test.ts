import {expect, test} from '@jest/globals';
import {errorLines} from '../../../../src/lib/output/text/error-text.js';

test('an error says what happened, then what to do, and nothing that moves a cursor', () => {
  const error = {
    message: 'bad\u001B[2J.jsonl\n: not JSON.',
    suggestions: ['Correct it.', 'Or leave it\nout.'],
  };
  expect(errorLines(error)).toEqual([
    'Error: bad\\x1b[2J.jsonl\\x0a: not JSON.',
    '  Correct it.',
    '  Or leave it\\x0aout.',
  ]);
});
