import {execFileSync} from 'node:child_process';
import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {BIN, runCli} from '../helpers/run-cli.js';
import {tempDir} from '../helpers/temp-dir.js';

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

test('a template may be the output of a command', async () => {
  const cwd = await withPipe('pipe');
  const script = `"$0" "$1" prepare t.csv --prompt-file <(sleep 0.2; echo 'About {{ a }}') --preview 1`;
  const text = execFileSync('bash', ['-c', script, process.execPath, BIN], {cwd, encoding: 'utf8'});
  expect(text).toContain('About x');
});
