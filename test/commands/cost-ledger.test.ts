import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import type {PaidJob} from '../../src/emulator/control/call-log.js';
import {FAST_CLOCK, runCli} from '../helpers/run-cli.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator} from '../helpers/use-emulator.js';

/** USD per million tokens, and per search as the bill has it; fixed, so that the day of the test makes no difference. */
const RATES = {
  'gemini-3.8-flash': {
    text: 0.375,
    image: 0.5,
    cached: 0.0375,
    output: 1.875,
    imageOut: 1.875,
    query: 0.014,
    searched: 0,
  },
  'gemini-3.5-flash-lite': {
    text: 0.15,
    image: 0.15,
    cached: 0.02,
    output: 1.25,
    imageOut: 1.25,
    query: 0.014,
    searched: 0,
  },
  'gemini-2.5-pro': {
    text: 0.625,
    image: 0.625,
    cached: 0.125,
    output: 5,
    imageOut: 5,
    query: 0,
    searched: 0.035,
  },
  'gemini-3.1-flash-image': {
    text: 0.25,
    image: 0.25,
    cached: 0.025,
    output: 1.5,
    imageOut: 30,
    query: 0.014,
    searched: 0,
  },
} as const;

/** USD for an answer with places. */
const MAPS = 0.025;

function priceList(): unknown {
  const models = Object.entries(RATES).map(([name, rates]) => [
    name,
    {
      max_input_tokens: 1_048_576,
      max_output_tokens: 65_536,
      maps_usd_per_1000: MAPS * 1000,
      search:
        rates.query > 0
          ? {usd_per_1000: rates.query * 1000, unit: 'query'}
          : {usd_per_1000: rates.searched * 1000, unit: 'prompt'},
      prices: [
        {
          services: ['gemini'],
          rates: [
            {
              input: {text: rates.text, image: rates.image},
              cached_input: {text: rates.cached},
              output: {text: rates.output, image: rates.imageOut},
            },
          ],
          source: 'test',
          read_on: '2026-11-28',
        },
      ],
    },
  ]);
  return {read_on: '2026-11-28', models: Object.fromEntries(models)};
}

/** What the service would bill for all that the emulator's log says was used. */
function billOf(paid: readonly PaidJob[]): number {
  let usd = 0;
  for (const {used} of paid) {
    for (const [model, {prompt, cached, tool_use, output, thoughts, ...searches}] of Object.entries(
      used ?? {},
    )) {
      const rates = RATES[model as keyof typeof RATES];
      const fromCache = cached['TEXT'] ?? 0;
      usd +=
        ((prompt['TEXT'] ?? 0) + (tool_use['TEXT'] ?? 0) - fromCache) * (rates.text / 1e6) +
        (prompt['IMAGE'] ?? 0) * (rates.image / 1e6) +
        fromCache * (rates.cached / 1e6) +
        ((output['TEXT'] ?? 0) + thoughts) * (rates.output / 1e6) +
        (output['IMAGE'] ?? 0) * (rates.imageOut / 1e6) +
        searches.search_queries * rates.query +
        searches.searched_rows * rates.searched +
        searches.maps_rows * MAPS;
    }
  }
  return usd;
}

interface Report {
  readonly jobs: readonly {readonly usage: {readonly by_model_version: object} | null}[];
  readonly total: {
    readonly cost_usd: number;
    readonly usage: Readonly<Record<string, number>> & {readonly by_modality: object};
  };
}

const PIXEL = {inlineData: {mimeType: 'image/png', data: 'iVBORw0KGgo='}};

/** Requests of all kinds: long and short, with thoughts, pictures, searches and pages. */
function lines(count: number, config: object = {}): string {
  return Array.from({length: count}, (_, index) => {
    const tools = [
      ...(index % 3 === 0 ? [{googleSearch: {}}] : []),
      ...(index % 4 === 0 ? [{urlContext: {}}] : []),
      ...(index % 7 === 0 ? [{googleMaps: {}}] : []),
    ];
    const request = {
      contents: [
        {
          parts: [
            {text: `Question ${index}: ${'why '.repeat(index * 5)}?`},
            ...(index % 5 === 0 ? [PIXEL] : []),
          ],
        },
      ],
      systemInstruction: {parts: [{text: 'Be brief.'}]},
      generationConfig: {
        maxOutputTokens: 20,
        ...(index % 2 === 0 ? {thinkingConfig: {thinkingBudget: 13}} : {}),
        ...config,
      },
      ...(tools.length === 0 ? {} : {tools}),
    };
    return `${JSON.stringify({key: `r${index}`, request})}\n`;
  }).join('');
}

// A run in parts and twelve commands, each a process.
test('cost is to the cent what the log of the service says was used, whatever it was used for', async () => {
  const generate = (id: string) => ({id, batch: 'generate'}) as const;
  const {emulator, env: emulated} = await useEmulator({
    speed: 0,
    seed: 1,
    behaviour: {
      models: [
        ...Object.keys(RATES).map(generate),
        {...generate('gemini-2.5-flash'), served_by: 'gemini-3.5-flash-lite'},
      ],
    },
  });
  const cwd = await tempDir();
  await writeFile(join(cwd, 'prices.json'), JSON.stringify(priceList()));
  const options = {cwd, env: {...emulated, GEMBATCH_PRICES: 'prices.json'}};
  const done = async (...args: string[]): Promise<void> => {
    const {code, stderr} = await runCli(args, options);
    expect([code === 0 || code === 3, stderr]).toEqual([true, expect.any(String)]);
  };
  const files = {
    'a.jsonl': ['gemini-3.8-flash', lines(40)],
    'b.jsonl': ['gemini-2.5-pro', lines(12)],
    'c.jsonl': ['gemini-2.5-flash', lines(9)],
    'd.jsonl': [
      'gemini-3.1-flash-image',
      lines(6, {responseModalities: ['TEXT', 'IMAGE'], candidateCount: 2}),
    ],
  } as const;
  emulator.control.outcome({
    rows: [
      {fault: 'cached', share: 0.3},
      {fault: 'error', share: 0.1},
      {fault: 'truncated', share: 0.1},
      {fault: 'blocked', keys: ['r2']},
    ],
  });
  for (const [file, [model, content]] of Object.entries(files)) {
    await writeFile(join(cwd, file), content);
    await done('submit', file, '-m', model);
  }
  emulator.control.advance(60_000);
  await done('poll', '--once');
  const first = emulator.control.paid().length;
  await done('retry', '--max-output-tokens', 'x2');
  expect(emulator.control.paid().length).toBeGreaterThan(first);
  emulator.control.clearOutcomes();
  emulator.control.advance(60_000);
  await done('poll', '--once');

  await writeFile(join(cwd, 'e.jsonl'), lines(10, {maxOutputTokens: 100}));
  emulator.control.setSpeed(1_000);
  const run = await runCli(['run', 'e.jsonl', '-m', 'gemini-3.5-flash-lite', '--max-requests', '4'], {
    ...options,
    env: {...options.env, GEMBATCH_TEST_SPEED: '1000'},
    nodeArgs: FAST_CLOCK,
  });
  expect(run.code).toBe(0);

  const paid = emulator.control.paid();
  expect(paid.every(({used}) => used !== null)).toBe(true);
  const {jobs, total} = (await runCli(['cost', '--json'], options)).json() as Report;
  expect(total.cost_usd).toBeCloseTo(billOf(paid), 9);
  expect(total.usage['search_queries']).toBeGreaterThan(0);
  for (const count of ['cached_tokens', 'thoughts_tokens', 'tool_use_tokens'])
    expect(total.usage[count]).toBeGreaterThan(0);
  expect(total.usage.by_modality).toMatchObject({
    input: {image: expect.any(Number)},
    output: {image: expect.any(Number)},
  });
  expect(jobs[2]?.usage?.by_model_version).toMatchObject({
    'gemini-3.5-flash-lite': {rows: expect.any(Number)},
  });
});
