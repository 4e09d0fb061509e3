import {expect, test} from '@jest/globals';
import {Deadline} from '../../../../src/lib/services/http/deadline.js';

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

test('a limit that starts when all is over keeps no process running', () => {
  const before = timers();
  const deadline = new Deadline(undefined);
  deadline.set(60_000, () => new Error('too late'));
  expect(timers()).toBe(before + 1);
  deadline.end();
  // A file that is being read goes on telling of its bytes after the service has refused them.
  deadline.set(60_000, () => new Error('too late'));
  expect(timers()).toBe(before);
});
