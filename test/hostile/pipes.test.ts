import {execFileSync} from 'node:child_process';
import {closeSync, constants, openSync} from 'node:fs';
import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {EXIT} from '../../src/lib/domain/errors.js';
import {BIN, runCli, startCli} from '../helpers/run-cli.js';
import {tempDir} from '../helpers/temp-dir.js';
import {until} from '../helpers/until.js';

/** A folder with a table, and a pipe that nobody writes to. */
async function withPipe(path: string): Promise<string> {
  const folder = await tempDir();
  await writeFile(join(folder, 't.csv'), 'id,a\n1,x\n');
  await mkdir(join(folder, 'out'));
  execFileSync('mkfifo', [join(folder, path)]);
  return folder;
}

const PROMPT = ['--prompt', 'About {{ a }}'];

test.each([
  ['prepare-manifest.json', 'out/prepare-manifest.json', ['prepare', 't.csv', ...PROMPT, '-o', 'out']],
  ['gembatch.toml', 'gembatch.toml', ['init']],
])('a pipe in the place of %s keeps no command waiting', async (_, path, args) => {
  const cwd = await withPipe(path);
  const {code, signal, stderr} = await runCli(args, {cwd});
  expect([code !== 0, signal]).toEqual([true, null]);
  expect(stderr).toContain(path);
});

test.each([
  [['prepare', 't.csv', ...PROMPT, '-o', 'pipe'], /pipe is not a folder/u],
  [['results', '--join', 'pipe', '--overwrite'], /pipe is a pipe, a socket or a device/u],
  [['results', '--join', 'out'], /out is a folder/u],
  [['report', '-o', 'page.html', '--overwrite'], /page.html is a pipe/u],
])('a pipe or a folder is no place for what is written: %j', async (args, sentence) => {
  const cwd = await withPipe('pipe');
  execFileSync('mkfifo', [join(cwd, 'page.html')]);
  const {code, stderr} = await runCli(args, {cwd});
  expect([code, stderr]).toEqual([EXIT.usage, expect.stringMatching(sentence)]);
});

test('the first Ctrl-C ends the wait for what comes out of a pipe', async () => {
  const cwd = await withPipe('pipe');
  const running = startCli(['prepare', 't.csv', '--prompt-file', 'pipe', '-o', 'out'], {cwd});
  // Once somebody can write to it, it is waited for.
  let writer = -1;
  await until(() => {
    try {
      writer = openSync(join(cwd, 'pipe'), constants.O_WRONLY | constants.O_NONBLOCK);
    } catch {
      return false;
    }
    return true;
  });
  running.process.kill('SIGINT');
  const {code, stderr} = await running.ended;
  closeSync(writer);
  expect([code, stderr]).toEqual([EXIT.interrupted, expect.stringContaining('Ended by SIGINT')]);
});

test('a template may be the output of a command', async () => {
  const cwd = await withPipe('pipe');
  const script = `"$0" "$1" prepare t.csv --prompt-file <(sleep 0.2; echo 'About {{ a }}') --preview 1`;
  const text = execFileSync('bash', ['-c', script, process.execPath, BIN], {cwd, encoding: 'utf8'});
  expect(text).toContain('About x');
});
