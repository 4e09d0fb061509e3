import {mkdir, rename} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import type {Emulator} from '../../src/emulator/http/server.js';
import {EXIT} from '../../src/lib/domain/errors.js';
import {requestFiles} from '../helpers/request-files.js';
import {FAST_CLOCK, runCli} from '../helpers/run-cli.js';
import {MODEL, records, startSubmit, submit, tally} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {until} from '../helpers/until.js';
import {useEmulator} from '../helpers/use-emulator.js';

interface Killed {
  readonly folder: string;
  readonly emulator: Emulator;
  readonly env: Readonly<Record<string, string>>;
}

/** A submission of `001.jsonl` that was killed with its create under way. */
async function killedInCreate(kind: 'hang_before' | 'hang_after'): Promise<Killed> {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1);
  emulator.control.fault({on: 'batches.create', fault: {kind}});
  const victim = startSubmit({folder, env}, '001.jsonl');
  await until(() => emulator.control.counts()['batches.create'] === 1);
  victim.process.kill('SIGKILL');
  await victim.ended;
  return {folder, emulator, env};
}

const killedBeforeCreate = (): Promise<Killed> => killedInCreate('hang_before');
const killedAfterCreate = (): Promise<Killed> => killedInCreate('hang_after');

test('killed at any moment and run again, every file is submitted once', async () => {
  for (const [operation, skip] of [
    ['upload.chunk', 1],
    ['batches.create', 0],
    ['batches.create', 3],
    ['batches.create', 5],
  ] as const) {
    const folder = await tempDir();
    const {emulator, env} = await useEmulator({speed: 0, seed: 1});
    await requestFiles(folder, 6);
    emulator.control.fault({on: operation, skip, fault: {kind: 'hang_after'}});
    const victim = startSubmit({folder, env}, '0*.jsonl', '--concurrency', '2');
    await until(() => (emulator.control.counts()[operation] ?? 0) > skip);
    victim.process.kill('SIGKILL');
    await victim.ended;

    const again = await submit({folder, env, speed: 500}, '0*.jsonl');
    expect(again.code).toBe(0);
    expect(emulator.control.paid()).toHaveLength(6);
    expect(new Set(emulator.control.paid().map(({sha256}) => sha256)).size).toBe(6);
    expect(await records(folder)).toHaveLength(6);
  }
});

test('a recovery says how long it takes and why, and takes no longer than the grace time and 15 s', async () => {
  const {folder, emulator, env} = await killedBeforeCreate();
  const {code, stderr} = await startSubmit({folder, env, speed: 100}, '001.jsonl', '--create-grace', '5s')
    .ended;
  expect(code).toBe(0);
  expect(stderr).toContain('takes up to 10 s, because a new job may show up late');
  // Lists at 0, 1, 3, 7 and 10 s, and the one beside the checks of either run; one more where the quick clock is
  // rounded.
  expect(emulator.control.counts()['batches.list']).toBeLessThanOrEqual(8);
  expect(emulator.control.paid()).toHaveLength(1);
});

test('a clock that was set to another day neither ends nor prolongs the grace time', async () => {
  for (const shiftMs of [86_400_000, -86_400_000]) {
    const {folder, emulator, env} = await killedAfterCreate();
    emulator.control.behave({list_delay_calls: 6});
    const {code} = await startSubmit(
      {folder, env: {...env, GEMBATCH_TEST_SHIFT_MS: String(shiftMs)}, speed: 100},
      '001.jsonl',
      '--create-grace',
      '60s',
    ).ended;
    expect(code).toBe(0);
    expect(emulator.control.paid()).toHaveLength(1);
  }
});

/** From now on the service answers as it does to the API key of another project. */
function becomeAnotherProject({control}: Emulator): void {
  const id = control.files()[0]?.replace('files/', '') ?? '';
  const message = `You do not have permission to access the File ${id} or it may not exist.`;
  const body = {error: {code: 403, message, status: 'PERMISSION_DENIED'}};
  control.fault({on: 'batches.list', times: null, fault: {kind: 'body_after', text: '{}'}});
  control.fault({on: 'files.get', times: null, fault: {kind: 'status', status: 403, body}});
}

test('the empty list of another project aborts no create; with the right API key its job is adopted', async () => {
  const {folder, emulator, env} = await killedAfterCreate();
  becomeAnotherProject(emulator);
  const foreign = await submit({folder, env, speed: 500}, '001.jsonl', '--create-grace', '5s');
  expect([foreign.code, tally(foreign.result)]).toEqual([EXIT.unclear, {unclear: 1}]);
  expect(foreign.result.files[0]?.error?.suggestions.join('\n')).toContain('--assume-not-created 001.jsonl');
  const polled = await runCli(['poll', '--create-grace', '5s'], {
    cwd: folder,
    env: {...env, GEMBATCH_TEST_SPEED: '500'},
    nodeArgs: FAST_CLOCK,
  });
  expect(polled.code).toBe(EXIT.unclear);

  emulator.control.clearFaults();
  const right = await submit({folder, env, speed: 500}, '001.jsonl');
  expect([right.code, tally(right.result)]).toEqual([0, {skipped: 1}]);
  expect(emulator.control.paid()).toHaveLength(1);
});

test('a person may say that no job came of a create; nobody else decides it', async () => {
  const {folder, emulator, env} = await killedBeforeCreate();
  becomeAnotherProject(emulator);
  const options = {folder, env, speed: 500};
  const unasked = await runCli(['submit', '001.jsonl', '--model', MODEL, '--assume-not-created'], {
    cwd: folder,
    env,
  });
  expect([unasked.code, unasked.stderr]).toEqual([
    EXIT.usage,
    expect.stringMatching(/pays twice\. 1 file, 3 requests: about/u),
  ]);
  expect(emulator.control.paid()).toHaveLength(0);
  const said = await submit(options, '001.jsonl', '--create-grace', '5s', '--assume-not-created', '--yes');
  expect([said.code, tally(said.result)]).toEqual([0, {submitted: 1}]);
  expect(said.result.settled).toMatchObject([{outcome: 'aborted'}]);
  expect(emulator.control.paid()).toHaveLength(1);
});

test('what a person says does not hide a job that the service has', async () => {
  const {folder, emulator, env} = await killedAfterCreate();
  const said = await submit({folder, env, speed: 500}, '001.jsonl', '--assume-not-created', '--yes');
  expect([said.code, tally(said.result)]).toEqual([0, {skipped: 1}]);
  expect(emulator.control.paid()).toHaveLength(1);
});

test('a job that shares only the name or only the upload of a create is not adopted', async () => {
  const {folder, emulator, env} = await killedAfterCreate();
  const [made] = emulator.control.paid();
  await fetch(`${emulator.url}/v1beta/${made?.name}?key=k`, {method: 'DELETE'});
  // Another program has made a job of the same upload.
  await fetch(`${emulator.url}/v1beta/${made?.model}:batchGenerateContent?key=k`, {
    method: 'POST',
    body: JSON.stringify({
      batch: {displayName: 'a colleague', inputConfig: {fileName: made?.input_file_name}},
    }),
  });
  const {code, result} = await submit({folder, env, speed: 500}, '001.jsonl');
  expect([code, tally(result)]).toEqual([EXIT.unclear, {unclear: 1}]);
  expect(await records(folder)).toEqual([]);
});

test('--force run again after an unclear or killed create does not pay for it twice', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1);
  await submit({folder, env}, '001.jsonl');
  emulator.control.fault({on: 'batches.create', fault: {kind: 'hang_after'}});
  const victim = startSubmit({folder, env}, '001.jsonl', '--force');
  await until(() => emulator.control.paid().length === 2);
  victim.process.kill('SIGKILL');
  await victim.ended;
  const again = await submit({folder, env}, '001.jsonl', '--force');
  expect(tally(again.result)).toEqual({skipped: 1});
  expect(emulator.control.paid()).toHaveLength(2);
  await submit({folder, env}, '001.jsonl', '--force');
  expect(emulator.control.paid()).toHaveLength(3);
});

test('a job that is found but cannot be recorded is unclear, and keeps its upload', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  const store = join(folder, 'store');
  await mkdir(store);
  await requestFiles(folder, 1);
  emulator.control.behave({list_delay_calls: 3});
  emulator.control.fault({on: 'batches.create', fault: {kind: 'error_after', status: 503}});
  const running = startSubmit({folder, env}, '001.jsonl', '--json', '--job-info', 'store/job-info.jsonl');
  // The list beside the checks, then the first that looks for the job.
  await until(() => emulator.control.counts()['batches.list'] === 2);
  await rename(store, join(folder, 'away'));
  const ended = await running.ended;
  expect(ended.code).toBe(EXIT.storage);
  expect(emulator.control.files()).toHaveLength(1);

  await rename(join(folder, 'away'), store);
  const again = await submit({folder, env}, '001.jsonl', '--job-info', 'store/job-info.jsonl');
  expect(again.result.settled).toMatchObject([{outcome: 'adopted'}]);
  expect(emulator.control.paid()).toHaveLength(1);
});
