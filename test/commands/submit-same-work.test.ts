/** What counts as the same work: what is skipped, what has changed, what is found at the service. */
import {copyFile, mkdir, rename, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {EXIT} from '../../src/lib/domain/errors.js';
import {requestFiles, requestLines} from '../helpers/request-files.js';
import {runCli} from '../helpers/run-cli.js';
import {MODEL, records, submit, tally} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator} from '../helpers/use-emulator.js';

async function submitted(files = 2) {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  const paths = await requestFiles(folder, files);
  await submit({folder, env}, '0*.jsonl');
  return {folder, emulator, env, paths, paid: () => emulator.control.paid().length};
}

test('changed content is not taken for what was submitted; --if-changed says what becomes of it', async () => {
  const {folder, env, paths, paid} = await submitted();
  await writeFile(paths[0] ?? '', requestLines(3, 'something else'));

  const failing = await submit({folder, env}, '0*.jsonl');
  expect([failing.code, tally(failing.result)]).toEqual([EXIT.partial, {changed: 1, skipped: 1}]);
  expect(failing.result.files[0]).toMatchObject({changed: true, error: {code: 'FILE_CHANGED'}});
  const alone = await submit({folder, env}, '001.jsonl');
  expect(alone.code).toBe(EXIT.failed);
  const left = await submit({folder, env}, '001.jsonl', '--if-changed', 'skip');
  expect([left.code, tally(left.result)]).toEqual([0, {skipped: 1}]);
  expect(paid()).toBe(2);

  const again = await submit({folder, env: {...env, GEMBATCH_IF_CHANGED: 'submit'}}, '001.jsonl');
  expect([again.code, tally(again.result), paid()]).toEqual([0, {submitted: 1}, 3]);
  const known = await submit({folder, env}, '0*.jsonl');
  expect([known.code, tally(known.result), paid()]).toEqual([0, {skipped: 2}, 3]);
});

test('another model that is named is other work, and both models are said', async () => {
  const {folder, env, paid} = await submitted(1);
  const other = ['submit', '001.jsonl', '--json', '--model', 'gemini-2.5-pro'];
  const {code, stdout} = await runCli(other, {cwd: folder, env});
  expect(code).toBe(EXIT.failed);
  expect(stdout).toContain('"MODEL_CHANGED"');
  expect(stdout).toContain(`was submitted to ${MODEL}`);
  expect(stdout).toContain('you ask for gemini-2.5-pro');
  const ran = await runCli(['run', '001.jsonl', '--json'], {
    cwd: folder,
    env: {...env, GEMBATCH_MODEL: 'gemini-2.5-pro'},
  });
  expect([ran.code, ran.json()]).toMatchObject([EXIT.failed, {poll: null}]);
  expect(paid()).toBe(1);
  await runCli([...other, '--if-changed', 'submit'], {cwd: folder, env});
  expect(paid()).toBe(2);
});

test('a file whose job has failed is not done: it is skipped, with the reason and what to run', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1);
  const record = {
    input_file: '001.jsonl',
    count: 3,
    uploaded_file_name: 'files/a',
    batch: {
      name: 'batches/a',
      model: `models/${MODEL}`,
      state: 'JOB_STATE_FAILED',
      error: {message: 'No quota.'},
    },
  };
  await writeFile(join(folder, 'job-info.jsonl'), `${JSON.stringify(record)}\n`);
  const {code, result} = await submit({folder, env}, '001.jsonl');
  expect(code).toBe(EXIT.failed);
  expect(result.files[0]).toMatchObject({
    outcome: 'skipped',
    error: {
      code: 'JOB_ENDED',
      message: '001.jsonl: its batch job batches/a failed: No quota.',
      suggestions: ['To submit it again: gembatch retry 001.jsonl'],
    },
  });
  expect(emulator.control.paid()).toHaveLength(0);
});

test('without its job-info file the jobs are found at the service and nothing is paid again', async () => {
  const {folder, env, paid} = await submitted(3);
  await rename(join(folder, 'job-info.jsonl'), join(folder, 'elsewhere'));
  const {code, result} = await submit({folder, env}, '0*.jsonl');
  expect([code, tally(result), paid()]).toEqual([0, {skipped: 3}, 3]);
  expect(result.files.map(({reason}) => reason)).toEqual(['adopted', 'adopted', 'adopted']);
  expect(await records(folder)).toHaveLength(3);
});

test('while the list cannot be read, a file without a record is not sent', async () => {
  const {folder, env, emulator, paid} = await submitted(1);
  await rm(join(folder, 'job-info.jsonl'));
  emulator.control.fault({on: 'batches.list', times: null, fault: {kind: 'status', status: 503}});
  const {code, result} = await submit({folder, env, speed: 500}, '001.jsonl');
  expect([code, tally(result), paid()]).toEqual([EXIT.service, {failed: 1}, 1]);
});

test('a result that no record knows may be paid for: the file is not sent', async () => {
  const folder = await tempDir();
  const {env, emulator} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1);
  await mkdir(join(folder, 'results'));
  await writeFile(join(folder, 'results/001.jsonl'), '{"key":"1","response":{}}\n');
  const {code, result} = await submit({folder, env}, '001.jsonl');
  expect([code, result.files[0]?.error?.code]).toEqual([EXIT.failed, 'RESULT_EXISTS']);
  expect(emulator.control.paid()).toHaveLength(0);
  await submit({folder, env}, '001.jsonl', '--force');
  expect(emulator.control.paid()).toHaveLength(1);
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

test('what was done at an emulator is not done elsewhere, whatever the job-info file and the results say', async () => {
  const {folder, emulator, env, paid} = await submitted(1);
  emulator.control.outcome({rows: [{fault: 'error', keys: ['r1']}]});
  emulator.control.advance(60_000);
  await runCli(['poll', '--once'], {cwd: folder, env});
  const other = await useEmulator({speed: 0, seed: 2});
  const options = {folder, env: other.env};
  // Its bad rows are not the business of the other service, either.
  expect((await runCli(['retry'], {cwd: folder, env: other.env})).stdout).toContain('Nothing to retry');
  const first = await submit(options, '001.jsonl');
  expect([first.code, tally(first.result)]).toEqual([0, {submitted: 1}]);
  const again = await submit(options, '001.jsonl');
  expect([again.code, tally(again.result)]).toEqual([0, {skipped: 1}]);
  expect([paid(), other.emulator.control.paid().length]).toEqual([1, 1]);
  expect((await records(folder)).map(({service_url: url}) => url)).toEqual([
    emulator.url,
    other.emulator.url,
  ]);
});
