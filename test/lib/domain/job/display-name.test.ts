import {expect, test} from '@jest/globals';
import {
  jobDisplayName,
  parseJobDisplayName,
  uploadDisplayName,
} from '../../../../src/lib/domain/job/display-name.js';
import {newAttempt} from '../../../../src/lib/domain/job/new-attempt.js';

const SHA256 = 'c0ffee123456'.padEnd(64, '0');

test('a display name says the file, the head of its fingerprint and the attempt, and is taken apart again', () => {
  const name = jobDisplayName('batch/003.jsonl', SHA256, 'k7x2m9');
  expect(name).toBe('batch/003.jsonl #gb-c0ffee123456-k7x2m9');
  expect(parseJobDisplayName(name)).toEqual({
    inputFile: 'batch/003.jsonl',
    fingerprintHead: 'c0ffee123456',
    attempt: 'k7x2m9',
  });
});

test('a long path is shortened on the left to the limit of 512 characters', () => {
  const name = jobDisplayName(`${'ü'.repeat(600)}/end.jsonl`, SHA256, 'k7x2m9');
  expect(Array.from(name)).toHaveLength(512);
  expect(name).toMatch(/^\.\.\.ü+\/end\.jsonl #gb-c0ffee123456-k7x2m9$/u);
});

test('a display name of another tool is not ours, nor is that of an upload', () => {
  expect(parseJobDisplayName('batch/003.jsonl')).toBeUndefined();
  expect(parseJobDisplayName(uploadDisplayName('batch/003.jsonl', SHA256))).toBeUndefined();
});

test('a file name that looks like a display name keeps its own marks', () => {
  const inner = 'a #gb-000000000000-old.jsonl';
  expect(parseJobDisplayName(jobDisplayName(inner, SHA256, 'new1'))?.inputFile).toBe(inner);
});

test('attempts are lower-case letters and digits, and do not repeat', () => {
  const attempts = Array.from({length: 1_000}, newAttempt);
  expect(new Set(attempts).size).toBe(1_000);
  expect(attempts.every((attempt) => /^[0-9a-z]{10}$/u.test(attempt))).toBe(true);
});
