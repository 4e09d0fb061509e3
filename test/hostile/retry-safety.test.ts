import {readdir, readFile, rename, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import {EXIT} from '../../src/lib/domain/errors.js';
import type {RetryResult} from '../../src/lib/workflows/retry/retry-jobs.js';
import {requestFiles} from '../helpers/request-files.js';
import {FAST_CLOCK, runCli, startCli, type CliResult} from '../helpers/run-cli.js';
import {records, submit} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {until} from '../helpers/until.js';
import {useEmulator, type UsedEmulator} from '../helpers/use-emulator.js';

type Env = UsedEmulator['env'];

/** A job of three requests whose results are here; r2 has an error. */
async function jobWithBadRow(...pollArgs: string[]): Promise<UsedEmulator & {readonly folder: string}> {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1);
  emulator.control.outcome({match: '001.jsonl', rows: [{fault: 'error', keys: ['r2']}]});
  await submit({folder, env}, '001.jsonl');
  emulator.control.advance(60_000);
  await runCli(['poll', '--once', ...pollArgs], {cwd: folder, env});
  return {emulator, env, folder};
}

async function retry(
  folder: string,
  env: Env,
  ...args: string[]
): Promise<CliResult & {readonly result: RetryResult}> {
  const ended = await runCli(['retry', ...args, '--json'], {
    cwd: folder,
    env: {...env, GEMBATCH_TEST_SPEED: '400'},
    nodeArgs: FAST_CLOCK,
  });
  return {...ended, result: ended.json() as RetryResult};
}

describe('a result file that was altered', () => {
  /** Row r1 is gone: whoever believes the file takes it for unanswered. */
  const cut = async (folder: string): Promise<void> => {
    const path = join(folder, 'results/001.jsonl');
    const rows = (await readFile(path, 'utf8')).split('\n');
    await writeFile(path, rows.filter((row) => !row.includes('"r1"')).join('\n'));
  };

  test('is fetched again while the service has it, and only what failed is sent', async () => {
    const {emulator, env, folder} = await jobWithBadRow('--keep-remote');
    await cut(folder);
    const {code, result} = await retry(folder, env);
    expect([code, result.jobs[0]?.requests]).toEqual([0, 1]);
    expect(emulator.control.paid()[1]).toMatchObject({request_count: 1});
    const [record] = await records(folder);
    expect(await readFile(join(folder, record?.results?.file ?? ''), 'utf8')).toContain('"r1"');
  });

  test('is not believed when the service has it no more: nothing is sent', async () => {
    const {emulator, env, folder} = await jobWithBadRow();
    const path = join(folder, 'results/001.jsonl');
    const whole = await readFile(path);
    await cut(folder);
    for (const args of [[], ['--dry-run']]) {
      const {code, result} = await retry(folder, env, ...args);
      expect([code, result.jobs[0]?.error?.code]).toEqual([EXIT.failed, 'FILE_CHANGED']);
    }
    expect(emulator.control.paid()).toHaveLength(1);
    await writeFile(path, whole);
    expect((await retry(folder, env)).result.jobs[0]?.requests).toBe(1);
  });

  test('is fetched again when it was moved away, into the folder that it was in', async () => {
    const {emulator, env, folder} = await jobWithBadRow('--keep-remote', '--results-dir', 'out');
    await rename(join(folder, 'out/001.jsonl'), join(folder, 'away.jsonl'));
    expect((await retry(folder, env)).result.jobs[0]?.requests).toBe(1);
    expect(await readdir(join(folder, 'out'))).toEqual(['001.jsonl']);
    expect(emulator.control.paid()).toHaveLength(2);
  });
});

describe('a retry that was killed and is run again with another limit', () => {
  /** Kills a retry during its create. */
  async function killed(kind: 'hang_before' | 'hang_after'): Promise<UsedEmulator & {folder: string}> {
    const job = await jobWithBadRow();
    const {emulator, env, folder} = job;
    emulator.control.clearOutcomes();
    emulator.control.fault({on: 'batches.create', fault: {kind}});
    const victim = startCli(['retry'], {cwd: folder, env});
    await until(() => emulator.control.counts()['batches.create'] === 2);
    victim.process.kill('SIGKILL');
    await victim.ended;
    return job;
  }

  const retryFile = async (folder: string): Promise<string> => {
    const [name = ''] = await readdir(join(folder, 'retries'));
    return readFile(join(folder, 'retries', name), 'utf8');
  };

  test('finds the job that it made, leaves its request file alone, and comes to its end', async () => {
    const {emulator, env, folder} = await killed('hang_after');
    const sent = await retryFile(folder);
    const {code, result} = await retry(folder, env, '--max-output-tokens', '4000');
    expect([code, result.jobs]).toEqual([0, []]);
    expect(emulator.control.paid()).toHaveLength(2);
    expect(await retryFile(folder)).toBe(sent);
    emulator.control.advance(60_000);
    expect((await runCli(['poll', '--once'], {cwd: folder, env})).code).toBe(0);
    expect((await retry(folder, env)).result.jobs).toEqual([]);
  });

  test('sends what is asked for now when nothing was made', async () => {
    const {emulator, env, folder} = await killed('hang_before');
    const {code, result} = await retry(folder, env, '--max-output-tokens', '4000');
    expect([code, result.jobs[0]?.requests]).toEqual([0, 1]);
    expect(emulator.control.paid()).toHaveLength(2);
  });
});
