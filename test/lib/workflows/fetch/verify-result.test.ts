import {createHash} from 'node:crypto';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from '@jest/globals';
import {asUnchecked, noCounts} from '../../../../src/lib/domain/result/row-counts.js';
import {verifyResult} from '../../../../src/lib/workflows/fetch/verify-result.js';
import {answerRow, errorRow, requestLine} from '../../../helpers/result-rows.js';
import {seededRandom, shuffled} from '../../../helpers/seeded-random.js';
import {TEMP} from '../../../helpers/temp-dir.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(TEMP, 'verify-'));
});
afterEach(async () => {
  await rm(folder, {recursive: true});
});

async function save(name: string, lines: readonly string[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, lines.map((line) => `${line}\n`).join(''));
  return path;
}

function sha256(lines: readonly string[]): string {
  return createHash('sha256')
    .update(lines.map((line) => `${line}\n`).join(''))
    .digest('hex');
}

const REQUESTS = ['a', 'b', 'c'].map(requestLine);

describe('verifyResult', () => {
  test('counts each request with a row, good or bad, and hashes the file', async () => {
    const rows = [answerRow({key: 'c'}), errorRow('a'), answerRow({key: 'b'})];
    const verified = await verifyResult({
      requestPath: await save('requests.jsonl', REQUESTS),
      requestSha256: sha256(REQUESTS),
      expectedCount: 3,
      resultPath: await save('result.jsonl', rows),
    });
    expect(verified).toMatchObject({
      counts: {...noCounts(), ok: 2, error: 1},
      sha256: sha256(rows),
    });
  });

  test('takes a number of requests that no file can hold for a wrong one', async () => {
    const verified = await verifyResult({
      requestPath: await save('requests.jsonl', REQUESTS),
      requestSha256: sha256(REQUESTS),
      expectedCount: 1e15,
      resultPath: await save('result.jsonl', [answerRow({key: 'a'})]),
    });
    expect(verified).toMatchObject({counts: {...noCounts(), ok: 1, missing: 2}});
  });

  test('accounts for requests that no answer can be matched to', async () => {
    const verified = await verifyResult({
      requestPath: await save('requests.jsonl', [requestLine('a'), requestLine('a'), '{"request":{}}']),
      requestSha256: null,
      expectedCount: 3,
      resultPath: await save('result.jsonl', [answerRow({key: 'a'}), answerRow({key: 'a', text: 'other'})]),
    });
    expect(verified.counts).toEqual({...noCounts(), ok: 1, repeated: 1, missing: 2});
  });

  test('tells copies of one answer from two answers to one question', async () => {
    const rows = ['a', 'b'].map((key) => answerRow({key}));
    const copy = answerRow({key: 'a'}).replace('"abc"', '"another id"');
    const verified = await verifyResult({
      requestPath: await save('requests.jsonl', REQUESTS),
      requestSha256: null,
      expectedCount: 3,
      resultPath: await save('result.jsonl', [...rows, copy, answerRow({key: 'b', text: 'changed'})]),
    });
    expect(verified.counts.repeated).toBe(1);
  });

  test.each([
    ['gone', 'missing.jsonl'],
    ['changed', 'requests.jsonl'],
  ] as const)('counts rows against the record when the request file is %s', async (_state, name) => {
    await save('requests.jsonl', REQUESTS);
    const verified = await verifyResult({
      requestPath: join(folder, name),
      requestSha256: sha256(['something else']),
      expectedCount: 3,
      resultPath: await save('result.jsonl', [answerRow({key: 'a'}), answerRow({key: 'x'})]),
    });
    expect(verified.counts).toEqual({...asUnchecked(noCounts()), ok: 2, missing: 1});
  });

  test('calls nothing missing when nobody knows the number of requests', async () => {
    const verified = await verifyResult({
      requestPath: null,
      requestSha256: null,
      expectedCount: null,
      resultPath: await save('result.jsonl', [answerRow({key: 'a'})]),
    });
    expect(verified).toMatchObject({
      counts: {...asUnchecked(noCounts()), ok: 1},
    });
  });

  // 200,000 rows, because time and memory that grow faster than the rows show only with many: some 2 s.
  test('verifies 200,000 shuffled rows in flat memory', async () => {
    const keys = Array.from({length: 200_000}, (_, i) => `request-${i}`);
    const [head, tail] = answerRow({key: 'KEY'}).split('KEY');
    const rows = shuffled(keys, seededRandom(1)).map((key) => `${head}${key}${tail}`);
    const requestPath = await save(
      'requests.jsonl',
      keys.map((key) => `{"key":"${key}","request":{}}`),
    );
    const resultPath = await save('result.jsonl', rows);
    const before = process.memoryUsage();
    const verified = await verifyResult({
      requestPath,
      requestSha256: null,
      expectedCount: 200_000,
      resultPath,
    });
    const after = process.memoryUsage();
    expect(verified.counts).toEqual({...noCounts(), ok: 200_000});
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(64 * 1024 * 1024);
  });
});
