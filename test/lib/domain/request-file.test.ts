import {describe, expect, test} from '@jest/globals';
import type {RequestFileFacts} from '../../../src/lib/domain/request-facts.js';
import {RequestFileCheck} from '../../../src/lib/domain/request-file.js';
import {seededRandom} from '../../helpers/seeded-random.js';

const GOOD = '{"key":"a","request":{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}}';

function check(file: string | Uint8Array, cuts: readonly number[] = []): RequestFileFacts {
  const bytes = Buffer.from(file);
  const reader = new RequestFileCheck();
  const ends = [...cuts, bytes.length];
  let start = 0;
  for (const end of ends) {
    const chunk = Buffer.from(bytes.subarray(start, end));
    reader.push(chunk);
    chunk.fill('#'); // A reader fills its buffer anew.
    start = end;
  }
  return reader.finish();
}

/** `line:column: text` of the first problem; the request is `{"contents": …}` where only its fields are given. */
function firstProblem(file: string | Uint8Array): string | undefined {
  const [first] = check(file).problems;
  return first && `${first.line}:${first.column}: ${first.text}`;
}

function request(fields: string): string {
  return `{"key":"a","request":${fields}}`;
}

function contents(value: string): string {
  return request(`{"contents":${value}}`);
}

function config(fields: string): string {
  return request(`{"contents":[{"parts":[{"text":"x"}]}],"generationConfig":${fields}}`);
}

const MISTAKES: readonly (readonly [what: string, file: string | Uint8Array, problem: string])[] = [
  [
    'a byte order mark',
    `\uFEFF${GOOD}`,
    '1:1: the file starts with a byte order mark; save it as UTF-8 without one',
  ],
  [
    'UTF-16 with a mark',
    Buffer.from(`\uFEFF${GOOD}\n`, 'utf16le'),
    '1:1: the file is UTF-16; save it as UTF-8',
  ],
  ['UTF-16 without a mark', Buffer.from(`${GOOD}\n`, 'utf16le'), '1:1: the file is UTF-16; save it as UTF-8'],
  ['big-endian UTF-16', Buffer.from(GOOD, 'utf16le').swap16(), '1:1: the file is UTF-16; save it as UTF-8'],
  ['gzip', Buffer.from([0x1f, 0x8b, 8, 0, 0, 10]), '1:1: the file is compressed with gzip; unpack it first'],
  [
    'a NUL byte',
    `${GOOD}\n{"key":"ü\0"}`,
    '2:10: a NUL byte; a broken download or a crash leaves them, and the service refuses them',
  ],
  ['Latin-1', Buffer.from('{"key":"\xe9"}', 'latin1'), '1:9: not UTF-8 (byte E9); save the file as UTF-8'],
  [
    'a cut character',
    Buffer.from('{"key":"€😀"}').subarray(0, 14),
    '1:10: not UTF-8 (byte F0); save the file as UTF-8',
  ],
  [
    'a list of requests',
    `[${GOOD}]`,
    '1:1: is a list, not an object; write {"key": "…", "request": {"contents": [{"parts": [{"text": "…"}]}]}}',
  ],
];

describe('RequestFileCheck', () => {
  test.each(MISTAKES)('calls %s by its name', (_what, file, problem) => {
    expect(firstProblem(file)).toBe(problem);
  });
});
