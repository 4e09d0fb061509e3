/** Results of a request file that was submitted again: the newest have its place, the others are in `earlier`. */
import {copyFile, mkdir, readdir, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {EXIT} from '../../src/lib/domain/errors.js';
import type {JobRecord} from '../../src/lib/domain/job/job-record.js';
import {keysOf, JobFixture} from '../helpers/job-fixture.js';
import {requestFiles, requestLines} from '../helpers/request-files.js';
import {FAST_CLOCK, runCli, type CliResult} from '../helpers/run-cli.js';
import {MODEL, records} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator} from '../helpers/use-emulator.js';

/** A request file whose results are here, and how to submit it again with another number of requests. */
async function answered(requests = 2) {
  const jobs = await JobFixture.create();
  await jobs.submit('a.jsonl', requests);
  jobs.finishJobs();
  expect((await jobs.poll()).code).toBe(0);
  return jobs;
}

async function placesOf(jobs: JobFixture): Promise<(string | undefined)[]> {
  return (await jobs.records()).map(({results}) => results?.file);
}

/** Adds a job without losing what the poll has recorded of the others. */
async function submitAgain(
  jobs: JobFixture,
  requests: number,
  extra: Partial<JobRecord> = {},
): Promise<void> {
  const before = await jobs.read('job-info.jsonl');
  await jobs.submit('a.jsonl', requests, extra);
  const added = (await jobs.read('job-info.jsonl')).trimEnd().split('\n').at(-1) ?? '';
  await writeFile(join(jobs.folder, 'job-info.jsonl'), `${before}${added}\n`);
  jobs.finishJobs();
}

test('the results of a job of changed content take the place of the earlier ones, which move', async () => {
  const jobs = await answered();
  const before = await jobs.read('results/a.jsonl');
  await submitAgain(jobs, 3);
  const {code, stderr} = await jobs.poll();
  expect([code, stderr]).toEqual([
    0,
    expect.stringContaining('The results of its earlier job are in results/earlier/a.jsonl now.'),
  ]);
  expect(await placesOf(jobs)).toEqual(['results/earlier/a.jsonl', 'results/a.jsonl']);
  expect(await jobs.read('results/earlier/a.jsonl')).toBe(before);
  expect(keysOf(await jobs.read('results/a.jsonl'))).toEqual(['r1', 'r2', 'r3']);
  expect(await readdir(join(jobs.folder, 'results'))).toEqual(['a.jsonl', 'earlier']);

  await submitAgain(jobs, 4);
  expect((await jobs.poll()).code).toBe(0);
  const places = await placesOf(jobs);
  expect(places).toEqual([
    'results/earlier/a.jsonl',
    expect.stringMatching(/^results\/earlier\/a\..{8}\.jsonl$/u),
    'results/a.jsonl',
  ]);
  expect(keysOf(await jobs.read(places[1] ?? ''))).toHaveLength(3);
  expect((await jobs.poll()).stderr).not.toContain('altered');
});

test('late results of an older job go straight to the earlier ones', async () => {
  const jobs = await JobFixture.create();
  await jobs.submit('a.jsonl', 2);
  jobs.emulator.control.advance(1_000);
  const {batch} = await jobs.submit('a.jsonl', 3);
  // A record may come late, as that of an adopted job.
  const lines = (await jobs.read('job-info.jsonl')).trimEnd().split('\n');
  await writeFile(join(jobs.folder, 'job-info.jsonl'), `${lines.toReversed().join('\n')}\n`);
  jobs.finishJobs();
  expect(await jobs.poll(batch.name)).toMatchObject({code: 0});
  const {code, stderr} = await jobs.poll();
  expect([code, stderr]).toEqual([0, expect.stringContaining('Its newer job has results already')]);
  expect(await placesOf(jobs)).toEqual(['results/a.jsonl', 'results/earlier/a.jsonl']);
  expect(keysOf(await jobs.read('results/a.jsonl'))).toHaveLength(3);
  expect(keysOf(await jobs.read('results/earlier/a.jsonl'))).toHaveLength(2);
});

test('results of jobs that end together never share a place, two polls at once or not', async () => {
  const jobs = await JobFixture.create();
  for (const requests of [2, 3, 4]) await jobs.submit('a.jsonl', requests);
  jobs.finishJobs();
  const ended = await Promise.all([jobs.poll(), jobs.poll()]);
  expect(ended.map(({code}) => code)).toEqual([0, 0]);
  const places = await placesOf(jobs);
  expect([new Set(places).size, places[2]]).toEqual([3, 'results/a.jsonl']);
  const counts = await Promise.all(places.map(async (file) => keysOf(await jobs.read(file ?? '')).length));
  expect(counts).toEqual([2, 3, 4]);
  expect(await readdir(join(jobs.folder, 'results'))).toEqual(['a.jsonl', 'earlier']);
});

test('earlier results that were altered stay as they are, where they are', async () => {
  const jobs = await answered();
  await writeFile(join(jobs.folder, 'results/a.jsonl'), 'mine\n');
  await submitAgain(jobs, 3);
  const {stderr} = await jobs.poll();
  expect(stderr).toContain('holds something else and is untouched');
  expect(await jobs.read('results/a.jsonl')).toBe('mine\n');
  const [, newer] = await placesOf(jobs);
  expect(newer).toMatch(/^results\/a\..{8}\.jsonl$/u);
  expect(keysOf(await jobs.read(newer ?? ''))).toHaveLength(3);
});

test('earlier results that are gone leave their place, and are gone elsewhere', async () => {
  const jobs = await answered();
  await rm(join(jobs.folder, 'results/a.jsonl'));
  await submitAgain(jobs, 3);
  expect((await jobs.poll()).code).toBe(0);
  expect(await placesOf(jobs)).toEqual(['results/earlier/a.jsonl', 'results/a.jsonl']);
  expect(await readdir(join(jobs.folder, 'results'))).toEqual(['a.jsonl']);
});

test('earlier results are never taken for those of a newer job whose own are gone at the service', async () => {
  const jobs = await answered();
  await submitAgain(jobs, 2);
  jobs.emulator.control.fault({on: 'files.download', fault: {kind: 'status', status: 404}, times: null});
  await jobs.poll('--once');
  // As after a kill between the record of the move and the newer results.
  await mkdir(join(jobs.folder, 'results/earlier'));
  await copyFile(join(jobs.folder, 'results/a.jsonl'), join(jobs.folder, 'results/earlier/a.jsonl'));
  const moved = (await jobs.read('job-info.jsonl')).replace('"results/a.jsonl"', '"results/earlier/a.jsonl"');
  await writeFile(join(jobs.folder, 'job-info.jsonl'), moved);
  await jobs.poll('--once');
  expect(await placesOf(jobs)).toEqual(['results/earlier/a.jsonl', undefined]);

  jobs.emulator.control.clearFaults();
  expect(await jobs.poll()).toMatchObject({code: 0});
  expect(await placesOf(jobs)).toEqual(['results/earlier/a.jsonl', 'results/a.jsonl']);
  expect(await readdir(join(jobs.folder, 'results'))).toEqual(['a.jsonl', 'earlier']);
});

test('newer results are fetched while those of the older job do not come', async () => {
  const jobs = await JobFixture.create();
  await jobs.submit('a.jsonl', 200);
  await jobs.submit('a.jsonl', 3);
  jobs.finishJobs();
  // The older job is fetched first, again and again.
  jobs.emulator.control.fault({
    on: 'files.download',
    fault: {kind: 'drop_after_bytes', bytes: 5_000},
    times: null,
  });
  const cli = jobs.start();
  await cli.seen('3 ok -> results/a.jsonl');
  jobs.emulator.control.clearFaults();
  expect(await cli.ended).toMatchObject({code: 0});
  expect(await placesOf(jobs)).toEqual(['results/earlier/a.jsonl', 'results/a.jsonl']);
});

test('what an earlier version put beside the earlier results moves with them', async () => {
  const jobs = await answered();
  await submitAgain(jobs, 3);
  await writeFile(join(jobs.folder, 'results/a.jsonl'), 'taken\n');
  await jobs.poll();
  const [first] = await jobs.records();
  const second = (await jobs.records())[1];
  const beside = second?.results?.file ?? '';
  expect(beside).toMatch(/^results\/a\..{8}\.jsonl$/u);
  await rm(join(jobs.folder, 'results/a.jsonl'));
  expect(first).toBeDefined();
  await submitAgain(jobs, 4);
  await jobs.poll();
  expect((await placesOf(jobs)).slice(1)).toEqual([
    expect.stringMatching(/^results\/earlier\/a/u),
    'results/a.jsonl',
  ]);
  expect((await readdir(join(jobs.folder, 'results'))).toSorted()).toEqual(['a.jsonl', 'earlier']);
});

test('--results-dir has its own folder of earlier results, below which the folders are the same', async () => {
  const jobs = await JobFixture.create();
  await jobs.submit('batch/a.jsonl', 2);
  await jobs.submit('batch/a.jsonl', 3);
  jobs.finishJobs();
  expect((await jobs.poll('--results-dir', 'out')).code).toBe(0);
  expect(await placesOf(jobs)).toEqual(['out/earlier/batch/a.jsonl', 'out/batch/a.jsonl']);
});

/** Submits the two parts of `a.jsonl`; each has requests of its own. */
async function submitParts(jobs: JobFixture): Promise<JobRecord[]> {
  const part_of = {input_file: 'a.jsonl', sha256: 'a'.repeat(64), of: 2};
  const one = {part_of: {...part_of, index: 1, first_line: 1}};
  const two = {part_of: {...part_of, index: 2, first_line: 3}};
  return [
    await jobs.submit('parts/a.001-of-002.jsonl', 2, one),
    await jobs.submit('parts/a.002-of-002.jsonl', 2, two),
  ];
}

test('the joined results of parts take the place of those of an older job of the whole file', async () => {
  const jobs = await JobFixture.create();
  await jobs.submit('a.jsonl', 3);
  await submitParts(jobs);
  jobs.finishJobs();
  expect(await jobs.poll()).toMatchObject({code: 0});
  const [whole, first] = await jobs.records();
  expect([whole?.results?.file, first?.joined?.file]).toEqual(['results/earlier/a.jsonl', 'results/a.jsonl']);
  expect(keysOf(await jobs.read('results/earlier/a.jsonl'))).toHaveLength(3);
  expect(keysOf(await jobs.read('results/a.jsonl'))).toHaveLength(4);
  expect(await jobs.poll()).toMatchObject({code: 0});
});

test('late results of an older job of the whole file leave the joined results of its parts in their place', async () => {
  const jobs = await JobFixture.create();
  await jobs.submit('a.jsonl', 3);
  jobs.emulator.control.advance(1_000);
  const parts = await submitParts(jobs);
  jobs.finishJobs();
  expect(await jobs.poll(...parts.map(({batch}) => batch.name))).toMatchObject({code: 0});
  expect(keysOf(await jobs.read('results/a.jsonl'))).toHaveLength(4);
  expect(await jobs.poll()).toMatchObject({code: 0});
  expect((await placesOf(jobs))[0]).toBe('results/earlier/a.jsonl');
  expect(keysOf(await jobs.read('results/a.jsonl'))).toHaveLength(4);
});

test('parts that are submitted again are joined again when all of them have results', async () => {
  const jobs = await JobFixture.create();
  await submitParts(jobs);
  jobs.finishJobs();
  expect(await jobs.poll()).toMatchObject({code: 0});
  const before = await jobs.read('job-info.jsonl');
  const joined = await jobs.read('results/a.jsonl');
  jobs.emulator.control.outcome({rows: [{fault: 'error', keys: ['r1']}]});
  const again = await submitParts(jobs);
  const added = (await jobs.read('job-info.jsonl')).trimEnd().split('\n').slice(2);
  await writeFile(join(jobs.folder, 'job-info.jsonl'), `${before}${added.join('\n')}\n`);
  jobs.finishJobs();
  expect(await jobs.poll(again[0]?.batch.name ?? '')).toMatchObject({code: EXIT.partial});
  expect(await jobs.read('results/a.jsonl')).toBe(joined);
  expect(await jobs.poll()).toMatchObject({code: EXIT.partial});
  expect(await placesOf(jobs)).toEqual([
    'parts/results/earlier/a.001-of-002.jsonl',
    'parts/results/earlier/a.002-of-002.jsonl',
    'parts/results/a.001-of-002.jsonl',
    'parts/results/a.002-of-002.jsonl',
  ]);
  const rows = await Promise.all(
    ['1', '2'].map((part) => jobs.read(`parts/results/a.00${part}-of-002.jsonl`)),
  );
  expect(await jobs.read('results/a.jsonl')).toBe(rows.join(''));
  expect(rows.join('')).not.toBe(joined);
});

/** A request file whose parts are answered and joined, and then a job of the whole file that is over. */
async function joinedThenWhole(requests = 3): Promise<JobFixture> {
  const jobs = await JobFixture.create();
  await submitParts(jobs);
  jobs.finishJobs();
  expect(await jobs.poll()).toMatchObject({code: 0});
  await submitAgain(jobs, requests);
  return jobs;
}

test('the results of a newer job of the whole file take the place of the joined ones of its parts, which move', async () => {
  const jobs = await joinedThenWhole();
  const joined = await jobs.read('results/a.jsonl');
  expect(await jobs.poll()).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('The results of its earlier job are in results/earlier/a.jsonl now.'),
  });
  const [first, , whole] = await jobs.records();
  expect([first?.joined?.file, whole?.results?.file]).toEqual(['results/earlier/a.jsonl', 'results/a.jsonl']);
  expect(first?.results?.file).toBe('parts/results/a.001-of-002.jsonl');
  expect(await jobs.read('results/earlier/a.jsonl')).toBe(joined);
  expect(keysOf(await jobs.read('results/a.jsonl'))).toHaveLength(3);
  expect(await readdir(join(jobs.folder, 'results'))).toEqual(['a.jsonl', 'earlier']);

  for (const args of [
    ['poll'],
    ['list', '--all'],
    ['show', 'a.jsonl'],
    ['results'],
    ['results', 'a.jsonl', '--join', '-'],
    ['cleanup', '--dry-run'],
  ])
    expect([args, (await runCli(args, jobs.options)).code]).toEqual([args, 0]);
  expect((await jobs.records())[0]?.joined).toEqual(first?.joined);

  await submitAgain(jobs, 4);
  expect(await jobs.poll()).toMatchObject({code: 0});
  expect((await placesOf(jobs)).slice(2)).toEqual([
    expect.stringMatching(/^results\/earlier\/a\..{8}\.jsonl$/u),
    'results/a.jsonl',
  ]);
});

test('joined results that were altered, or of which no hash is recorded, stay where they are', async () => {
  const altered = await joinedThenWhole();
  await writeFile(join(altered.folder, 'results/a.jsonl'), 'mine\n');
  const old = await joinedThenWhole();
  const text = await old.read('job-info.jsonl');
  const joined = await old.read('results/a.jsonl');
  await writeFile(
    join(old.folder, 'job-info.jsonl'),
    text.replace(/("joined":\{[^}]*),"sha256":"[^"]*"/u, '$1'),
  );
  for (const jobs of [altered, old]) {
    expect((await jobs.poll()).stderr).toContain('holds something else and is untouched');
    expect((await placesOf(jobs))[2]).toMatch(/^results\/a\..{8}\.jsonl$/u);
  }
  expect(await altered.read('results/a.jsonl')).toBe('mine\n');
  // The parts are as they were: they are joined anew, as earlier results.
  expect((await altered.records())[0]?.joined?.file).toBe('results/earlier/a.jsonl');
  expect(await altered.read('results/earlier/a.jsonl')).toBe(joined);
  expect((await old.records())[0]?.joined?.file).toBe('results/a.jsonl');
  expect(await old.read('results/a.jsonl')).toBe(joined);
});

test('what a kill leaves of joined results that move is made good, and never taken for newer ones', async () => {
  const jobs = await joinedThenWhole();
  // As after a kill between the record of the move and the newer results.
  await mkdir(join(jobs.folder, 'results/earlier'));
  await copyFile(join(jobs.folder, 'results/a.jsonl'), join(jobs.folder, 'results/earlier/a.jsonl'));
  const moved = (await jobs.read('job-info.jsonl')).replace(
    '"joined":{"file":"results/a.jsonl"',
    '"joined":{"file":"results/earlier/a.jsonl"',
  );
  await writeFile(join(jobs.folder, 'job-info.jsonl'), moved);
  const {control} = jobs.emulator;
  control.fault({on: 'files.download', fault: {kind: 'status', status: 404}, times: null});
  await jobs.poll('--once');
  expect((await placesOf(jobs))[2]).toBeUndefined();
  control.clearFaults();
  expect(await jobs.poll()).toMatchObject({code: 0});
  expect((await placesOf(jobs))[2]).toBe('results/a.jsonl');
  expect((await jobs.records())[0]?.joined?.file).toBe('results/earlier/a.jsonl');
  expect(await readdir(join(jobs.folder, 'results'))).toEqual(['a.jsonl', 'earlier']);
});

test('joined results are never taken for those of a newer job of the whole file that are gone at the service', async () => {
  const jobs = await JobFixture.create();
  // A part that is all of the file: it answers exactly what the newer job asks for.
  const part_of = {input_file: 'a.jsonl', sha256: 'a'.repeat(64), index: 1, of: 1, first_line: 1};
  await jobs.submit('parts/a.001-of-001.jsonl', 3, {part_of});
  jobs.finishJobs();
  expect(await jobs.poll()).toMatchObject({code: 0});
  await submitAgain(jobs, 3);
  jobs.emulator.control.fault({on: 'files.download', fault: {kind: 'status', status: 404}, times: null});
  await jobs.poll('--once');
  expect((await placesOf(jobs))[1]).toBeUndefined();
  expect((await jobs.records())[0]?.joined?.file).toBe('results/a.jsonl');
});

test('joined results that have moved are joined again in their new place', async () => {
  const jobs = await joinedThenWhole();
  expect(await jobs.poll()).toMatchObject({code: 0});
  const newest = await jobs.read('results/a.jsonl');
  const joined = await jobs.read('results/earlier/a.jsonl');
  await rm(join(jobs.folder, 'results/earlier/a.jsonl'));
  expect(await jobs.poll()).toMatchObject({code: 0});
  expect(await jobs.read('results/earlier/a.jsonl')).toBe(joined);
  expect(await jobs.read('results/a.jsonl')).toBe(newest);
});

/** Runs commands on a request file whose jobs end at once. */
async function project() {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  const [path = ''] = await requestFiles(folder, 1);
  const run = (...args: string[]): Promise<CliResult> =>
    runCli(args, {cwd: folder, env: {...env, GEMBATCH_TEST_SPEED: '400'}, nodeArgs: FAST_CLOCK});
  const finish = async (): Promise<CliResult> => {
    emulator.control.advance(600_000);
    return run('poll', '--once');
  };
  return {folder, emulator, path, run, finish};
}

test('another model takes the place; all commands know both, and a file at the old place is no sign', async () => {
  const {folder, emulator, run, finish} = await project();
  await run('submit', '001.jsonl', '-m', MODEL);
  await finish();
  const again = await run('submit', '001.jsonl', '-m', 'gemini-2.5-pro', '--if-changed', 'submit');
  expect(again.code).toBe(0);
  expect((await finish()).code).toBe(0);
  const files = (await records(folder)).map(({results}) => results?.file);
  expect(files).toEqual(['results/earlier/001.jsonl', 'results/001.jsonl']);
  for (const args of [
    ['list', '--all'],
    ['show', '001.jsonl'],
    ['cost'],
    ['cleanup', '--dry-run'],
    ['results'],
  ])
    expect([args, (await run(...args)).code]).toEqual([args, 0]);
  const [older, newer] = await records(folder);
  expect((await run('results', '--json')).json()).toMatchObject({jobs: [{job: newer?.batch.name}]});
  expect((await run('results', older?.batch.name ?? '', '--json')).json()).toMatchObject({
    jobs: [{job: older?.batch.name, results: {file: 'results/earlier/001.jsonl'}}],
  });
  const rows = (await run('results', '--join', '-')).stdout.trim().split('\n');
  expect(rows.map((row) => (JSON.parse(row) as {key: string}).key)).toEqual(['r1', 'r2', 'r3']);
  expect((await run('poll', '--once', '--json')).stdout).toContain('"done":1,');
  expect((await run('retry')).code).toBe(0);
  expect((await run('submit', '001.jsonl', '-m', 'gemini-2.5-pro')).code).toBe(0);
  expect((await run('submit', '.', '-m', 'gemini-2.5-pro')).code).toBe(0);
  expect(emulator.control.paid()).toHaveLength(2);
});

test('results with merged answers of a retry move as they are', async () => {
  const {folder, emulator, path, run, finish} = await project();
  emulator.control.outcome({rows: [{fault: 'error', keys: ['r1']}]});
  await run('submit', '001.jsonl', '-m', MODEL);
  await finish();
  emulator.control.outcome({rows: []});
  expect(await run('retry')).toMatchObject({code: 0});
  expect(await finish()).toMatchObject({code: 0});
  const [first] = await records(folder);
  expect(first?.results).toMatchObject({file: 'results/001.jsonl', rows: {ok: 3}});
  await writeFile(path, requestLines(4, 'something else'));
  await run('submit', '001.jsonl', '-m', MODEL, '--if-changed', 'submit');
  await finish();
  const all = await records(folder);
  expect(all.map(({input_file: file, results}) => [file, results?.file])).toEqual([
    ['001.jsonl', 'results/earlier/001.jsonl'],
    [expect.stringMatching(/^retries\//u), expect.stringMatching(/^retries\/results\//u)],
    ['001.jsonl', 'results/001.jsonl'],
  ]);
  expect(all[0]?.results).toEqual({...first?.results, file: 'results/earlier/001.jsonl'});
});
