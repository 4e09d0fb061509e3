import {expect, test} from '@jest/globals';
import {checkedBatchName} from '../../../../src/lib/domain/job/batch-name.js';

test.each([
  '../../x',
  '',
  'batches/',
  'batches/..',
  'batches/a/b',
  'batches/a?b=1',
  'x/batches/a',
  'batches/a\n',
])('the name %j is refused as one of that job alone', (name) => {
  expect(() => checkedBatchName(name)).toThrow(expect.objectContaining({code: 'REFUSED'}));
});

test('a name of the service is passed on', () => {
  expect(checkedBatchName('batches/a-1_b.c')).toBe('batches/a-1_b.c');
});
