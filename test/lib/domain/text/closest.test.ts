import {expect, test} from '@jest/globals';
import {closest} from '../../../../src/lib/domain/text/closest.js';

test.each([
  ['sumbit', 'submit'],
  ['lst', 'list'],
  ['emulator:strat', 'emulator:start'],
  ['submti', 'submit'],
  ['cost', undefined],
  ['xyz', undefined],
])('%s was meant to be %s', (word, meant) => {
  expect(closest(word, ['submit', 'list', 'emulator:start', 'emulator:exec'])).toBe(meant);
});
