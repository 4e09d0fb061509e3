import {readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import type {JobRecord} from '../../src/lib/domain/job/job-record.js';
import type {PriceList} from '../../src/lib/domain/price/price-list.js';
import {requestLines} from '../helpers/request-files.js';
import {runCli, type CliOptions} from '../helpers/run-cli.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator} from '../helpers/use-emulator.js';

const MODEL = 'gemini-9-own';
const DAY_MS = 86_400_000;
const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** A model that only a person's own file has a price for: $1,000 a million tokens, and ten times that from tomorrow on. */
function ownPrices(): PriceList {
  const price = (usd: number) => ({
    services: ['gemini'] as const,
    rates: [{input: {text: usd}, cached_input: null, output: {text: usd}}],
    source: 'contract',
    read_on: '2026-11-28',
  });
  return {
    read_on: '2026-11-28',
    models: {
      [MODEL]: {
        max_input_tokens: 1000,
        max_output_tokens: 1000,
        prices: [price(1000), {...price(10_000), effective_from: day(Date.now() + DAY_MS)}],
      },
    },
  };
}

async function work(): Promise<CliOptions & {cwd: string; advance: (ms: number) => void}> {
  const {env, emulator} = await useEmulator({
    speed: 0,
    seed: 1,
    behaviour: {models: [{id: MODEL, batch: 'generate'}]},
  });
  const cwd = await tempDir();
  await writeFile(join(cwd, 'a.jsonl'), requestLines(3));
  await writeFile(join(cwd, 'prices.json'), JSON.stringify(ownPrices()));
  return {cwd, env, advance: (ms) => emulator.control.advance(ms)};
}

async function recordIn(cwd: string): Promise<JobRecord> {
  return JSON.parse(await readFile(join(cwd, 'job-info.jsonl'), 'utf8')) as JobRecord;
}

/** By hand: all tokens at one rate. */
function tokensOf({usage}: JobRecord): number {
  return (usage?.prompt_tokens ?? 0) + (usage?.output_tokens ?? 0);
}

const OWN = ['--prices', 'prices.json'];

describe('--prices', () => {
  test('counts in a dry run, before a submission and when results are fetched', async () => {
    const {advance, ...options} = await work();
    const submit = ['submit', 'a.jsonl', '-m', MODEL];
    expect((await runCli([...submit, '--dry-run'], options)).stdout).toContain('the cost is unknown');
    expect((await runCli([...submit, '--dry-run', ...OWN], options)).stdout).toMatch(/about \$\d/u);
    expect((await runCli([...submit, ...OWN], options)).stderr).toMatch(/about \$\d/u);
    advance(60_000);
    expect((await runCli(['poll', '--once', ...OWN], options)).stdout).toMatch(/^Cost: \$\d/mu);
    const record = await recordIn(options.cwd);
    expect(record.usage?.cost_usd).toBeCloseTo((tokensOf(record) * 1000) / 1e6, 9);
  });

  test('counts when "results" fetches, by the day on which the job ended and not by that of the fetch', async () => {
    const {advance, ...options} = await work();
    advance(2 * DAY_MS);
    await runCli(['submit', 'a.jsonl', '-m', MODEL], options);
    advance(60_000);
    await runCli(['list', '--refresh'], options);
    expect((await runCli(['results', ...OWN], options)).code).toBe(0);
    const record = await recordIn(options.cwd);
    expect(record.usage?.cost_usd).toBeCloseTo((tokensOf(record) * 10_000) / 1e6, 9);
    expect((await runCli(['cost', '--by', 'day'], options)).stdout).toContain(day(Date.now() + 2 * DAY_MS));
  });

  test('of "cost" prices what had no price when it was fetched, and nothing that had one', async () => {
    const {advance, ...options} = await work();
    await runCli(['submit', 'a.jsonl', '-m', MODEL], options);
    advance(60_000);
    await runCli(['poll', '--once'], options);
    const costOf = async (...flags: string[]): Promise<unknown> =>
      ((await runCli(['cost', '--json', ...flags], options)).json() as {total: unknown}).total;
    expect(await costOf()).toMatchObject({cost_usd: null, cost_usd_known: 0, price_missing: [MODEL]});
    const usd = (tokensOf(await recordIn(options.cwd)) * 1000) / 1e6;
    expect(await costOf(...OWN)).toMatchObject({cost_usd: expect.closeTo(usd, 9), price_missing: []});
  });
});
