import {expect, test} from '@jest/globals';
import {exitCodesHelp} from '../../src/cli/exit-codes-help.js';

test('lists the exit codes in order, with those that every command has', () => {
  expect(exitCodesHelp(['interrupted', 'ok', 'usage'])).toBe(
    [
      'EXIT CODES',
      '  0  everything that was asked for is done',
      '  2  wrong usage, or every input is bad',
      ' 70  a defect in gembatch',
      '130  ended by Ctrl-C (SIGINT)',
    ].join('\n'),
  );
});
