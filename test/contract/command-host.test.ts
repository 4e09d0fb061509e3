import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {requestLines} from '../helpers/request-files.js';
import {runCli, type CliOptions, type CliResult} from '../helpers/run-cli.js';
import {MODEL} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator} from '../helpers/use-emulator.js';

const SUBMIT = ['submit', 'a.jsonl', '--model', MODEL];

/** What one command after the other prints and how it ends, in a new folder. */
async function session(
  lines: readonly (readonly string[])[],
  options: Partial<CliOptions>,
): Promise<unknown> {
  const cwd = await tempDir();
  await writeFile(join(cwd, 'a.jsonl'), requestLines(3, 'a'));
  const ends: unknown[] = [];
  for (const line of lines) {
    const {code, signal, stdout, stderr} = await runCli(line, {cwd, ...options});
    const comparable = stdout
      .replaceAll(cwd, '…')
      .replaceAll(/\b\d+s\b/gu, '…s')
      .replaceAll(/batches\/\w+/gu, 'batches/…');
    ends.push({code, signal, stdout: comparable, stderr});
  }
  return ends;
}

test('a command prints the same and ends the same in a process that ran others as in one of its own', async () => {
  const lines = [
    ['--version'],
    ['submit', '--help'],
    ['submit'],
    ['list', '--sort', 'nothing'],
    ['submti', 'a.jsonl'],
    ['list'],
    [...SUBMIT, '--dry-run'],
    SUBMIT,
    SUBMIT,
    ['list'],
    ['poll'],
    ['results'],
  ];
  const [{env: first}, {env: second}] = [await emulator(), await emulator()];
  expect(await session(lines, {env: first})).toEqual(await session(lines, {env: second, isAlone: true}));
});

test('a command sees nothing of the environment and the folder of the one before it', async () => {
  const {env} = await emulator();
  const run = async (options: Partial<CliOptions>): Promise<CliResult> =>
    runCli(['list', '--json'], {cwd: await tempDir(), ...options});
  const refused = await run({
    env: {...env, GEMBATCH_JOB_INFO: 'no such folder/jobs.jsonl', GEMBATCH_CONFIG: 'none'},
  });
  expect(refused.code).not.toBe(0);
  expect(await run({})).toMatchObject({code: 0, stderr: ''});
});

test('commands that run at the same time do not see each other', async () => {
  const {env} = await emulator();
  const folders = await Promise.all(Array.from({length: 3}, () => tempDir()));
  const ends = await Promise.all(
    folders.map(async (cwd, index) => {
      await writeFile(join(cwd, `${index}.jsonl`), requestLines(1 + index, String(index)));
      return runCli(['submit', `${index}.jsonl`, '--model', MODEL, '--json'], {cwd, env});
    }),
  );
  expect(ends.map((end) => end.json())).toEqual(
    folders.map((_, index) =>
      expect.objectContaining({files: [expect.objectContaining({file: `${index}.jsonl`})]}),
    ),
  );
});

function emulator(): ReturnType<typeof useEmulator> {
  return useEmulator({seed: 1, behaviour: {pending_ms: 0, running_ms: 0}});
}
