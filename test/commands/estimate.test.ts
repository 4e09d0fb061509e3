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

  test('prices the pictures of a model that makes them as pictures', async () => {
    const cwd = await folderWith(line('1', 2000));
    const {json} = await runCli(['estimate', 'a.jsonl', '-m', 'gemini-3-pro-image', '--json'], {cwd});
    const cost = (json() as Estimate).files[0]?.cost_usd;
    // $60 per million tokens of pictures; one of 1K has 1,120 and costs $0.067.
    expect(cost?.likely).toBeCloseTo(0.0672 + 0.0006, 3);
    expect(cost?.high).toBeCloseTo(0.12, 3);
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

  test('is not misled by a job of which half of the requests failed', async () => {
    const {env, emulator} = await useEmulator({speed: 0, seed: 1});
    const lines = Array.from({length: 20}, (_, index) => line(`r${index}`)).join('');
    const cwd = await folderWith(lines);
    const options = {cwd, env};
    const model = ['-m', 'gemini-3.5-flash-lite'];
    emulator.control.outcome({rows: [{fault: 'error', keys: Array.from({length: 10}, (_, at) => `r${at}`)}]});
    await runCli(['submit', 'a.jsonl', ...model], options);
    emulator.control.advance(60_000);
    await runCli(['poll', '--once'], options);
    const {json} = await runCli(['estimate', 'a.jsonl', ...model, '--json'], options);
    // "Name three seas." has four tokens at the emulator.
    expect((json() as Estimate).files[0]).toMatchObject({method: 'history', input_tokens: {likely: 80}});
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

describe('gembatch estimate --count-tokens', () => {
  const model = ['-m', 'gemini-3.5-flash-lite'];

  test('goes by what the service counts of requests evenly spread over the file', async () => {
    const {env, emulator} = await useEmulator();
    const lines = Array.from({length: 400}, (_, index) =>
      JSON.stringify({
        key: `r${index}`,
        request: {
          contents: [{parts: [{text: 'sea '.repeat(1 + ((index * 7) % 40))}]}],
          system_instruction: {parts: [{text: 'Answer in one word.'}]},
          generationConfig: {maxOutputTokens: 100},
        },
      }),
    );
    const cwd = await folderWith(lines.join('\n'));
    const options = {cwd, env};
    const {code, json} = await runCli(['estimate', 'a.jsonl', ...model, '--count-tokens', '--json'], options);
    expect(code).toBe(0);
    expect(schemaErrors('estimate', json())).toEqual([]);
    const [file] = (json() as Estimate).files;
    expect(file).toMatchObject({
      method: 'count_tokens',
      sample: {requests: 50, refused: 0, confidence: 0.95},
    });
    expect(emulator.control.counts()['models.countTokens']).toBe(50);
    expect(emulator.control.peak('models.countTokens')).toBeLessThanOrEqual(8);
    // The emulator counts a token for four letters.
    const truth = lines.reduce((sum, _, index) => sum + (4 * (1 + ((index * 7) % 40)) - 1) / 4 + 5, 0);
    expect(file?.input_tokens.low).toBeLessThan(truth * 1.02);
    expect(file?.input_tokens.high).toBeGreaterThan(truth * 0.98);
    expect((file?.input_tokens.high ?? 0) / (file?.input_tokens.low ?? 1)).toBeLessThan(1.3);
    const {stdout} = await runCli(['estimate', 'a.jsonl', ...model, '--count-tokens'], options);
    expect(stdout).toContain('Input as the service counted 50 requests');
  });

  test('is right also where prompts of very different lengths go in turn', async () => {
    const {env} = await useEmulator();
    const lines = Array.from({length: 2000}, (_, index) =>
      JSON.stringify({
        key: `r${index}`,
        request: {contents: [{parts: [{text: 'x'.repeat(index % 40 < 20 ? 4 : 400)}]}]},
      }),
    );
    const cwd = await folderWith(lines.join('\n'));
    const {json} = await runCli(['estimate', 'a.jsonl', ...model, '--count-tokens', '--json'], {cwd, env});
    const tokens = (json() as Estimate).files[0]?.input_tokens;
    const truth = 1000 + 1000 * 100;
    expect(tokens?.low).toBeLessThan(truth);
    expect(tokens?.high).toBeGreaterThan(truth);
  });

  test('knows the cost of a file by address, which nobody else can count', async () => {
    const {env} = await useEmulator();
    const parts = [
      {fileData: {fileUri: 'https://example.com/files/f1', mimeType: 'application/pdf'}},
      {text: 'Sum up.'},
    ];
    const cwd = await folderWith(`${JSON.stringify({key: 'a', request: {contents: [{parts}]}})}\n`);
    const without = await runCli(['estimate', 'a.jsonl', ...model, '--json'], {cwd, env});
    expect(without.json()).toMatchObject({files: [{cost_usd: null, uncounted_parts: 1}]});
    const {json} = await runCli(['estimate', 'a.jsonl', ...model, '--count-tokens', '--json'], {cwd, env});
    expect(json()).toMatchObject({files: [{cost_usd: {low: expect.any(Number)}, uncounted_parts: 0}]});
  });

  test('says which requests the service did not count, and fails a file of which it counts none', async () => {
    const {env} = await useEmulator();
    const bad = '{"key":"b","request":{"contents":[]}}\n';
    const cwd = await folderWith(line('1') + bad);
    await writeFile(join(cwd, 'b.jsonl'), bad);
    const {code, stdout} = await runCli(['estimate', 'a.jsonl', 'b.jsonl', ...model, '--count-tokens'], {
      cwd,
      env,
    });
    expect(code).toBe(3);
    expect(stdout).toContain(
      'a.jsonl: 1 request could not be counted. countTokens: the service answered 400',
    );
    expect(stdout).toMatch(/^Error: .*contents is not specified/mu);
  });

  test('needs an API key, and ends at once when the service refuses it or has no such model', async () => {
    const cwd = await folderWith(line('1'));
    const args = ['estimate', 'a.jsonl', '--count-tokens'];
    expect(await runCli([...args, ...model], {cwd})).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('API key'),
    });
    const {env, emulator} = await useEmulator();
    const {code} = await runCli([...args, '-m', 'gemini-9-unheard'], {cwd, env});
    expect(code).toBe(11);
    expect(emulator.control.counts()['models.countTokens']).toBe(1);
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
