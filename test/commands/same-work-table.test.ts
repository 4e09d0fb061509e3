/** The table of what counts as the same work, row by row: each in both directions, and after a restart. */
import {copyFile, readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {EXIT} from '../../src/lib/domain/errors.js';
import {becomeAnotherProject} from '../helpers/another-project.js';
import {requestFiles} from '../helpers/request-files.js';
import {FAST_CLOCK, runCli} from '../helpers/run-cli.js';
import {records, submit, tally} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator} from '../helpers/use-emulator.js';

/** Files that were submitted some time ago. */
async function submitted(files = 2, ageMs = 3_600_000) {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  emulator.control.advance(-ageMs);
  const paths = await requestFiles(folder, files);
  await submit({folder, env}, '0*.jsonl');
  return {folder, emulator, env, paths, paid: () => emulator.control.paid().length};
}

test('a record of another project, none of whose jobs can be seen, is changed work: not sent, 3 or 1', async () => {
  const {folder, emulator, env, paths, paid} = await submitted();
  becomeAnotherProject(emulator.control);
  for (const args of [[], ['--if-changed', 'submit']]) {
    const {code, result} = await submit({folder, env, speed: 500}, '0*.jsonl', ...args);
    expect([code, tally(result)]).toEqual([EXIT.failed, {changed: 2}]);
    expect(result.files[0]?.error?.code).toBe('PROJECT_CHANGED');
  }
  const left = await submit({folder, env, speed: 500}, '0*.jsonl', '--if-changed', 'skip');
  expect([left.code, tally(left.result)]).toEqual([0, {skipped: 2}]);
  await copyFile(paths[0] ?? '', join(folder, 'copy.jsonl'));
  const copy = await submit({folder, env, speed: 500}, 'copy.jsonl');
  expect([copy.code, copy.result.files[0]?.reason]).toEqual([EXIT.failed, 'same_content']);
  emulator.control.clearFaults();
  const right = await submit({folder, env}, '0*.jsonl');
  expect([right.code, tally(right.result), paid()]).toEqual([0, {skipped: 2}, 2]);
});

test.each([
  ['for one question', 1, 3_600_000],
  ['while it is too young to be shown', null, 60_000],
])('a job that the service does not show %s is of this project: skipped, 0', async (_, times, ageMs) => {
  const {folder, emulator, env, paid} = await submitted(1, ageMs);
  const {control} = emulator;
  if (times === null) becomeAnotherProject(control);
  const body = {error: {code: 404, message: 'Requested entity was not found.', status: 'NOT_FOUND'}};
  control.fault({on: 'batches.get', times, fault: {kind: 'status', status: 404, body}});
  control.fault({on: 'batches.list', times, fault: {kind: 'body_after', text: '{}'}});
  const {code, result} = await submit({folder, env, speed: 500}, '0*.jsonl');
  expect([code, tally(result), paid()]).toEqual([0, {skipped: 1}, 1]);
});

test('what has its results on disk is skipped whatever the API key, 0', async () => {
  const {folder, emulator, env, paid} = await submitted();
  emulator.control.advance(600_000);
  await runCli(['poll', '--once', '--keep-remote'], {cwd: folder, env});
  becomeAnotherProject(emulator.control);
  const {code, result} = await submit({folder, env}, '0*.jsonl');
  expect([code, tally(result), paid()]).toEqual([0, {skipped: 2}, 2]);
});

/** A job that is over, whose results the service has not any more; before it goes, `keep` may take them. */
async function withoutResults(keep: (folder: string, rows: string) => Promise<void>) {
  const {folder, emulator, env, paid} = await submitted(1);
  const {control} = emulator;
  control.advance(600_000);
  const path = join(folder, 'results/001.jsonl');
  const before = await readFile(join(folder, 'job-info.jsonl'));
  await runCli(['poll', '--once', '--keep-remote'], {cwd: folder, env});
  const rows = await readFile(path, 'utf8');
  await rm(path);
  // What the other tool wrote when it had fetched them: the job is over, and nothing is said of results.
  const [record] = await records(folder);
  const {results: _, usage: _usage, ...fetched} = record ?? {};
  await writeFile(
    join(folder, 'job-info.jsonl'),
    record === undefined ? before : `${JSON.stringify(fetched)}\n`,
  );
  await keep(path, rows);
  const body = {error: {code: 404, message: 'gone', status: 'NOT_FOUND'}};
  control.fault({on: 'files.download', times: null, fault: {kind: 'status', status: 404, body}});
  const run = (...args: string[]) =>
    runCli(args, {cwd: folder, env: {...env, GEMBATCH_TEST_SPEED: '600'}, nodeArgs: FAST_CLOCK});
  return {folder, env, emulator, paid, path, rows, run};
}

test.each([['poll'], ['results']])(
  'a job that is over, results gone, a file at their place that answers exactly its requests: done, 0 (%s)',
  async (command) => {
    const {folder, env, paid, path, rows, run} = await withoutResults((place, text) =>
      writeFile(place, text),
    );
    const {code} = await run(command);
    expect([code, await readFile(path, 'utf8')]).toEqual([0, rows]);
    const [record] = await records(folder);
    expect(record?.results).toMatchObject({file: 'results/001.jsonl', rows: {ok: 3, missing: 0}});
    expect((await run('list', '--json')).json()).toMatchObject({jobs: [{outcome: 'done'}]});
    const again = await submit({folder, env}, '001.jsonl');
    expect([again.code, tally(again.result), paid()]).toEqual([0, {skipped: 1}, 1]);
  },
);

test.each<[string, (rows: string) => string]>([
  ['lacks a row', (rows) => rows.slice(0, rows.indexOf('\n') + 1)],
  ['has a row of another request', (rows) => `${rows}{"key":"x","response":{}}\n`],
  ['holds something else', () => '# notes\n'],
])('a job that is over, results gone, a file at their place that %s: lost, 1', async (_, change) => {
  const {folder, path, rows, run} = await withoutResults((place, text) => writeFile(place, change(text)));
  expect((await run('poll')).code).toBe(EXIT.failed);
  expect(await readFile(path, 'utf8')).toBe(change(rows));
  expect((await records(folder))[0]?.results).toBeUndefined();
});

test('a job that is over whose results cannot be had any more: lost, 1, the same in every command', async () => {
  const {folder, env, emulator, paid, run} = await withoutResults(() => Promise.resolve());
  const polled = await run('poll');
  expect([polled.code, polled.stdout]).toEqual([EXIT.failed, expect.stringContaining('1 lost')]);
  expect((await run('list', '--json')).json()).toMatchObject({jobs: [{outcome: 'lost'}]});
  expect((await run('show', '001.jsonl')).stdout).toContain('Lost');
  const retried = await run('retry');
  expect([retried.code, retried.stdout + retried.stderr]).toEqual([
    EXIT.failed,
    expect.stringContaining('gembatch retry --lost 001.jsonl'),
  ]);
  const skipped = await submit({folder, env}, '001.jsonl');
  expect([skipped.code, skipped.result.files[0]?.error?.code]).toEqual([EXIT.failed, 'JOB_ENDED']);
  expect((await run('poll')).code).toBe(EXIT.failed);
  expect(paid()).toBe(1);

  emulator.control.clearFaults();
  expect((await run('retry', '--lost', '001.jsonl', '--yes')).code).toBe(0);
  expect([paid(), (await records(folder))[0]?.results?.rows.ok]).toEqual([1, 3]);
});
