import {mkdir, readdir, rm, symlink, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import {JobFixture, keysOf} from '../helpers/job-fixture.js';

// Each test runs the real command, which takes a good half of a second.
describe('the results', () => {
  test('are saved when the request file is gone or changed, and that is said', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('gone.jsonl', 3, {sha256: '0'.repeat(64)});
    await jobs.submit('changed.jsonl', 3, {sha256: '0'.repeat(64)});
    await rm(join(jobs.folder, 'gone.jsonl'));
    jobs.finishJobs();
    const {code, stderr} = await jobs.poll();
    expect(code).toBe(0);
    expect(stderr).toMatch(/gone\.jsonl is gone/u);
    expect(stderr).toMatch(/changed\.jsonl has changed since it was sent/u);
    const records = await jobs.records();
    expect(records.map(({results}) => results?.request_file)).toEqual(['missing', 'changed']);
  });

  test('never replace another file', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('a.jsonl');
    await mkdir(join(jobs.folder, 'results'));
    await writeFile(join(jobs.folder, 'results/a.jsonl'), 'mine\n');
    jobs.finishJobs();
    const {code, stderr} = await jobs.poll();
    expect([code, stderr]).toEqual([0, expect.stringContaining('holds something else and is untouched')]);
    expect(await jobs.read('results/a.jsonl')).toBe('mine\n');
    const [record] = await jobs.records();
    expect(keysOf(await jobs.read(record?.results?.file ?? ''))).toEqual(['r1', 'r2', 'r3']);
  });

  test('go to --results-dir below the same folders, and through no link in it', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('one/a.jsonl');
    await jobs.submit('two/a.jsonl');
    await mkdir(join(jobs.folder, 'out'));
    await mkdir(join(jobs.folder, 'elsewhere'));
    await symlink(join(jobs.folder, 'elsewhere'), join(jobs.folder, 'out/two'));
    jobs.finishJobs();
    const {code, stderr} = await jobs.poll('--once', '--results-dir', 'out');
    expect([code, stderr]).toEqual([3, expect.stringContaining('out/two is a link')]);
    expect(keysOf(await jobs.read('out/one/a.jsonl'))).toHaveLength(3);
    expect(await readdir(join(jobs.folder, 'elsewhere'))).toEqual([]);
    expect((await jobs.records())[1]?.results_error?.message).toContain('is a link');
  });
});
