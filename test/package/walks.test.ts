/** Three people who work with gembatch as npm installs it: what they see is kept in `screens`. */
import {execFile} from 'node:child_process';
import {cp, mkdtemp, readFile, realpath, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, expect, test} from '@jest/globals';
import {parse} from 'csv-parse/sync';
import {requestFiles} from '../helpers/request-files.js';
import {FAST_CLOCK, ROOT, runCli, type CliOptions} from '../helpers/run-cli.js';
import {tempDir} from '../helpers/temp-dir.js';
import {screenText} from '../helpers/terminal-screen.js';
import {useEmulator} from '../helpers/use-emulator.js';

const MODEL = 'gemini-2.5-flash-lite';

let folder: string;
let bin: string;

/** Runs npm with the settings of this machine: it needs its registry. */
async function npm(args: readonly string[]): Promise<string> {
  const {stdout} = await promisify(execFile)(
    'npm',
    [...args, '--no-audit', '--no-fund', '--prefer-offline'],
    {
      cwd: ROOT,
      env: {...process.env, npm_config_prefix: undefined, npm_config_global: undefined},
    },
  );
  return stdout;
}

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'gembatch-walks-')));
  const packed = await npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder]);
  const [{filename}] = JSON.parse(packed) as [{filename: string}];
  await npm(['install', '--global', '--prefix', join(folder, 'global'), join(folder, filename)]);
  bin = await realpath(join(folder, 'global/bin/gembatch'));
}, 180_000);

afterAll(async () => {
  await rm(folder, {recursive: true, force: true});
});

/** A walk: commands, what each shows, and its exit code. */
class Walk {
  readonly #options: CliOptions;
  #text = '';

  constructor(options: CliOptions) {
    this.#options = {...options, bin};
  }

  async run(...args: string[]): Promise<void> {
    const {code, stdout, stderr} = await runCli(args, this.#options);
    const shown = this.#options.isOnTerminal ? screenText(stdout) : stderr + stdout;
    this.#text += `$ gembatch ${args.map(shellWord).join(' ')}\n${normalised(shown.trimEnd())}\n`;
    this.#text += code === 0 ? '\n' : `(exit ${code})\n\n`;
  }

  /** With UPDATE_SCREENS=1 what is seen now is what is kept. */
  async expectScreens(name: string): Promise<void> {
    const path = join(ROOT, 'test/package/screens', `${name}.txt`);
    if (process.env['UPDATE_SCREENS'] === '1') await writeFile(path, this.#text);
    expect(this.#text).toBe(await readFile(path, 'utf8'));
  }
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word}'`;
}

/** Without what differs from run to run; the width of columns stays. */
function normalised(text: string): string {
  return (
    text
      .replaceAll(/\b(batches|files)\/[a-z0-9]{12,}/gu, (id, kind: string) =>
        `${kind}/`.padEnd(id.length, 'x'),
      )
      .replaceAll(/\b(?:\d+m )?\d+s(?=\)|$)/gmu, '0s')
      .replaceAll(/\d{4}-\d{2}-\d{2}(?:T[\d:.]+Z)?/gu, 'DATE')
      // Whether a look falls between the end of a job and its fetch.
      .replaceAll(/^\S+: (?:running|succeeded)\n/gmu, '')
      // Prices change.
      .replaceAll(/\$\d[\d,.]*\d/gu, (amount) => amount.replaceAll(/\d/gu, '#'))
      .replaceAll(/-?\b\d+%/gu, (share) => '#%'.padStart(share.length))
  );
}

test('a newcomer with a table gets a table of answers', async () => {
  const cwd = await tempDir();
  await cp(join(ROOT, 'examples/reviews.csv'), join(cwd, 'reviews.csv'));
  const {env} = await useEmulator({seed: 1, behaviour: {pending_ms: 0, running_ms: 0}});
  const walk = new Walk({
    cwd,
    isOnTerminal: true,
    nodeArgs: FAST_CLOCK,
    env: {...env, GEMBATCH_TEST_SPEED: '10'},
  });
  await walk.run('submit', 'reviews.csv', '-m', MODEL);
  await walk.run('run', 'reviews.csv', '--key', 'id', '-p', 'Good or bad? {{ review }}', '-m', MODEL);
  await walk.run('results', '--join', 'answers.csv');
  await walk.run('list');
  await walk.run('cost');
  await walk.expectScreens('newcomer');
  const rows: object[] = parse(await readFile(join(cwd, 'answers.csv')), {columns: true, bom: true});
  expect(rows).toHaveLength(10);
  expect(rows[0]).toMatchObject({id: 'r01', answer: expect.stringMatching(/./u)});
}, 120_000);

test('a step of CI over three nights: a failure, and a cache that is gone', async () => {
  const cwd = await tempDir();
  const {emulator, env} = await useEmulator({seed: 1, behaviour: {pending_ms: 0, running_ms: 0}});
  const pages = {GITHUB_STEP_SUMMARY: join(cwd, 'page.md'), GITHUB_OUTPUT: join(cwd, 'outputs')};
  const walk = new Walk({
    cwd,
    env: {
      ...env,
      ...pages,
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_WORKSPACE: cwd,
      GEMBATCH_TEST_SPEED: '10',
    },
    nodeArgs: FAST_CLOCK,
  });
  const night = () => walk.run('run', 'batch/*.jsonl', '-m', MODEL, '--keep-remote', '--concurrency', '1');
  await requestFiles(join(cwd, 'batch'), 1);
  await night();
  await requestFiles(join(cwd, 'batch'), 2);
  emulator.control.outcome({match: '002', state: 'FAILED'});
  await night();
  await rm(join(cwd, 'job-info.jsonl'));
  await rm(join(cwd, 'batch/results'), {recursive: true});
  await rm(join(cwd, 'batch/002.jsonl'));
  await night();
  await walk.expectScreens('ci');
  expect(emulator.control.paid()).toHaveLength(2);
}, 120_000);

test('a person with 500 files on a screen of 80 × 24 sees the three that failed', async () => {
  const cwd = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1, behaviour: {max_concurrent_jobs: 1_000}});
  await requestFiles(join(cwd, 'customer-feedback-of-all-shops-2026'), 500, 1);
  for (const match of ['099', '299', '499'])
    emulator.control.outcome({match: `${match}.jsonl`, state: 'FAILED'});
  const walk = new Walk({cwd, env, isOnTerminal: true});
  const names = 'customer-feedback-of-all-shops-2026';
  await walk.run('submit', names, '-m', MODEL, '--concurrency', '16');
  emulator.control.advance(60_000);
  await walk.run('poll', '--once');
  await walk.run('list', '--sort', 'file');
  await walk.run('retry', '--dry-run');
  await walk.expectScreens('five-hundred');
  expect(emulator.control.paid()).toHaveLength(500);
}, 180_000);
