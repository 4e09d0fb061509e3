import {expect, test} from '@jest/globals';
import {csvRecord} from '../../../../src/lib/output/text/csv.js';

test('quotes what would be read as something else', () => {
  expect(csvRecord(['plain', 'a,b', 'say "x"', 'two\nlines', 12, true, null, undefined, ''])).toBe(
    'plain,"a,b","say ""x""","two\nlines",12,true,,,\r\n',
  );
});

test('keeps a spreadsheet from taking a text for a formula, and leaves numbers alone', () => {
  expect(csvRecord(['=1+1', '@x', -5])).toBe("'=1+1,'@x,-5\r\n");
});

test('writes control characters as escapes, but for those of text', () => {
  expect(csvRecord(['a\u001B[2J\u009Bb', 'one\r\ntwo\tthree', 'x\ry', '\u202Ez'])).toBe(
    'a\\x1b[2J\\x9bb,"one\r\ntwo\tthree",x\\x0dy,\u202Ez\r\n',
  );
});

test('has nothing for a terminal or a CI runner that is not shown as it is', () => {
  expect(csvRecord(['one\r\n::error::two', '\u202Ez', '::x'], {isWatched: true})).toBe(
    '"one\n\\x3a:error::two",\\u202ez,\\x3a:x\r\n',
  );
});
