/** What a person sees who is at a terminal: there, other code runs than in a pipe. */
import {stripVTControlCharacters} from 'node:util';
import {expect, test} from '@jest/globals';
import {commands} from '../helpers/manifest.js';
import {requestFiles} from '../helpers/request-files.js';
import {runCli, startCli} from '../helpers/run-cli.js';
import {MODEL, submit} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator} from '../helpers/use-emulator.js';

const isOnTerminal = true;

test('each command has its help there, as in a pipe', async () => {
  const cwd = await tempDir();
  const asked = [['--help'], ['help'], ...(await commands()).map(({id}) => [...id.split(':'), '--help'])];
  for (const args of asked) {
    const [shown, piped] = await Promise.all([runCli(args, {cwd, isOnTerminal}), runCli(args, {cwd})]);
    expect(shown.code).toBe(0);
    expect(words(shown.stdout)).toBe(words(piped.stdout));
  }
});

test('files are submitted, followed and fetched', async () => {
  const cwd = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(cwd, 3);
  const submitted = await runCli(['submit', '0*.jsonl', '--model', MODEL], {cwd, env, isOnTerminal});
  expect(submitted.code).toBe(0);
  for (const title of ['[1/3] 001.jsonl', '[2/3] 002.jsonl', '[3/3] 003.jsonl'])
    expect(submitted.stdout).toContain(title);
  emulator.control.advance(60_000);
  const polled = await runCli(['poll', '--once'], {cwd, env, isOnTerminal});
  expect([polled.code, polled.stdout]).toEqual([0, expect.stringContaining('Rows: 9 ok')]);
  expect(emulator.control.paid()).toHaveLength(3);
});

test('where the default model is gone, another one is taken, at a price that is shown, only after a yes', async () => {
  const cwd = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(cwd, 1);
  const run = (answer: string) =>
    runCli(['submit', '001.jsonl'], {cwd, env, isOnTerminal, input: `${answer}\n`});
  const refused = await run('n');
  expect(words(refused.stdout)).toContain(
    'gemini-3.5-flash-lite costs $0.15 for a million input tokens, $1.25 for a million output tokens. Use it? [y/N]',
  );
  expect([refused.code, emulator.control.paid()]).toEqual([11, []]);
  expect((await run('y')).code).toBe(0);
  expect(emulator.control.paid()).toHaveLength(1);
});

test('commands that ask, or have nothing to do, say so', async () => {
  const cwd = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(cwd, 1);
  await submit({folder: cwd, env}, '001.jsonl');
  emulator.control.advance(60_000);
  await runCli(['poll', '--once', '--keep-remote'], {cwd, env});
  const run = async (...args: string[]) => {
    const {code, stdout} = await runCli(args, {cwd, env, isOnTerminal});
    return [code, stdout];
  };
  await expect(run('retry', '--dry-run')).resolves.toEqual([0, expect.stringContaining('Nothing to retry')]);
  await expect(run('list')).resolves.toEqual([0, expect.stringContaining('1 file: 1 done')]);
  await expect(run('adopt')).resolves.toEqual([0, expect.stringContaining('not recorded here')]);
  await expect(run('cleanup', '--dry-run')).resolves.toEqual([0, expect.stringContaining('batches/')]);
  await expect(run('autocomplete', 'bash')).resolves.toEqual([0, expect.stringContaining('~/.bashrc')]);
});

test('an emulator says where it is', async () => {
  const cli = startCli(['emulator', 'start', '--port', '0'], {cwd: await tempDir(), isOnTerminal});
  await expect(cli.seen('http://127.0.0.1:')).resolves.toBeUndefined();
});

/** Text without its line breaks, colours and indentation. */
function words(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/\s+/gu, ' ').trim();
}

test('no sentence of an estimate or a trial is broken in the middle of a word', async () => {
  const cwd = await tempDir();
  await requestFiles(cwd, 1);
  for (const args of [
    ['estimate', '001.jsonl', '--model', MODEL],
    ['emulator', 'exec', '--', 'true'],
  ]) {
    const {code, stdout} = await runCli(args, {cwd, isOnTerminal});
    const widths = stripVTControlCharacters(stdout)
      .split(/\r?\n/u)
      .map((line) => line.length);
    expect([code, Math.max(...widths) <= 80]).toEqual([0, true]);
  }
});
