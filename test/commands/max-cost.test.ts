import {readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import type {Emulator} from '../../src/emulator/http/server.js';
import {EXIT} from '../../src/lib/domain/errors.js';
import type {JobRecord} from '../../src/lib/domain/job/job-record.js';
import type {RunResult} from '../../src/lib/workflows/run/run-report.js';
import type {SubmitResult} from '../../src/lib/workflows/submit/submit-report.js';
import {schemaErrors} from '../helpers/json-schema.js';
import {
  FAST_CLOCK,
  runCli,
  startCli,
  type CliOptions,
  type CliResult,
  type RunningCli,
} from '../helpers/run-cli.js';
import {tempDir} from '../helpers/temp-dir.js';
import {until} from '../helpers/until.js';
import {useEmulator} from '../helpers/use-emulator.js';

const MODEL = 'gemini-3.5-flash-lite';

interface Trial {
  readonly cwd: string;
  readonly names: readonly string[];
  readonly emulator: Emulator;
  readonly paid: () => number;
  readonly start: (args: readonly string[], options?: Partial<CliOptions>) => RunningCli;
  readonly run: (args: readonly string[], options?: Partial<CliOptions>) => Promise<CliResult>;
  readonly cli: (...args: string[]) => Promise<CliResult>;
}

/** Request files of one request each, which all cost about $0.00125 at most. */
async function trial(
  files: number,
  {config = {maxOutputTokens: 1000}, speed = 0}: {config?: object; speed?: number} = {},
): Promise<Trial> {
  const {emulator, env} = await useEmulator({speed, seed: 1});
  const cwd = await tempDir();
  const names = Array.from({length: files}, (_, index) => `f${index}.jsonl`);
  for (const name of names) {
    const request = {contents: [{parts: [{text: `Name seas like ${name}.`}]}], generationConfig: config};
    await writeFile(join(cwd, name), `${JSON.stringify({key: '1', request})}\n`);
  }
  const all = (options: Partial<CliOptions> = {}): CliOptions => ({
    ...options,
    cwd,
    env: {...env, ...options.env},
  });
  const start: Trial['start'] = (args, options) => startCli(args, all(options));
  const run: Trial['run'] = (args, options) => runCli(args, all(options));
  const cli = (...args: string[]): Promise<CliResult> => run(args);
  return {cwd, names, emulator, paid: () => emulator.control.paid().length, start, run, cli};
}

const outcomesOf = (result: unknown): readonly string[] =>
  (result as SubmitResult).files.map(({outcome}) => outcome);

describe('gembatch submit --max-cost', () => {
  test('creates no job with which the cap could be passed, and says what is left and its price', async () => {
    const {names, paid, cli} = await trial(4);
    const {code, json} = await cli('submit', ...names, '-m', MODEL, '--max-cost', '0.003', '--json');
    expect(code).toBe(EXIT.cost_cap);
    expect(schemaErrors('submit', json())).toEqual([]);
    expect([...outcomesOf(json())].sort()).toEqual(['not_started', 'not_started', 'submitted', 'submitted']);
    expect(paid()).toBe(2);
    const again = await cli('submit', ...names, '-m', MODEL, '--max-cost', '0.003');
    expect(again.code).toBe(EXIT.cost_cap);
    expect(again.stdout).toMatch(/2 files left by the cap, nothing paid: about \$\S+, at most \$0\.00\d+\./u);
    expect(paid()).toBe(2);
    const raised = await cli('submit', ...names, '-m', MODEL, '--max-cost', '$1');
    expect([raised.code, paid()]).toEqual([0, 4]);
  });

  test('counts the named files only, or with --max-cost-since all that were submitted', async () => {
    const {names, paid, cli} = await trial(2);
    const cap = ['-m', MODEL, '--max-cost', '0.002'];
    const [first = '', second = ''] = names;
    expect((await cli('submit', first, ...cap)).code).toBe(0);
    const since = await cli('submit', second, ...cap, '--max-cost-since', '2026-01-01');
    expect([since.code, paid()]).toEqual([EXIT.cost_cap, 1]);
    expect((await cli('submit', second, ...cap)).code).toBe(0);
    expect((await cli('submit', second, ...cap.slice(0, 2), '--max-cost-since', '2026-01-01')).code).toBe(2);
  });

  test('a cap of the day counts everything of that day', async () => {
    const {cwd, names, paid, cli} = await trial(3);
    const cap = ['-m', MODEL, '--max-cost-per-day', '0.002'];
    const [first = '', second = '', third = ''] = names;
    expect((await cli('submit', first, ...cap)).code).toBe(0);
    expect((await cli('submit', second, ...cap)).code).toBe(EXIT.cost_cap);
    const path = join(cwd, 'job-info.jsonl');
    const record = JSON.parse(await readFile(path, 'utf8')) as JobRecord;
    await writeFile(path, `${JSON.stringify({...record, submitted_at: '2026-01-31T12:00:00Z'})}\n`);
    expect((await cli('submit', third, ...cap)).code).toBe(0);
    expect(paid()).toBe(2);
  });

  test('says that an output limit helps, where requests have none', async () => {
    const {names, paid, cli} = await trial(1, {config: {}});
    const {code, stdout} = await cli('submit', ...names, '-m', MODEL, '--max-cost', '0.01');
    expect([code, paid()]).toEqual([EXIT.cost_cap, 0]);
    expect(stdout).toContain('Set maxOutputTokens in the requests');
  });

  test('what costs nobody knows how much is not sent under a cap, until its price is given', async () => {
    const {cwd, names, paid, cli} = await trial(1);
    const prices = {
      read_on: '2026-11-28',
      models: {[MODEL]: {max_input_tokens: 1, max_output_tokens: 1, prices: []}},
    };
    await writeFile(join(cwd, 'none.json'), JSON.stringify(prices));
    const args = ['submit', ...names, '-m', MODEL, '--max-cost', '10'];
    const {code, stdout} = await cli(...args, '--prices', 'none.json');
    expect([code, paid()]).toEqual([EXIT.cost_cap, 0]);
    expect(stdout).toContain(`no price is known for ${MODEL}`);
    expect((await cli(...args)).code).toBe(0);
  });

  test('a dry run says what would be left', async () => {
    const {names, paid, cli} = await trial(3);
    const {json} = await cli('submit', ...names, '-m', MODEL, '--max-cost', '0.002', '--dry-run', '--json');
    expect([...outcomesOf(json())].sort()).toEqual(['not_started', 'not_started', 'would_submit']);
    expect(paid()).toBe(0);
  });

  test('submissions side by side share one cap', async () => {
    const {names, paid, cli} = await trial(6);
    const cap = ['-m', MODEL, '--max-cost', '0.004', '--max-cost-since', '2026-01-01'];
    const runs = [names.slice(0, 3), names.slice(3)].map((files) => cli('submit', ...files, ...cap));
    const codes = (await Promise.all(runs)).map(({code}) => code);
    expect(codes).toContain(EXIT.cost_cap);
    expect(paid()).toBe(3);
  });
});

describe('gembatch submit --max-cost after creates without an answer', () => {
  const fast = {nodeArgs: FAST_CLOCK, env: {GEMBATCH_TEST_SPEED: '1000'}};

  /** Two creates that never took effect, and whose process was killed. */
  async function killed(): Promise<Trial> {
    const job = await trial(3);
    for (let creates = 0; creates < 2; creates += 1)
      job.emulator.control.fault({on: 'batches.create', fault: {kind: 'hang_before'}});
    const victim = job.start(['submit', ...job.names.slice(0, 2), '-m', MODEL]);
    await until(() => job.emulator.control.counts()['batches.create'] === 2);
    victim.process.kill('SIGKILL');
    await victim.ended;
    return job;
  }

  test('sends as much as fits when no job came of them', async () => {
    const {names, paid, run} = await killed();
    const {code} = await run(['submit', ...names, '-m', MODEL, '--max-cost', '0.003'], fast);
    expect([code, paid()]).toEqual([EXIT.cost_cap, 2]);
  });

  test('sends another file in their place when no job came of them', async () => {
    const {names, paid, run} = await killed();
    const cap = ['--max-cost-per-day', '0.003'];
    const {code} = await run(['submit', ...names.slice(2), '-m', MODEL, ...cap], fast);
    expect([code, paid()]).toEqual([0, 1]);
  });
});

describe('gembatch run --max-cost', () => {
  const run = ['-m', MODEL, '--interval', '100ms', '--json'];

  test('sends more when jobs have cost less than was kept for them', async () => {
    const {names, paid, cli} = await trial(5, {speed: 1000});
    const {code, json} = await cli('run', ...names, ...run, '--max-cost', '0.003');
    expect(schemaErrors('run', json())).toEqual([]);
    expect([code, paid()]).toEqual([0, 5]);
  });

  test('ends when what is left does not fit and no job is open, with results for the others', async () => {
    const {cwd, names, paid, cli} = await trial(2, {speed: 1000});
    const request = {contents: [{parts: [{text: 'Name all seas.'}]}]};
    await writeFile(join(cwd, 'large.jsonl'), `${JSON.stringify({key: '1', request})}\n`);
    const {code, json} = await cli('run', ...names, 'large.jsonl', ...run, '--max-cost', '0.003');
    expect(code).toBe(EXIT.cost_cap);
    expect(schemaErrors('run', json())).toEqual([]);
    const {submit, poll, waiting} = json() as RunResult;
    expect(submit.files.at(-1)).toMatchObject({outcome: 'not_started', error: {code: 'COST_CAP'}});
    expect([poll?.done, waiting?.reason, paid()]).toEqual([2, 'cost_cap', 2]);
  });

  test('waits for the results that another run is about to fetch, which may make room', async () => {
    const {names, paid, cli, start} = await trial(2, {speed: 20});
    const [first = '', second = ''] = names;
    await cli('submit', first, '-m', MODEL);
    const cap = ['--max-cost', '0.002', '--max-cost-since', '2026-01-01'];
    const options = {nodeArgs: FAST_CLOCK, env: {GEMBATCH_TEST_SPEED: '20'}};
    const waiting = start(['run', second, '-m', MODEL, '--interval', '1s', ...cap], options);
    await waiting.seen('1 file waits');
    await cli('poll', '--interval', '100ms');
    expect([(await waiting.ended).code, paid()]).toEqual([0, 2]);
  });
});
