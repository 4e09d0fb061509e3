import {expect, test} from '@jest/globals';
import {csvLine} from '../../../src/lib/output/csv.js';

test('quotes what would be read as something else', () => {
  expect(csvLine(['plain', 'a,b', 'say "x"', 'two\nlines', 12, true, null, undefined, ''])).toBe(
    'plain,"a,b","say ""x""","two\nlines",12,true,,,',
  );
});

test('keeps a spreadsheet from taking a text for a formula, and leaves numbers alone', () => {
  expect(csvLine(['=1+1', '@x', -5])).toBe("'=1+1,'@x,-5");
});
