import {createHash} from 'node:crypto';
import {linkSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import type {JobRecord} from '../../../../src/lib/domain/job/job-record.js';
import {noCounts} from '../../../../src/lib/domain/result/row-counts.js';
import {AtomicFile} from '../../../../src/lib/store/file/atomic-file.js';
import {JobStore} from '../../../../src/lib/store/job-store.js';
import {systemClock} from '../../../../src/lib/system-clock.js';
import {mergeRetries} from '../../../../src/lib/workflows/retry/merge-retry.js';
import {tempDir} from '../../../helpers/temp-dir.js';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const row = (key: string, value: object): string => `${JSON.stringify({key, ...value})}\n`;
const answer = (key: string): string =>
  row(key, {response: {candidates: [{content: {parts: [{text: 'yes'}]}, finishReason: 'STOP'}]}});
const failure = (key: string): string => row(key, {error: {code: 13, message: 'Internal'}});
const request = (key: string): string => row(key, {request: {contents: [{parts: [{text: key}]}]}});

/** A job of two requests of which one failed, and its retry, which worked. */
async function unmerged(): Promise<{folder: string; store: JobStore}> {
  const folder = await tempDir();
  mkdirSync(join(folder, 'results/earlier'), {recursive: true});
  const record = (name: string, requests: string, rows: string): JobRecord => {
    writeFileSync(join(folder, `${name}.jsonl`), requests);
    writeFileSync(join(folder, `results/${name}.jsonl`), rows);
    return {
      input_file: `${name}.jsonl`,
      count: requests.split('\n').length - 1,
      uploaded_file_name: '',
      batch: {name: `batches/${name}`, state: 'JOB_STATE_SUCCEEDED'},
      sha256: sha256(requests),
      results: {
        file: `results/${name}.jsonl`,
        size_bytes: Buffer.byteLength(rows),
        sha256: sha256(rows),
        fetched_at: '2026-01-01T00:00:00Z',
        rows: noCounts(),
        request_file: 'matched',
      },
    };
  };
  const first = record('a', request('r1') + request('r2'), answer('r1') + failure('r2'));
  const retry = {...record('b', request('r2'), answer('r2')), retry_of: 'batches/a'};
  const path = join(folder, 'job-info.jsonl');
  writeFileSync(path, `${JSON.stringify(first)}\n${JSON.stringify(retry)}\n`);
  return {folder, store: JobStore.open(path, {command: 'test', clock: systemClock})};
}

test('newer results that take the place during a merge stay, and the next merge finds the earlier ones', async () => {
  const {folder, store} = await unmerged();
  const place = join(folder, 'results/a.jsonl');
  let isFirst = true;
  const createFile = async (target: string, options = {}): Promise<AtomicFile> => {
    const file = await AtomicFile.open(target, options);
    const finish = file.finish.bind(file);
    // Once the rows are copied, another process moves the earlier results and puts newer ones in their place.
    file.finish = async () => {
      await finish();
      if (!isFirst) return;
      isFirst = false;
      linkSync(place, join(folder, 'results/earlier/a.jsonl'));
      await store.updateJobs(
        new Map([
          [
            'batches/a',
            (record: JobRecord): JobRecord =>
              record.results === undefined
                ? record
                : {...record, results: {...record.results, file: 'results/earlier/a.jsonl'}},
          ],
        ]),
      );
      rmSync(place);
      writeFileSync(place, answer('newer'));
    };
    return file;
  };
  const deps = {store, clock: systemClock, createFile};
  expect(await mergeRetries(deps)).toEqual([expect.stringContaining('the next run merges them')]);
  expect(readFileSync(place, 'utf8')).toBe(answer('newer'));
  expect(await mergeRetries(deps)).toEqual([]);
  expect(readFileSync(place, 'utf8')).toBe(answer('newer'));
  expect(readFileSync(join(folder, 'results/earlier/a.jsonl'), 'utf8')).toBe(answer('r1') + answer('r2'));
  const [first, retry] = store.read().records.map(({record}) => record);
  expect(first?.results).toMatchObject({file: 'results/earlier/a.jsonl', rows: {ok: 2}});
  expect(first?.results).not.toHaveProperty('merging');
  expect(retry?.merged_at).toBeDefined();
});
