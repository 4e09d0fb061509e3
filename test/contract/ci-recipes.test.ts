import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdir, readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import {parse} from 'yaml';
import {requestFiles} from '../helpers/request-files.js';
import {BIN, isolatedEnvironment, ROOT} from '../helpers/run-cli.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator, type UsedEmulator} from '../helpers/use-emulator.js';

interface Step {
  readonly name?: string;
  readonly id?: string;
  readonly run?: string;
  readonly uses?: string;
  readonly if?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, string>>;
}

interface Action {
  readonly inputs: Readonly<Record<string, {readonly default?: string}>>;
  readonly outputs: Readonly<Record<string, {readonly value: string}>>;
  readonly runs: {readonly steps: readonly Step[]};
}

async function shell(script: string, cwd: string, env: Readonly<Record<string, string>>): Promise<number> {
  // As GitHub's runner starts a step with `shell: bash`.
  const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
    cwd,
    env,
    stdio: 'ignore',
  });
  const [code] = (await once(child, 'close')) as [number];
  return code;
}

/** The launcher of the repository under the name that users type. */
async function withGembatch(folder: string): Promise<string> {
  const bin = join(folder, '.bin');
  await mkdir(bin, {recursive: true});
  await writeFile(join(bin, 'gembatch'), `#!/bin/sh\nexec "${process.execPath}" "${BIN}" "$@"\n`, {
    mode: 0o755,
  });
  await writeFile(join(bin, 'npx'), '#!/bin/sh\nshift 2\nexec gembatch "$@"\n', {mode: 0o755});
  return bin;
}

async function runnerEnvironment(root: string, {env}: UsedEmulator): Promise<Record<string, string>> {
  const base = isolatedEnvironment(root);
  return {...base, ...env, PATH: `${await withGembatch(root)}:${base['PATH'] ?? ''}`, CI: 'true'};
}

/** Runs the steps of action.yml that are scripts, in the folder of a repository. */
async function runAction(
  root: string,
  emulator: UsedEmulator,
  inputs: Readonly<Record<string, string>>,
): Promise<{code: number; outputs: Readonly<Record<string, string>>}> {
  const action = parse(await readFile(join(ROOT, 'action.yml'), 'utf8')) as Action;
  const value = (name: string): string => inputs[name] ?? action.inputs[name]?.default ?? '';
  const fill = (text: string): string =>
    text.replaceAll(/\$\{\{ inputs\.([\w-]+) \}\}/gu, (_all, name: string) => value(name));
  await writeFile(join(root, 'outputs'), '');
  let code = 0;
  for (const {run, env: variables = {}} of action.runs.steps) {
    if (run === undefined) continue;
    const own = Object.entries(variables).map(([name, text]) => [name, fill(text)] as const);
    code ||= await shell(fill(run), join(root, value('working-directory')), {
      ...(await runnerEnvironment(root, emulator)),
      ...Object.fromEntries(own),
      GITHUB_ACTIONS: 'true',
      GITHUB_WORKSPACE: root,
      GITHUB_OUTPUT: join(root, 'outputs'),
      GITHUB_STEP_SUMMARY: join(root, 'page.md'),
    });
  }
  const lines = (await readFile(join(root, 'outputs'), 'utf8')).split('\n');
  const told = Object.fromEntries(lines.map((line) => line.split('=', 2) as [string, string]));
  for (const [name, {value: text}] of Object.entries(action.outputs))
    expect([name, text]).toEqual([name, `\${{ steps.run.outputs.${name} }}`]);
  return {code, outputs: told};
}

/** The blocks of docs/ci.md in one language. */
async function recipes(language: string): Promise<readonly string[]> {
  const text = await readFile(join(ROOT, 'docs/ci.md'), 'utf8');
  return Array.from(
    text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gmsu')),
    ([, block = '']) => block,
  );
}

const QUICK = {behaviour: {pending_ms: 0, running_ms: 0}};

describe('action.yml', () => {
  test('over three nights pays for new files only, fails with gembatch, and takes back its jobs after a cache miss', async () => {
    const emulator = await useEmulator(QUICK);
    const root = await tempDir();
    await requestFiles(join(root, 'data/batch'), 1);
    const inputs = {
      'working-directory': 'data',
      run: `"batch/"*.jsonl --model 'gemini-2.5-flash-lite' --interval 1s --keep-remote`,
    };
    const first = await runAction(root, emulator, inputs);
    expect(first).toMatchObject({
      code: 0,
      outputs: {exit_code: '0', jobs: '1', results_dir: 'data/batch/results'},
    });

    await requestFiles(join(root, 'data/batch'), 2);
    emulator.emulator.control.outcome({match: '002', state: 'FAILED'});
    const second = await runAction(root, emulator, inputs);
    expect(second).toMatchObject({code: 3, outputs: {exit_code: '3', jobs: '2'}});

    await rm(join(root, 'data/job-info.jsonl'));
    await rm(join(root, 'data/batch/results'), {recursive: true});
    await rm(join(root, 'data/batch/002.jsonl'));
    const third = await runAction(root, emulator, inputs);
    expect(third).toMatchObject({code: 0, outputs: {exit_code: '0', jobs: '1'}});
    expect(emulator.emulator.control.paid()).toHaveLength(2);
    expect(await readFile(join(root, 'page.md'), 'utf8')).toContain('1 of 2 files are done');
  });

  test('keeps what must stay between runs, also after a failure', async () => {
    const {runs} = parse(await readFile(join(ROOT, 'action.yml'), 'utf8')) as Action;
    const caches = runs.steps.filter(({uses}) => uses?.startsWith('actions/cache/'));
    expect(caches.map(({uses}) => uses?.split('@')[0])).toEqual([
      'actions/cache/restore',
      'actions/cache/save',
    ]);
    expect(caches[0]?.with?.['path']).toBe(caches[1]?.with?.['path']);
    expect(caches[1]?.if).toBe('always()');
  });
});

describe('docs/ci.md', () => {
  test('has a step of GitHub that gives the action what it takes', async () => {
    const [github = ''] = await recipes('yaml');
    const {jobs} = parse(github) as {jobs: {answers: {steps: readonly Step[]}}};
    const step = jobs.answers.steps.find(({id}) => id === 'gembatch');
    const {inputs} = parse(await readFile(join(ROOT, 'action.yml'), 'utf8')) as Action;
    expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(step?.with ?? {})));
  });

  test('has scripts for GitLab and cron that work as they stand', async () => {
    const emulator = await useEmulator(QUICK);
    const root = await tempDir();
    const env = await runnerEnvironment(root, emulator);
    await requestFiles(join(root, 'batch'), 2);
    const gitlab = (await recipes('yaml')).at(1) ?? '';
    const {answers} = parse(gitlab) as {answers: {script: readonly string[]}};
    const quickly = answers.script.join('\n').replace('--timeout 50m', '--timeout 50m --interval 1s');
    expect(await shell(quickly, root, env)).toBe(0);

    const [cron = ''] = await recipes('sh');
    await mkdir(join(env['HOME'] ?? '', 'work'), {recursive: true});
    await requestFiles(join(env['HOME'] ?? '', 'work/batch'), 1);
    expect(await shell(cron, root, env)).toBe(0);
    expect(emulator.emulator.control.paid()).toHaveLength(3);
  });
});
