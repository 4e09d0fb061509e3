import {mkdir, symlink} from 'node:fs/promises';
import {join, resolve} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import type {JobRecord} from '../../../../../src/lib/domain/job/job-record.js';
import {RecordsByName} from '../../../../../src/lib/workflows/fetch/place/records-by-name.js';
import {isReservedOnWindows} from '../../../../../src/lib/workflows/fetch/place/file-name.js';
import {refuseLinks, resultTargets} from '../../../../../src/lib/workflows/fetch/place/result-target.js';
import {tempDir} from '../../../../helpers/temp-dir.js';

const store = {resolveInput: (file: string) => resolve('/work', file)};

function job(file: string, name: string, rest: Partial<JobRecord> = {}): JobRecord {
  const batch = {name: `batches/${name}`, state: 'JOB_STATE_RUNNING'};
  return {input_file: file, count: 1, uploaded_file_name: '', batch, ...rest};
}

function withResults(record: JobRecord, file: string): JobRecord {
  return {...record, results: {file} as NonNullable<JobRecord['results']>};
}

function firstTargets(
  records: readonly JobRecord[],
  resultsDir: string | null = null,
): (string | undefined)[] {
  const byName = new RecordsByName(records);
  return records.map((record) => resultTargets(record, {store, records: byName, resultsDir}).paths[0]);
}

describe('the target of a result', () => {
  test('is the folder "results" beside the request file', () => {
    const records = [job('batch/a.jsonl', '1'), job('/else/b.jsonl', '2')];
    expect(firstTargets(records)).toEqual(['/work/batch/results/a.jsonl', '/else/results/b.jsonl']);
  });

  test('is in the chosen folder under the same path, with a mark when the file is from elsewhere', () => {
    const records = [job('batch/a.jsonl', '1'), job('/else/a.jsonl', '2'), job('../up/a.jsonl', '3')];
    const [inside, ...outside] = firstTargets(records, '/out');
    expect(inside).toBe('/out/batch/a.jsonl');
    for (const path of outside) expect(path).toMatch(/^\/out\/a-[0-9a-f]{8}\.jsonl$/u);
    expect(new Set(outside).size).toBe(2);
  });

  test('never leaves its folder, whatever a record says', () => {
    const crafted = ['../../etc/passwd', 'x/../../y.jsonl', '..', '/etc/../etc/cron.d/a.jsonl'];
    const records = crafted.map((file, i) => job(file, `../../${i}`));
    for (const record of records) {
      const {paths} = resultTargets(record, {store, records: new RecordsByName(records), resultsDir: '/out'});
      for (const path of paths) expect(resolve(path)).toMatch(/^\/out\/[^/]+$/u);
    }
  });

  test('is in "earlier" for an older job of a file whose newer job has results', () => {
    const [one, two] = [job('a.jsonl', '1'), job('a.jsonl', 'abcdefghij')] as const;
    expect(firstTargets([one, two])).toEqual(['/work/results/a.jsonl', '/work/results/a.jsonl']);
    const done = withResults(two, 'results/a.jsonl');
    expect(firstTargets([one, done])).toEqual(['/work/results/earlier/a.jsonl', '/work/results/a.jsonl']);
    expect(firstTargets([one, done], '/out')[0]).toBe('/out/earlier/a.jsonl');
    const third = job('x/../a.jsonl', '3');
    const earlier = withResults(one, 'results/earlier/a.jsonl');
    expect(firstTargets([earlier, two, withResults(third, 'results/a.jsonl')])[1]).toBe(
      '/work/results/earlier/a.abcdefgh.jsonl',
    );
  });

  test('is the one of results that leave it, which are those of older jobs by the time of their creation', () => {
    const made = (name: string, time: string): JobRecord =>
      job('a.jsonl', name, {batch: {name: `batches/${name}`, state: '', create_time: time}});
    const older = withResults(made('1', '2026-01-01T00:00:00Z'), 'results/a.jsonl');
    const newer = made('2', '2026-01-02T00:00:00Z');
    const records = new RecordsByName([newer, older]);
    expect(resultTargets(newer, {store, records, resultsDir: null})).toMatchObject({
      paths: ['/work/results/a.jsonl', '/work/results/a.2.jsonl'],
      leaving: [older],
    });
    expect(resultTargets(newer, {store, records, resultsDir: '/out'}).leaving).toEqual([]);
  });

  test('is one of its own for each retry of single rows, whose answers are merged', () => {
    const first = withResults(job('a.jsonl', '1'), 'results/a.jsonl');
    const one = withResults(job('r/a.jsonl', '2', {retry_of: 'batches/1'}), 'r/results/a.jsonl');
    const again = job('r/a.jsonl', '3', {retry_of: 'batches/2'});
    expect(firstTargets([first, one, again])[2]).toBe('/work/r/results/a.3.jsonl');
  });

  test('is free again when the first job of a file ended without results', () => {
    const failed = job('a.jsonl', '1', {batch: {name: 'batches/1', state: 'JOB_STATE_FAILED'}});
    expect(firstTargets([failed, job('a.jsonl', '2')])[1]).toBe('/work/results/a.jsonl');
  });
});

test('a link below the folder for results is refused, the folder itself may be one', async () => {
  const folder = await tempDir();
  await mkdir(join(folder, 'real/sub'), {recursive: true});
  await symlink(join(folder, 'real'), join(folder, 'out'));
  await symlink(join(folder, 'real/sub'), join(folder, 'real/link'));
  const root = join(folder, 'out');
  await expect(refuseLinks(root, join(root, 'a.jsonl'))).resolves.toBeUndefined();
  await expect(refuseLinks(root, join(root, 'sub/a.jsonl'))).resolves.toBeUndefined();
  await expect(refuseLinks(root, join(root, 'new/a.jsonl'))).resolves.toBeUndefined();
  await expect(refuseLinks(root, join(root, 'link/a.jsonl'))).rejects.toMatchObject({code: 'STORAGE'});
});

test.each(['NUL', 'con.jsonl', 'Com1.x', 'a:b.jsonl', 'a.', 'a ', 'lpt¹'])(
  'Windows takes %j for no file',
  (name) => {
    expect(isReservedOnWindows(name)).toBe(true);
  },
);

test.each(['console.jsonl', 'a.nul', 'com.jsonl', '質問.jsonl'])('%j is a name on Windows too', (name) => {
  expect(isReservedOnWindows(name)).toBe(false);
});
