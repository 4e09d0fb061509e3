import {expect, test} from '@jest/globals';
import {EXIT} from '../../src/lib/domain/errors.js';
import type {CleanupResult} from '../../src/lib/workflows/cleanup/clean-up.js';
import {schemaErrors} from '../helpers/json-schema.js';
import {requestFiles} from '../helpers/request-files.js';
import {runCli, startCli, type CliResult} from '../helpers/run-cli.js';
import {MODEL, records, submit} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {until} from '../helpers/until.js';
import {useEmulator} from '../helpers/use-emulator.js';

type Env = Readonly<Record<string, string>>;

async function cleanup(
  cwd: string,
  env: Env,
  ...args: string[]
): Promise<CliResult & {result: CleanupResult}> {
  const ended = await runCli(['cleanup', ...args, '--json'], {cwd, env});
  expect(schemaErrors('cleanup', ended.json())).toEqual([]);
  return {...ended, result: ended.json() as CleanupResult};
}

const outcomes = ({items}: CleanupResult): string[] =>
  items.map(({kind, outcome}) => `${kind} ${outcome}`).toSorted();

test('what is over is deleted; what runs, and results that were not fetched, stay', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 4);
  emulator.control.outcome({match: '002.jsonl', state: 'FAILED'});
  await submit({folder, env}, '001.jsonl', '002.jsonl');
  emulator.control.advance(60_000);
  await runCli(['poll', '--once', '--keep-remote'], {cwd: folder, env});
  await submit({folder, env}, '003.jsonl');
  emulator.control.advance(60_000);
  await submit({folder, env}, '004.jsonl');
  expect([emulator.control.jobs().length, emulator.control.files().length]).toEqual([4, 4]);

  const dry = await cleanup(folder, env, '--dry-run');
  expect(outcomes(dry.result)).toEqual([
    'file would_delete',
    'file would_delete',
    'job would_delete',
    'job would_delete',
  ]);
  expect(emulator.control.jobs()).toHaveLength(4);

  const {code, result} = await cleanup(folder, env);
  expect([code, outcomes(result)]).toEqual([
    0,
    ['file deleted', 'file deleted', 'job deleted', 'job deleted'],
  ]);
  expect([emulator.control.jobs().length, emulator.control.files().length]).toEqual([2, 2]);
  const marked = (await records(folder)).filter(({remote_deleted_at: at}) => at !== undefined);
  expect(marked.map(({input_file: file}) => file).toSorted()).toEqual(['001.jsonl', '002.jsonl']);
  expect((await cleanup(folder, env)).result.items).toEqual([]);
});

test('what belongs to others stays without --all, and is asked for with it', async () => {
  const [folder, elsewhere] = [await tempDir(), await tempDir()];
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(elsewhere, 1);
  emulator.control.outcome({state: 'FAILED'});
  await submit({folder: elsewhere, env}, '001.jsonl');
  emulator.control.advance(60_000);

  expect((await cleanup(folder, env)).result.items).toEqual([]);
  const unasked = await runCli(['cleanup', '--all', '--json'], {cwd: folder, env});
  expect(unasked.code).toBe(EXIT.usage);
  expect(emulator.control.jobs()).toHaveLength(1);
  const {result} = await cleanup(folder, env, '--all', '--yes');
  expect(outcomes(result)).toEqual(['file deleted', 'job deleted']);
});

test('a running job is deleted only when it is named, and cancelled first', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1);
  await submit({folder, env}, '001.jsonl');
  const [name = ''] = emulator.control.jobs();
  expect((await cleanup(folder, env, '--all', '--yes')).result.items).toEqual([]);
  const {result} = await cleanup(folder, env, name, '--yes');
  expect(outcomes(result)).toEqual(['file deleted', 'job deleted']);
  expect(emulator.control.counts()['batches.cancel']).toBe(1);
});

test('a deletion that fails is counted, and the others go on', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 2);
  emulator.control.outcome({state: 'FAILED'});
  await submit({folder, env}, '0*.jsonl');
  emulator.control.advance(60_000);
  await runCli(['poll', '--once'], {cwd: folder, env});
  const body = {error: {code: 400, status: 'INVALID_ARGUMENT', message: 'No.'}};
  emulator.control.fault({on: 'batches.delete', fault: {kind: 'status', status: 400, body}});
  const {code, result} = await cleanup(folder, env);
  expect(code).toBe(EXIT.partial);
  expect(outcomes(result)).toEqual(['file deleted', 'file deleted', 'job deleted', 'job failed']);
});

test('an upload that an open create may need, or that waits for its create, is not touched', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 2);
  emulator.control.fault({on: 'batches.create', fault: {kind: 'hang_before'}});
  const running = startCli(['submit', '001.jsonl', '--model', MODEL], {cwd: folder, env});
  await until(() => emulator.control.counts()['batches.create'] === 1);
  const held = await runCli(['cleanup', '--all', '--yes', '--lock-timeout', '100ms'], {cwd: folder, env});
  expect(held.code).toBe(EXIT.locked);
  running.process.kill('SIGKILL');
  await running.ended;

  expect((await cleanup(folder, env, '--all', '--yes')).result.items).toEqual([]);
  expect(emulator.control.files()).toHaveLength(1);
});
