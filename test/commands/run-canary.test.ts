import {mkdir, readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import {EXIT} from '../../src/lib/domain/errors.js';
import type {Emulator} from '../../src/emulator/http/server.js';
import type {RunOutcome} from '../../src/commands/run.js';
import {schemaErrors} from '../helpers/json-schema.js';
import {requestLines} from '../helpers/request-files.js';
import {FAST_CLOCK, runCli, startCli, type CliResult, type RunningCli} from '../helpers/run-cli.js';
import {MODEL, records} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {until} from '../helpers/until.js';
import {useEmulator} from '../helpers/use-emulator.js';

const SPEED = 200;

interface Trial {
  readonly folder: string;
  readonly emulator: Emulator;
  readonly start: (...args: string[]) => RunningCli;
  readonly cli: (...args: string[]) => Promise<CliResult>;
  /** `run` of all files with a canary of four requests. */
  readonly run: (...flags: string[]) => Promise<{code: number | null; result: RunOutcome}>;
  /** How many requests each paid job has, in order. */
  readonly paid: () => readonly number[];
}

/** Three request files of ten requests each. */
async function trial(): Promise<Trial> {
  const folder = await tempDir();
  await mkdir(join(folder, 'data'));
  for (const name of ['a', 'b', 'c'])
    await writeFile(join(folder, `data/${name}.jsonl`), requestLines(10, `the ${name}`));
  const {emulator, env} = await useEmulator({
    speed: SPEED,
    seed: 1,
    behaviour: {pending_ms: 5_000, running_ms: 5_000},
  });
  const options = {
    cwd: folder,
    env: {...env, GEMBATCH_TEST_SPEED: String(SPEED)},
    nodeArgs: FAST_CLOCK,
  };
  const start = (...args: string[]): RunningCli => startCli(args, options);
  const cli = (...args: string[]): Promise<CliResult> => runCli(args, options);
  const run: Trial['run'] = async (...flags) => {
    const {code, json} = await cli(...RUN, ...flags, '--json');
    expect(schemaErrors('run', json())).toEqual([]);
    return {code, result: json() as RunOutcome};
  };
  const paid = (): readonly number[] => emulator.control.paid().map(({request_count: count}) => count);
  return {folder, emulator, start, cli, run, paid};
}

function longRequests(count: number, subject: string): string {
  const text = `Say yes. ${'The sea is blue. '.repeat(1_200)} ${subject}`;
  const request = {contents: [{parts: [{text}]}], generationConfig: {maxOutputTokens: 200}};
  return Array.from({length: count}, (_, i) => `${JSON.stringify({key: `r${i + 1}`, request})}\n`).join('');
}

const RUN = ['run', 'data', '--model', MODEL, '--interval', '5s', '--canary', '4'];
const WITHOUT = RUN.slice(0, -2);

describe('gembatch run --canary', () => {
  test('sends the first requests, and the rest when their answers are good', async () => {
    const {folder, run, paid} = await trial();
    const {code, result} = await run();
    expect(code).toBe(0);
    expect(paid()[0]).toBe(4);
    expect(paid().toSorted((a, b) => a - b)).toEqual([4, 6, 10, 10]);
    expect(result.canaries).toMatchObject([
      {file: 'data/parts/a.001-of-002.jsonl', requests: 4, bad_rows: 0, verdict: 'passed', reason: null},
    ]);
    const joined = await readFile(join(folder, 'data/results/a.jsonl'), 'utf8');
    expect(joined.trimEnd().split('\n')).toHaveLength(10);
    // Nothing is sent again, and no other file becomes a canary.
    const again = await run();
    expect([again.code, again.result.submit.summary.skipped, paid().length]).toEqual([0, 4, 4]);
  });

  test('nothing else is sent while its answers are not here', async () => {
    const {emulator, start} = await trial();
    const running = start(...RUN);
    await running.seen('3 files wait: the answers of the canary decide whether more is sent.');
    expect(emulator.control.paid()).toHaveLength(1);
    const {code, stderr} = await running.ended;
    expect(code).toBe(0);
    expect(stderr).toContain('Canary data/parts/a.001-of-002.jsonl: 4 of 4 rows are good. The rest follows.');
  });

  test('stops when more than one row in twenty is bad, and goes on when a retry has mended them', async () => {
    const {emulator, run, paid, cli} = await trial();
    emulator.control.outcome({rows: [{fault: 'error', keys: ['r2']}]});
    const {code, result} = await run('--retries', '1');
    expect(code).toBe(EXIT.partial);
    expect(result.canaries).toMatchObject([{bad_rows: 1, verdict: 'stopped', reason: 'bad_rows'}]);
    expect(result.submit.files.map(({outcome, error}) => [outcome, error?.code])).toEqual([
      ['submitted', undefined],
      ...Array.from({length: 3}, () => ['not_started', 'CANARY']),
    ]);
    expect(paid()).toEqual([4]);
    const told = await cli(...RUN);
    expect(told.code).toBe(EXIT.partial);
    expect(told.stdout).toContain('1 of its 4 rows is bad. The rest was not sent.');
    expect(told.stdout).toContain('without --canary');

    emulator.control.clearOutcomes();
    await cli('retry', 'data/parts/a.001-of-002.jsonl');
    await cli('poll', '--interval', '5s');
    const mended = await run();
    expect(mended.code).toBe(0);
    expect(mended.result.canaries).toMatchObject([{bad_rows: 0, verdict: 'passed'}]);
    expect(paid()).toHaveLength(5);
  });

  test('without the flag the rest follows whatever the answers were, in the parts that were planned', async () => {
    const {emulator, run, paid, cli} = await trial();
    emulator.control.outcome({rows: [{fault: 'error', keys: ['r1', 'r2']}]});
    expect((await run()).code).toBe(EXIT.partial);
    emulator.control.clearOutcomes();
    const {code} = await cli(...WITHOUT);
    expect(code).toBe(EXIT.partial);
    expect(paid().toSorted((a, b) => a - b)).toEqual([4, 6, 10, 10]);
  });

  test('stops when its job fails, and goes on when that is submitted again', async () => {
    const {emulator, run, paid, cli} = await trial();
    emulator.control.outcome({state: 'FAILED', error: {code: 13, message: 'Internal error'}});
    const {code, result} = await run();
    expect([code, paid()]).toEqual([EXIT.partial, [4]]);
    expect(result.canaries).toMatchObject([{verdict: 'stopped', reason: 'no_results'}]);
    emulator.control.clearOutcomes();
    await cli('retry', 'data/parts/a.001-of-002.jsonl');
    const again = await run();
    expect(again.result.canaries).toMatchObject([{verdict: 'passed', reason: null}]);
    expect([again.code, paid().toSorted((a, b) => a - b)]).toEqual([0, [4, 4, 6, 10, 10]]);
  });

  test('stops when the rest would cost more than the cap leaves', async () => {
    const {folder, run, paid} = await trial();
    // Of such requests four cost about $0.001, and the others $0.007.
    for (const name of ['a', 'b', 'c'])
      await writeFile(join(folder, `data/${name}.jsonl`), longRequests(10, name));
    const {code, result} = await run('--max-cost', '0.004');
    expect(result.canaries).toMatchObject([{verdict: 'stopped', reason: 'cost'}]);
    expect([code, paid()]).toEqual([EXIT.partial, [4]]);
  });

  test('a file with fewer requests is the canary as a whole, and an invalid one leaves it to the next', async () => {
    const {folder, run, paid} = await trial();
    await writeFile(join(folder, 'data/a.jsonl'), `${requestLines(10)}not JSON\n`);
    await writeFile(join(folder, 'data/b.jsonl'), requestLines(3));
    const {result} = await run();
    expect(result.canaries).toMatchObject([
      {file: 'data/parts/b.001-of-001.jsonl', requests: 3, verdict: 'passed'},
    ]);
    expect(paid()).toEqual([3, 10]);
  });

  test('killed while it waits and started again, it pays nothing twice', async () => {
    const {start, emulator, run, paid} = await trial();
    const victim = start(...RUN);
    await until(() => emulator.control.paid().length === 1);
    victim.process.kill('SIGKILL');
    await victim.ended;
    const {code, result} = await run();
    expect(code).toBe(0);
    expect(result.canaries).toHaveLength(1);
    expect(paid().toSorted((a, b) => a - b)).toEqual([4, 6, 10, 10]);
  });

  test('files that come later have a canary of their own', async () => {
    const {folder, run, paid} = await trial();
    await run();
    await writeFile(join(folder, 'data/d.jsonl'), requestLines(10, 'the mountains'));
    const {code, result} = await run();
    expect([code, paid().slice(4)]).toEqual([0, [4, 6]]);
    expect(result.canaries?.map(({file}) => file)).toEqual([
      'data/parts/a.001-of-002.jsonl',
      'data/parts/d.001-of-002.jsonl',
    ]);
  });

  test('a copy of the file that is the canary is not paid for', async () => {
    const {folder, run, paid} = await trial();
    await writeFile(join(folder, 'data/b.jsonl'), await readFile(join(folder, 'data/a.jsonl')));
    const {result} = await run();
    expect(result.submit.files.find(({file}) => file === 'data/b.jsonl')).toMatchObject({
      outcome: 'skipped',
      reason: 'same_content',
    });
    expect(paid().toSorted((a, b) => a - b)).toEqual([4, 6, 10]);
  });

  test('without its plan nothing is sent a second time', async () => {
    const {folder, start, run, paid, cli} = await trial();
    const victim = start(...RUN);
    await victim.seen('decide whether more is sent');
    victim.process.kill('SIGKILL');
    await victim.ended;
    await rm(join(folder, 'data/parts/a.jsonl.parts.json'));
    const other: CliResult = await cli(...WITHOUT);
    expect(other.code).not.toBe(0);
    expect(other.stdout).toContain('was split otherwise');
    expect((await run()).code).toBe(0);
    expect(paid().reduce((sum, count) => sum + count, 0)).toBe(30);
    expect((await records(folder)).filter(({part_of: part}) => part !== undefined)).toHaveLength(2);
  });
});
