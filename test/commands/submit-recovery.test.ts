import {readdir, readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {EXIT} from '../../src/lib/domain/errors.js';
import {requestFiles} from '../helpers/request-files.js';
import {records, startSubmit, submit, tally} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {until} from '../helpers/until.js';
import {useEmulator} from '../helpers/use-emulator.js';

test('a create whose answer is lost is looked up and adopted in the same run; one job is paid', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 4);
  emulator.control.fault({on: 'batches.create', match: '002.jsonl', fault: {kind: 'reset_after'}});
  emulator.control.behave({list_delay_calls: 2});
  const {code, result} = await submit({folder, env, speed: 100}, '0*.jsonl');
  expect(code).toBe(0);
  expect(tally(result)).toEqual({submitted: 4});
  expect(emulator.control.paid()).toHaveLength(4);
  expect(new Set((await records(folder)).map(({batch}) => batch.name)).size).toBe(4);
});

test('a create that was lost on its way is known to have failed after the grace time', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1);
  emulator.control.fault({on: 'batches.create', fault: {kind: 'reset_before'}});
  const {code, result} = await submit({folder, env, speed: 40}, '001.jsonl', '--create-grace', '20s');
  expect(code).toBe(EXIT.service);
  expect(tally(result)).toEqual({failed: 1});
  expect(emulator.control.paid()).toHaveLength(0);
  expect(emulator.control.files()).toEqual([]);
  expect(await readdir(folder)).not.toContain('job-info.jsonl.journal');
});

test('while the list cannot be read the create stays unclear; the next run adopts its job', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 2);
  emulator.control.fault({
    on: 'batches.create',
    match: '001.jsonl',
    fault: {kind: 'error_after', status: 503},
  });
  // The list that is read beside the checks is good.
  emulator.control.fault({on: 'batches.list', skip: 1, times: null, fault: {kind: 'status', status: 503}});
  const first = await submit({folder, env, speed: 500}, '0*.jsonl');
  expect(first.code).toBe(EXIT.unclear);
  expect(tally(first.result)).toEqual({unclear: 1, submitted: 1});
  expect(await readdir(folder)).toContain('job-info.jsonl.journal');

  emulator.control.clearFaults();
  const second = await submit({folder, env}, '0*.jsonl');
  expect(second.code).toBe(0);
  expect(second.result.settled).toMatchObject([{file: '001.jsonl', outcome: 'adopted'}]);
  expect(tally(second.result)).toEqual({skipped: 2});
  expect(emulator.control.paid()).toHaveLength(2);
  expect(await readdir(folder)).not.toContain('job-info.jsonl.journal');
});

test('a list that lacks even the jobs that run does not prove that a create had no effect', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 2);
  await submit({folder, env}, '001.jsonl');
  emulator.control.fault({on: 'batches.create', fault: {kind: 'reset_after'}});
  emulator.control.fault({on: 'batches.list', times: null, fault: {kind: 'body_after', text: '{}'}});
  const first = await submit({folder, env, speed: 100}, '002.jsonl', '--create-grace', '5s');
  expect([first.code, tally(first.result)]).toEqual([EXIT.unclear, {unclear: 1}]);

  emulator.control.clearFaults();
  const second = await submit({folder, env}, '002.jsonl');
  expect([second.code, tally(second.result)]).toEqual([0, {skipped: 1}]);
  expect(emulator.control.paid()).toHaveLength(2);
});

test('two submissions at once on one job-info file submit every file once', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 8);
  emulator.control.fault({on: 'batches.create', times: null, fault: {kind: 'delay', ms: 30}});
  const both = await Promise.all([submit({folder, env}, '0*.jsonl'), submit({folder, env}, '0*.jsonl')]);
  expect(both.map(({code}) => code)).toEqual([0, 0]);
  expect(both.map(({result}) => result.summary.submitted).toSorted((a, b) => a - b)).toEqual([0, 8]);
  expect(emulator.control.paid()).toHaveLength(8);
});

test('--lock-timeout ends the wait and names the holder', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1);
  emulator.control.fault({on: 'batches.create', fault: {kind: 'hang_before'}});
  const holder = startSubmit({folder, env}, '001.jsonl');
  await until(() => emulator.control.counts()['batches.create'] === 1);
  const waiter = startSubmit({folder, env}, '001.jsonl', '--lock-timeout', '500ms');
  const ended = await waiter.ended;
  expect(ended.code).toBe(EXIT.locked);
  expect(ended.stderr).toContain(`gembatch submit (pid ${holder.process.pid},`);
});

// Each round starts two commands, one of which is killed: about 2 s altogether.
test('the first Ctrl-C brings creates to their end and begins nothing new; the same command goes on', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 6);
  emulator.control.fault({on: 'batches.create', times: 3, fault: {kind: 'delay', ms: 1_500}});
  const running = startSubmit({folder, env}, '0*.jsonl', '--concurrency', '2');
  await until(() => emulator.control.counts()['batches.create'] === 3);
  running.process.kill('SIGINT');
  const ended = await running.ended;
  expect(ended.code).toBe(EXIT.interrupted);
  expect(emulator.control.paid()).toHaveLength(3);
  expect(await records(folder)).toHaveLength(3);
  expect((await readdir(folder)).filter((name) => name.startsWith('job-info.jsonl.'))).toEqual([]);

  const again = await submit({folder, env}, '0*.jsonl');
  expect(tally(again.result)).toEqual({skipped: 3, submitted: 3});
  expect(emulator.control.paid()).toHaveLength(6);
});

test('a signal while the model is looked up ends the run with its own exit code, and nothing was sent', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 2);
  emulator.control.fault({on: 'models.get', fault: {kind: 'hang_before'}});
  const running = startSubmit({folder, env}, '0*.jsonl');
  await until(() => emulator.control.counts()['models.get'] === 1);
  running.process.kill('SIGTERM');
  const ended = await running.ended;
  expect(ended.code).toBe(EXIT.terminated);
  expect(ended.stderr).toContain('Stopped before the service had answered.');
  expect(emulator.control.counts()).toEqual({'models.get': 1});
});

test('a signal during an upload that cannot be deleted names the file that is left', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1);
  emulator.control.fault({on: 'upload.chunk', fault: {kind: 'hang_after'}});
  emulator.control.fault({on: 'files.delete', fault: {kind: 'status', status: 500}, times: null});
  const running = startSubmit({folder, env}, '001.jsonl');
  await until(() => emulator.control.files().length === 1);
  running.process.kill('SIGTERM');
  const {code, stderr, stdout} = await running.ended;
  expect(code).toBe(EXIT.terminated);
  expect(stderr + stdout).toContain(`The uploaded file ${emulator.control.files()[0]} could not be deleted`);
});

test('after a restart one list that lacks the job proves nothing, even when the grace time is long over', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1);
  emulator.control.fault({on: 'batches.create', fault: {kind: 'hang_after'}});
  const victim = startSubmit({folder, env}, '001.jsonl');
  await until(() => emulator.control.paid().length === 1);
  victim.process.kill('SIGKILL');
  await victim.ended;
  const journal = join(folder, 'job-info.jsonl.journal');
  const yesterday = new Date(Date.now() - 86_400_000).toISOString();
  await writeFile(
    journal,
    (await readFile(journal, 'utf8')).replace(/"intended_at":"[^"]*"/u, `"intended_at":"${yesterday}"`),
  );
  emulator.control.fault({on: 'batches.list', fault: {kind: 'body_after', text: '{}'}});

  const again = await submit({folder, env, speed: 40}, '001.jsonl');
  expect([again.code, tally(again.result)]).toEqual([0, {skipped: 1}]);
  expect(again.result.settled).toMatchObject([{outcome: 'adopted'}]);
  expect(emulator.control.paid()).toHaveLength(1);
  expect(emulator.control.files()).toHaveLength(1);
});

test('after a restart a job is waited for until the grace time is over', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1);
  emulator.control.behave({list_delay_ms: 1_000_000});
  emulator.control.fault({on: 'batches.create', fault: {kind: 'hang_after'}});
  const victim = startSubmit({folder, env}, '001.jsonl');
  await until(() => emulator.control.paid().length === 1);
  victim.process.kill('SIGKILL');
  await victim.ended;

  const again = startSubmit({folder, env, speed: 20}, '001.jsonl', '--create-grace', '60s');
  await until(() => (emulator.control.counts()['batches.list'] ?? 0) >= 5);
  emulator.control.advance(2_000_000);
  expect((await again.ended).code).toBe(0);
  expect(emulator.control.paid()).toHaveLength(1);
});

test('a create that is answered with another job drops no record, and finds its own job', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 2);
  await submit({folder, env}, '001.jsonl');
  const [first] = emulator.control.jobs();
  const text = await (await fetch(`${emulator.url}/v1beta/${first}?key=k`)).text();
  emulator.control.fault({on: 'batches.create', fault: {kind: 'body_after', text}});
  const {code, result} = await submit({folder, env, speed: 100}, '002.jsonl');
  expect([code, tally(result)]).toEqual([0, {submitted: 1}]);
  expect((await records(folder)).map(({batch}) => batch.name).toSorted()).toEqual(
    emulator.control.jobs().toSorted(),
  );
});

test('with --force nobody is told to run the same command again', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1);
  emulator.control.fault({on: 'batches.create', times: null, fault: {kind: 'quota'}});
  const {result} = await submit({folder, env}, '001.jsonl', '--force', '--quota-wait', '0');
  expect(result.files[0]?.error?.suggestions).toEqual([
    expect.stringContaining('Name only the files that are left'),
  ]);
});
