import {expect, test} from '@jest/globals';
import {csvRecord} from '../../../src/lib/output/csv.js';

test('quotes what would be read as something else', () => {
  expect(csvRecord(['plain', 'a,b', 'say "x"', 'two\nlines', 12, true, null, undefined, ''])).toBe(
    'plain,"a,b","say ""x""","two\nlines",12,true,,,\r\n',
  );
});

test('keeps a spreadsheet from taking a text for a formula, and leaves numbers alone', () => {
  expect(csvRecord(['=1+1', '@x', -5])).toBe("'=1+1,'@x,-5\r\n");
});
