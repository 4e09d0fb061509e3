import {expect, test} from '@jest/globals';
import {helpAsFlag, moveLeadingFlags} from '../../../src/cli/flags/leading-flags.js';

const IDS = ['list', 'submit', 'emulator:exec'];

test.each([
  ['--job-info j.jsonl list', 'list --job-info j.jsonl'],
  ['--job-info=j.jsonl --json submit a.jsonl', 'submit --job-info=j.jsonl --json a.jsonl'],
  ['-q --job-info j.jsonl emulator exec -- true', 'emulator exec -q --job-info j.jsonl -- true'],
  ['list --job-info j.jsonl', 'list --job-info j.jsonl'],
  ['--help', '--help'],
  ['--job-info', '--job-info'],
  ['--json --help', '--json --help'],
])('%s is read as %s', (given, expected) => {
  expect(moveLeadingFlags(given.split(' '), IDS).join(' ')).toBe(expected);
});

test.each([
  ['help', '--help'],
  ['help submit', 'submit --help'],
  ['help emulator exec', 'emulator exec --help'],
  ['help emulator', 'help emulator'],
  ['help exit-codes', 'help exit-codes'],
  ['help submit -n', 'help submit -n'],
  ['help sbmit', 'help sbmit'],
  ['submit help', 'submit help'],
])('%s is answered as %s', (given, expected) => {
  expect(helpAsFlag(given.split(' '), IDS).join(' ')).toBe(expected);
});
