import {rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import {EXIT} from '../../src/lib/domain/errors.js';
import {requestFiles, requestLines} from '../helpers/request-files.js';
import {runCli, startCli} from '../helpers/run-cli.js';
import {submit, tally} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator, type UsedEmulator} from '../helpers/use-emulator.js';

const DEAD = 'http://127.0.0.1:9';
/** What is wrong with the files of `withFaults`, in their order. */
const FAULTS = [
  'bad.jsonl:1:1: has no "key" and no "request"',
  'empty.jsonl: the file is empty.',
  'missing.jsonl: there is no such file.',
];
const NAMED = ['good.jsonl', 'bad.jsonl', 'empty.jsonl', 'missing.jsonl'];

async function withFaults(): Promise<UsedEmulator & {readonly folder: string}> {
  const folder = await tempDir();
  await writeFile(join(folder, 'good.jsonl'), requestLines(2));
  await writeFile(join(folder, 'bad.jsonl'), `\n{}\n${requestLines(1)}`.slice(1));
  await writeFile(join(folder, 'empty.jsonl'), '');
  return {folder, ...(await useEmulator({speed: 0, seed: 1}))};
}

describe.each(['submit', 'run'])('%s', (command) => {
  test('without an API key says what is wrong with the files, too', async () => {
    const {folder} = await withFaults();
    const {code, stderr} = await runCli([command, ...NAMED], {cwd: folder});
    expect(code).toBe(EXIT.credentials);
    expect(stderr).toContain('There is no API key');
    for (const fault of FAULTS) expect(stderr).toContain(`Also wrong: ${fault}`);
  });

  test('with a model that the service does not have says what is wrong with the files, too', async () => {
    const {folder, emulator, env} = await withFaults();
    const {code, json} = await runCli([command, ...NAMED, '--model', 'gemini-0', '--json'], {
      cwd: folder,
      env,
    });
    expect(code).not.toBe(EXIT.ok);
    const {error} = json() as {error: {code: string; suggestions: readonly string[]}};
    expect(error.code).toBe('MODEL_UNAVAILABLE');
    for (const fault of FAULTS)
      expect(error.suggestions).toContainEqual(expect.stringContaining(`Also wrong: ${fault}`));
    expect(emulator.control.counts()['upload.start']).toBeUndefined();
  });

  test('on a dead network says what is wrong with the files before it tries again', async () => {
    const {folder, env} = await withFaults();
    const cli = startCli([command, ...NAMED], {cwd: folder, env: {...env, GOOGLE_GEMINI_BASE_URL: DEAD}});
    for (const fault of FAULTS) await expect(cli.seen(fault)).resolves.toBeUndefined();
    await expect(cli.seen('Retrying in')).resolves.toBeUndefined();
    cli.process.kill('SIGKILL');
  });

  test('asks the service nothing when no file can be sent', async () => {
    const {folder, env} = await withFaults();
    const {code, stderr, stdout} = await runCli([command, ...NAMED.slice(1)], {
      cwd: folder,
      env: {...env, GOOGLE_GEMINI_BASE_URL: DEAD},
    });
    expect(code).toBe(EXIT.usage);
    for (const fault of FAULTS) expect(stdout + stderr).toContain(fault);
    expect(stderr).not.toContain('Cannot reach');
  });

  test('with a model that the service does not have says what is wrong far below the first line, too', async () => {
    const {folder, emulator, env} = await withFaults();
    await writeFile(join(folder, 'late.jsonl'), `${requestLines(300)}{}\n`);
    const args = [command, 'good.jsonl', 'late.jsonl', '--model', 'gemini-0', '--json'];
    const {json} = await runCli(args, {cwd: folder, env});
    expect(json()).toMatchObject({
      error: {
        code: 'MODEL_UNAVAILABLE',
        suggestions: expect.arrayContaining([expect.stringContaining('Also wrong: late.jsonl:301:1: ')]),
      },
    });
    expect(emulator.control.counts()['upload.start']).toBeUndefined();
  });

  test('does not wait for a dead network when no file is good to its end', async () => {
    const {folder, env} = await withFaults();
    await writeFile(join(folder, 'late.jsonl'), `${requestLines(300)}{}\n`);
    const {code, stdout, stderr} = await runCli([command, 'late.jsonl', 'empty.jsonl'], {
      cwd: folder,
      env: {...env, GOOGLE_GEMINI_BASE_URL: DEAD},
    });
    expect(code).toBe(EXIT.usage);
    expect(stdout + stderr).toContain('late.jsonl:301:1: ');
  });
});

test('a file that has a batch job and is gone is no fault', async () => {
  const {folder, env} = await withFaults();
  await submit({folder, env}, 'good.jsonl');
  await rm(join(folder, 'good.jsonl'));
  const {code, stderr} = await runCli(['submit', 'good.jsonl', 'empty.jsonl'], {
    cwd: folder,
    env: {...env, GEMINI_API_KEY: ''},
  });
  expect(code).toBe(EXIT.credentials);
  expect(stderr).toContain('Also wrong: empty.jsonl');
  expect(stderr).not.toContain('good.jsonl');
});

test.each([{}, {GEMINI_API_KEY: 'not a key'}])(
  'a dry run checks everything without an API key and a network: %j',
  async (key) => {
    const folder = await tempDir();
    await requestFiles(folder, 2);
    const {code, json} = await runCli(['submit', '0*.jsonl', '--dry-run', '--json'], {
      cwd: folder,
      env: {...key, GOOGLE_GEMINI_BASE_URL: DEAD},
    });
    expect(code).toBe(EXIT.ok);
    expect(tally(json() as Parameters<typeof tally>[0])).toEqual({would_submit: 2});
  },
);
