import {expect, test} from '@jest/globals';
import {doctorLines} from '../../../src/lib/output/doctor-lines.js';
import {colorsFor, marksFor} from '../../../src/lib/output/terminal/screen.js';

test('a check that is longer than the terminal goes on below its text, with marks that the terminal has', () => {
  const style = {width: 30, marks: marksFor({env: {LANG: 'C'}}), colors: colorsFor({write: () => true}, {})};
  const checks = [
    {name: 'Node', status: 'ok', detail: '24.1.0', next: null},
    {
      name: 'API key',
      status: 'failed',
      code: 'KEY_MISSING',
      detail: 'There is no API key: it is not set.',
      next: 'Get one.',
    },
  ] as const;
  expect(doctorLines({checks, exit_code: 6}, style)).toEqual([
    '+ Node     24.1.0',
    'x API key  There is no API',
    '           key: it is not set.',
    '           Get one.',
  ]);
});
