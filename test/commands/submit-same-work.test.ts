/** What counts as the same work, where it is found in other ways than `same-work-table.test.ts` tells. */
import {copyFile, mkdir, readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {EXIT} from '../../src/lib/domain/errors.js';
import {requestFiles, requestLines} from '../helpers/request-files.js';
import {runCli} from '../helpers/run-cli.js';
import {MODEL, submit, tally} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator} from '../helpers/use-emulator.js';

async function submitted(files = 2) {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  const paths = await requestFiles(folder, files);
  await submit({folder, env}, '0*.jsonl');
  return {folder, emulator, env, paths, paid: () => emulator.control.paid().length};
}

test('what has a job needs no model, even where the default one is gone', async () => {
  const {folder, env, paid} = await submitted();
  const again = await runCli(['submit', '001.jsonl', '002.jsonl'], {cwd: folder, env});
  expect([again.code, paid()]).toEqual([0, 2]);
  await writeFile(join(folder, '002.jsonl'), requestLines(1, 'other'));
  const sent = await runCli(['submit', '002.jsonl', '--if-changed', 'submit'], {cwd: folder, env});
  expect([sent.code, paid()]).toEqual([EXIT.model, 2]);
});

test('what a record from before lacks is adopted with --if-changed submit, too: other content, or another model', async () => {
  const {folder, env, paths, paid} = await submitted();
  const path = join(folder, 'job-info.jsonl');
  const before = await readFile(path);
  await writeFile(paths[0] ?? '', requestLines(3, 'something else'));
  const again = (model = MODEL) =>
    runCli(['submit', '0*.jsonl', '-m', model, '--if-changed', 'submit'], {cwd: folder, env});
  await again();
  await again('gemini-2.5-pro');
  expect(paid()).toBe(5);
  // As in a branch that has not got them yet.
  await writeFile(path, before);
  const first = await again();
  expect([first.code, first.stdout]).toEqual([0, expect.stringContaining('0 submitted, 2 skipped')]);
  const second = await again('gemini-2.5-pro');
  expect([second.code, second.stdout]).toEqual([0, expect.stringContaining('0 submitted, 2 skipped')]);
  expect(paid()).toBe(5);
});

test('a retry that a record from before lacks is adopted by the next retry', async () => {
  const {folder, env, emulator, paid} = await submitted(1);
  emulator.control.outcome({match: '001', state: 'FAILED'});
  emulator.control.advance(600_000);
  await runCli(['poll', '--once'], {cwd: folder, env});
  const path = join(folder, 'job-info.jsonl');
  const before = await readFile(path);
  expect((await runCli(['retry'], {cwd: folder, env})).code).toBe(0);
  expect(paid()).toBe(2);
  await writeFile(path, before);
  expect((await runCli(['retry'], {cwd: folder, env})).code).toBe(0);
  expect(paid()).toBe(2);
});

test('while the list cannot be read, a file without a record is not sent', async () => {
  const {folder, env, emulator, paid} = await submitted(1);
  await rm(join(folder, 'job-info.jsonl'));
  emulator.control.fault({on: 'batches.list', times: null, fault: {kind: 'status', status: 503}});
  const {code, result} = await submit({folder, env, speed: 500}, '001.jsonl');
  expect([code, tally(result), paid()]).toEqual([EXIT.service, {failed: 1}, 1]);
});

test.each([
  ['./001.jsonl', '.'],
  ['sub/../001.jsonl', '.'],
  ['absolute', '.'],
  ['a.jsonl', 'sub'],
])('a record of another tool that spells its file %s is of this work', async (spelling, cwd) => {
  const folder = await tempDir();
  const {env, emulator} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1);
  await mkdir(join(folder, 'sub'));
  await copyFile(join(folder, '001.jsonl'), join(folder, 'sub/a.jsonl'));
  const file = cwd === 'sub' ? 'a.jsonl' : '001.jsonl';
  const line = {
    input_file: spelling === 'absolute' ? join(folder, '001.jsonl') : spelling,
    count: 3,
    uploaded_file_name: 'files/a',
    batch: {name: 'batches/a', model: `models/${MODEL}`, state: 'JOB_STATE_RUNNING'},
  };
  await writeFile(join(folder, 'job-info.jsonl'), `${JSON.stringify(line)}\n`);
  const {result} = await submit(
    {folder: join(folder, cwd), env},
    file,
    '--job-info',
    join(folder, 'job-info.jsonl'),
  );
  expect(result.files[0]).toMatchObject({outcome: 'skipped', job: {name: 'batches/a'}});
  expect(emulator.control.paid()).toHaveLength(0);
});
