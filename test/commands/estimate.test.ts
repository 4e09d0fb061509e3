import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import {schemaErrors} from '../helpers/json-schema.js';
import {runCli} from '../helpers/run-cli.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator} from '../helpers/use-emulator.js';

const line = (key: string, maxOutputTokens = 1000): string =>
  `${JSON.stringify({key, request: {contents: [{parts: [{text: 'Name three seas.'}]}], generationConfig: {maxOutputTokens}}})}\n`;

interface Estimate {
  readonly files: readonly {
    readonly method: string;
    readonly requests: number;
    readonly input_tokens: {readonly low: number; readonly likely: number; readonly high: number};
    readonly output_tokens: {readonly high: number; readonly likely: number};
    readonly cost_usd: {readonly low: number; readonly likely: number; readonly high: number} | null;
  }[];
  readonly total: {readonly cost_usd: unknown; readonly price_missing: readonly string[]};
}

async function folderWith(content: string): Promise<string> {
  const cwd = await tempDir();
  await writeFile(join(cwd, 'a.jsonl'), content);
  return cwd;
}

describe('gembatch estimate', () => {
  test('says what a file will use and cost, without API key and network', async () => {
    const cwd = await folderWith(line('1') + line('2'));
    const {code, json} = await runCli(['estimate', 'a.jsonl', '-m', 'gemini-3.5-flash-lite', '--json'], {
      cwd,
    });
    expect(code).toBe(0);
    expect(schemaErrors('estimate', json())).toEqual([]);
    const [file] = (json() as Estimate).files;
    expect(file).toMatchObject({method: 'offline', requests: 2, output_tokens: {high: 2000}});
    expect(file?.cost_usd?.high).toBeCloseTo((2000 * 1.25 + (file?.input_tokens.high ?? 0) * 0.15) / 1e6, 5);
  });

  test('calls the cost of a model without a price unknown, in the sum, too', async () => {
    const cwd = await folderWith(line('1'));
    const {code, json} = await runCli(['estimate', 'a.jsonl', '-m', 'gemini-9-unheard', '--json'], {cwd});
    expect(code).toBe(0);
    expect(json()).toMatchObject({
      files: [{cost_usd: null}],
      total: {cost_usd: null, price_missing: ['gemini-9-unheard']},
    });
    const {stdout} = await runCli(['estimate', 'a.jsonl', '-m', 'gemini-9-unheard'], {cwd});
    expect(stdout).toContain('the cost is unknown');
  });

  test('has a price for the default model', async () => {
    const cwd = await folderWith(line('1'));
    const {json} = await runCli(['estimate', 'a.jsonl', '--json'], {cwd});
    expect((json() as Estimate).files[0]?.cost_usd?.high).toBeGreaterThan(0);
  });

  test('says how many requests have no output limit of their own', async () => {
    const cwd = await folderWith(
      `${line('1')}{"key":"2","request":{"contents":[{"parts":[{"text":"a"}]}]}}\n`,
    );
    const {json} = await runCli(['estimate', 'a.jsonl', '--json'], {cwd});
    expect((json() as Estimate).files).toMatchObject([{unlimited_requests: 1}]);
    const {stdout} = await runCli(['estimate', 'a.jsonl'], {cwd});
    expect(stdout).toContain('1 request has no maxOutputTokens');
  });

  test('warns of a model that the service ends, or answers with another one', async () => {
    const cwd = await folderWith(line('1'));
    const {stdout} = await runCli(['estimate', 'a.jsonl', '-m', 'gemini-2.5-flash'], {cwd});
    expect(stdout).toMatch(
      /^Warning: .*2026-12-01.* answers with gemini-3\.5-flash-lite in place of gemini-2\.5-flash/mu,
    );
  });

  test('goes by the finished jobs of the same model where there are any', async () => {
    const content = line('1') + line('2');
    const cwd = await folderWith(content);
    const usage = {
      rows: 100,
      prompt_tokens: 1000,
      cached_tokens: 0,
      thoughts_tokens: 500,
      output_tokens: 2500,
      tool_use_tokens: 0,
      search_queries: 0,
      search_prompts: 0,
      by_modality: {input: {}, cached: {}, output: {}},
      by_model_version: {},
      cost_usd: 0.1,
      prices_read_on: '2026-11-27',
    };
    const record = {
      input_file: 'past.jsonl',
      count: 100,
      uploaded_file_name: 'files/past',
      batch: {name: 'batches/past', state: 'JOB_STATE_SUCCEEDED'},
      size_bytes: content.length * 50,
      usage,
      requested_model: 'models/gemini-3.5-flash-lite',
    };
    await writeFile(join(cwd, 'job-info.jsonl'), `${JSON.stringify(record)}\n`);
    const {json} = await runCli(['estimate', 'a.jsonl', '-m', 'gemini-3.5-flash-lite', '--json'], {cwd});
    expect((json() as Estimate).files[0]).toMatchObject({
      method: 'history',
      input_tokens: {likely: 20},
      output_tokens: {likely: 60},
    });
  });

  test('names a file that cannot be read, and estimates the others', async () => {
    const cwd = await folderWith(line('1'));
    const {code, stdout} = await runCli(['estimate', 'nope.jsonl', 'a.jsonl', '-m', 'gemini-3.8-flash'], {
      cwd,
    });
    expect(code).toBe(3);
    expect(stdout).toContain('nope.jsonl: there is no such file.');
    expect(stdout).toContain('1 file, 1 request: about $');
  });

  test('takes prices of the user, and says what is wrong with them', async () => {
    const cwd = await folderWith(line('1'));
    await writeFile(join(cwd, 'prices.json'), '{"read_on": "yesterday"}');
    const {code, stderr} = await runCli(['estimate', 'a.jsonl', '--prices', 'prices.json'], {cwd});
    expect([code, stderr]).toEqual([2, expect.stringContaining('prices.json: read_on is not a day')]);
    const {stdout} = await runCli(['models', '--json'], {cwd});
    const own = JSON.parse(stdout) as {models: Record<string, unknown>};
    own.models['mine'] = own.models['gemini-4-argon'];
    await writeFile(join(cwd, 'prices.json'), JSON.stringify(own));
    const {json} = await runCli(['estimate', 'a.jsonl', '-m', 'mine', '--prices', 'prices.json', '--json'], {
      cwd,
    });
    expect((json() as Estimate).total.price_missing).toEqual([]);
  });
});

describe('gembatch models', () => {
  test('shows prices and their next change without asking the service', async () => {
    const {code, stdout} = await runCli(['models'], {cwd: await tempDir()});
    expect(code).toBe(0);
    expect(stdout).toMatch(/^MODEL +CONTEXT +INPUT/);
    expect(stdout).toMatch(/gemini-2\.5-pro .*becomes gemini-3\.8-flash/);
    expect(stdout).not.toContain('BATCHES');
  });

  test('asks which models take batch jobs when there is an API key', async () => {
    const {env} = await useEmulator();
    const {code, json} = await runCli(['models', '--json'], {cwd: await tempDir(), env});
    expect(code).toBe(0);
    expect(schemaErrors('models', json())).toEqual([]);
    const {listed} = json() as {listed: readonly {takes_batches: boolean | null}[]};
    expect(new Set(listed.map((model) => model.takes_batches))).toEqual(new Set([true, false]));
  });
});
