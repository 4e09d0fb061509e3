import {describe, expect, test} from '@jest/globals';
import {KeyTable} from '../../../../src/lib/domain/request-key/key-table.js';
import {ResultChecker, type ResultCheck} from '../../../../src/lib/domain/result/result-file.js';
import {MAX_ROW_BYTES} from '../../../../src/lib/domain/result/result-limits.js';
import {asUnchecked, noCounts} from '../../../../src/lib/domain/result/row-counts.js';
import type {RowCounts} from '../../../../src/lib/domain/job/job-record.js';
import {answerRow, blockedRow, embeddingRow, errorRow} from '../../../helpers/result-rows.js';
import {seededRandom, shuffled} from '../../../helpers/seeded-random.js';

const KEYS = ['a', 'b', 'c', 'd', 'e', 'ключ', 'g'];
const ROWS = [
  answerRow({key: 'a', text: 'line\u2028separator'}),
  errorRow('b'),
  blockedRow('c'),
  answerRow({key: 'd', finishReason: 'MAX_TOKENS'}),
  embeddingRow('ключ'),
  answerRow({key: 'a'}),
  answerRow({key: 'stranger'}),
  answerRow({key: 'e', text: ''}),
  '{"key":"g","response":{"candi',
];
const COUNTS: RowCounts = {
  ok: 2,
  error: 1,
  blocked: 1,
  truncated: 1,
  empty: 1,
  malformed: 1,
  missing: 1,
  repeated: 1,
  unknown_key: 1,
};

function tableOf(keys: readonly string[]): KeyTable {
  const table = new KeyTable(keys.length);
  for (const key of keys) table.add(key);
  return table;
}

function check(chunks: readonly (string | Uint8Array)[], keys: readonly string[] | null = KEYS): ResultCheck {
  const checker = new ResultChecker({keys: keys && tableOf(keys), count: keys?.length ?? null});
  for (const chunk of chunks) checker.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  return checker.finish();
}

describe('ResultChecker', () => {
  test('accounts for every request and every row', () => {
    const {counts, rows, answered} = check([ROWS.join('\n')]);
    expect(counts).toEqual(COUNTS);
    expect({rows, answered}).toEqual({rows: ROWS.length, answered: 6});
  });

  test('comes to the same result wherever a cut falls', () => {
    const bytes = Buffer.from(ROWS.join('\r\n'));
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(check([bytes.subarray(0, cut), bytes.subarray(cut)]).counts).toEqual(COUNTS);
    }
  });

  test('comes to the same counts in any order and any chunks', () => {
    const random = seededRandom(7);
    for (let round = 0; round < 200; round++) {
      const bytes = Buffer.from(`${shuffled(ROWS, random).join('\n')}\n`);
      const chunks = [];
      for (let at = 0; at < bytes.length;) {
        const length = 1 + Math.floor(random() * 300);
        chunks.push(bytes.subarray(at, at + length));
        at += length;
      }
      expect(check(chunks).counts).toEqual(COUNTS);
    }
  });

  test('lets the first good row of a request count, whatever came before', () => {
    const {counts} = check([`${errorRow('a')}\n${blockedRow('a')}\n${answerRow({key: 'a'})}\n`], ['a']);
    expect(counts).toEqual({...asUnchecked(noCounts()), ok: 1, repeated: 2});
  });

  test('matches a key that is escaped in one file only', () => {
    const row = answerRow({key: 'ключ'}).replace('ключ', '\\u043a\\u043b\\u044e\\u0447');
    expect(check([row], ['ключ']).counts).toMatchObject({ok: 1, missing: 0});
  });

  test('counts a torn last line as malformed and its request as missing', () => {
    const whole = `${answerRow({key: 'a'})}\n${answerRow({key: 'b'})}`;
    const {counts} = check([whole.slice(0, -1)], ['a', 'b']);
    expect(counts).toEqual({...asUnchecked(noCounts()), ok: 1, malformed: 1, missing: 1});
  });

  test('checks keys only against each other when the requests are not known', () => {
    const {counts} = check(
      [[answerRow({key: 'x'}), answerRow({key: 'y'}), answerRow({key: 'x'})].join('\n')],
      null,
    );
    expect(counts).toEqual({...asUnchecked(noCounts()), ok: 2, repeated: 1});
  });

  test('ignores blank lines and finds nothing in an empty file', () => {
    expect(check(['\n \n\r\n'], ['a']).counts).toEqual({...asUnchecked(noCounts()), missing: 1});
    expect(check([], []).rows).toBe(0);
  });
});

test('a row that is too long to be looked into is malformed, and the rows around it count', () => {
  const checker = new ResultChecker({keys: null, count: 3});
  const row = (key: string): Buffer =>
    Buffer.from(
      `${JSON.stringify({key, response: {candidates: [{content: {parts: [{text: 'x'}]}, finishReason: 'STOP'}]}})}\n`,
    );
  const chunk = Buffer.alloc(8 * 1024 * 1024, 0x61);
  checker.push(row('r1'));
  for (let bytes = 0; bytes <= MAX_ROW_BYTES; bytes += chunk.length) checker.push(chunk);
  checker.push(Buffer.concat([Buffer.from('\n'), row('r2')]));
  const {counts, rows} = checker.finish();
  expect(counts).toMatchObject({ok: 2, malformed: 1, missing: 1});
  expect(rows).toBe(3);
});
