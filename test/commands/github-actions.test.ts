import {mkdir, readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import {requestFiles} from '../helpers/request-files.js';
import {runCli, type CliResult} from '../helpers/run-cli.js';
import {MODEL} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator, type UsedEmulator} from '../helpers/use-emulator.js';

interface Step extends CliResult {
  readonly page: string;
  readonly outputs: Readonly<Record<string, string>>;
}

/** Runs a command as a step with the working folder `work` of a repository. */
async function step(root: string, env: UsedEmulator['env'] | undefined, ...args: string[]): Promise<Step> {
  await Promise.all(['page.md', 'outputs'].map((name) => writeFile(join(root, name), '')));
  const ended = await runCli(args, {
    cwd: join(root, 'work'),
    env: {
      ...env,
      GITHUB_ACTIONS: 'true',
      CI: 'true',
      GITHUB_WORKSPACE: root,
      GITHUB_STEP_SUMMARY: join(root, 'page.md'),
      GITHUB_OUTPUT: join(root, 'outputs'),
    },
  });
  const lines = (await readFile(join(root, 'outputs'), 'utf8')).trim().split('\n');
  return {
    ...ended,
    page: await readFile(join(root, 'page.md'), 'utf8'),
    outputs: Object.fromEntries(lines.map((line) => line.split('=', 2) as [string, string])),
  };
}

async function repository(files: number): Promise<string> {
  const root = await tempDir();
  await mkdir(join(root, 'work'));
  await requestFiles(join(root, 'work/batch'), files);
  return root;
}

describe('in GitHub Actions', () => {
  test('run annotates jobs and rows that did not work, and tells the page and the outputs of the step', async () => {
    const root = await repository(3);
    const {emulator, env} = await useEmulator({behaviour: {pending_ms: 0, running_ms: 0}});
    emulator.control.outcome({
      match: '002',
      state: 'FAILED',
      error: {code: 13, message: 'broken | <b>pipe</b>'},
    });
    emulator.control.outcome({match: '003', rows: [{fault: 'error', share: 1}]});
    const {code, stderr, page, outputs} = await step(
      root,
      env,
      'run',
      'batch/*.jsonl',
      '-m',
      MODEL,
      '--interval',
      '1s',
    );

    expect(code).toBe(3);
    expect(stderr).toMatch(/^::error file=work\/batch\/002\.jsonl::batches\/\w+ failed: broken/mu);
    expect(stderr).toMatch(/^::warning file=work\/batch\/003\.jsonl,line=1::/mu);
    expect(outputs).toMatchObject({
      exit_code: '3',
      jobs: '3',
      ok: '3',
      bad: '3',
      results_dir: 'work/batch/results',
    });
    expect(page).toContain('1 of 3 files are done');
    const rows = page.split('\n').filter((line) => line.startsWith('| work'));
    expect(rows).toHaveLength(3);
    expect(rows.at(-1)).toContain('001');
    expect(page).not.toContain('<b>');
    expect(page).not.toContain('$0.0000');
    expect(outputs['cost_usd']).toMatch(/^0\.\d{1,9}$/u);
  });

  test('a command that ends early tells its exit code, and poll tells what the records know', async () => {
    const root = await repository(1);
    expect(await step(root, undefined, 'run', 'batch/*.jsonl', '-m', MODEL)).toMatchObject({
      code: 6,
      outputs: {exit_code: '6'},
    });
    const {env} = await useEmulator({behaviour: {pending_ms: 0, running_ms: 0}});
    await step(root, env, 'submit', 'batch/', '-m', MODEL);
    expect(await step(root, env, 'poll', '--interval', '1s')).toMatchObject({
      code: 0,
      outputs: {exit_code: '0', jobs: '1', ok: '3', bad: '0'},
    });
  });

  test('a file that no job came of is on the page, and no job of another run is', async () => {
    const root = await repository(1);
    const {env} = await useEmulator({behaviour: {pending_ms: 0, running_ms: 0}});
    await step(root, env, 'submit', 'batch/', '-m', MODEL);
    await writeFile(join(root, 'work/bad.jsonl'), 'x\n');
    const {page, outputs} = await step(root, env, 'run', 'bad.jsonl', '-m', MODEL);
    expect(page).toContain('0 of 1 files are done');
    expect(page).toMatch(/^\| work\/bad\.jsonl \| failed: .*not JSON/mu);
    expect(outputs).toMatchObject({exit_code: '2', jobs: '0'});
  });
});
