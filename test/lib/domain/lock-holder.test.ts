import {expect, test} from '@jest/globals';
import {describeLockHolder} from '../../../src/lib/domain/lock-holder.js';
import type {LockHolder} from '../../../src/lib/domain/lock-holder.js';

const HOLDER: LockHolder = {
  command: 'gembatch submit',
  pid: 4711,
  user: 'ann',
  host: 'build-3',
  since: '2026-01-31T09:00:00.000Z',
  state: 'alive',
  silentMs: 4_000,
};

test('a holder is named with command, process, user, host and time, and with what is odd about it', () => {
  const name = 'gembatch submit (pid 4711, ann on build-3), since 2026-01-31T09:00:00.000Z';
  expect(describeLockHolder(HOLDER)).toBe(name);
  expect(describeLockHolder({...HOLDER, silentMs: 20_000})).toBe(`${name}, alive but not responding`);
  expect(describeLockHolder({...HOLDER, state: 'foreign'})).toBe(
    `${name}, on another system, last sign of life 4 s ago or earlier`,
  );
  expect(describeLockHolder(null)).toBe('a program that left no name (such as the Python tool gembatch)');
});
