/** What a person has in a bucket stays, also under the name of an upload of ours: it is the input of a job. */
import {readdir, readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import type {JobRecord} from '../../src/lib/domain/job/job-record.js';
import {parseLines} from '../helpers/json-lines.js';
import {requestFiles} from '../helpers/request-files.js';
import {FAST_CLOCK, runCli, type CliResult} from '../helpers/run-cli.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator, vertexEnv} from '../helpers/use-emulator.js';

const VERTEX = ['--vertex', '--bucket', 'gs://my-bucket/work'];

/** A job whose record names the object of another machine's upload as its input. */
async function jobOnObject() {
  const cwd = await tempDir();
  const {emulator} = await useEmulator({seed: 1, behaviour: {pending_ms: 0, running_ms: 0}});
  await requestFiles(join(cwd, 'batch'), 1);
  const {url} = emulator;
  const env = vertexEnv(url);
  const run = (...args: string[]): Promise<CliResult> => runCli(args, {cwd, env, nodeArgs: FAST_CLOCK});
  expect((await run('submit', 'batch', '-m', 'gemini-2.5-flash-lite', ...VERTEX)).code).toBe(0);
  const path = join(cwd, 'job-info.jsonl');
  const [address = ''] = emulator.control.objects();
  const [submitted] = parseLines(await readFile(path, 'utf8')) as JobRecord[];
  const record = {...submitted, input_file: address, object: {generation: '1'}};
  await writeFile(path, `${JSON.stringify(record)}\n`);
  return {cwd, emulator, run, address, path, record};
}

describe('an object that a record names as its input', () => {
  test('stays when its results are fetched, which go below the results folder', async () => {
    const {cwd, emulator, run, address} = await jobOnObject();
    const polled = await run('poll', '--results-dir', 'answers');
    expect(polled.code).toBe(0);
    expect(await readdir(join(cwd, 'answers'))).toEqual([address.slice(address.lastIndexOf('/') + 1)]);
    expect(emulator.control.objects()).toEqual([address]);
    expect(emulator.control.jobs()).toEqual([]);
  });

  test('stays in every cleanup, whoever names it', async () => {
    const {emulator, run, address} = await jobOnObject();
    await run('poll', '--keep-remote');
    for (const args of [['--all'], [address], []])
      await run('cleanup', ...args, '--yes', '--bucket', 'gs://my-bucket/work');
    expect(emulator.control.objects()).toEqual([address]);
    expect(emulator.control.jobs()).toEqual([]);
  });

  test('stays when its create turns out to have made no job', async () => {
    const {emulator, run, address, path, record} = await jobOnObject();
    const {batch, attempt = '', ...rest} = record;
    const intent = {
      ...rest,
      attempt,
      count: null,
      model: batch?.model,
      display_name: `${address} #gb-${'0'.repeat(12)}-zzzzzzzzzz`,
      intended_at: '2026-01-01T00:00:00.000Z',
    };
    await writeFile(path, '');
    await writeFile(`${path}.journal`, `${JSON.stringify({intent: {...intent, attempt: 'zzzzzzzzzz'}})}\n`);
    const submitted = await run('submit', 'batch', '-m', 'gemini-2.5-flash-lite', ...VERTEX);
    expect(submitted.stderr).toContain('had no effect');
    expect(await readFile(`${path}.journal`, 'utf8').catch(() => '')).toBe('');
    expect(emulator.control.objects()).toContain(address);
  });
});
