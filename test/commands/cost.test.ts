import {readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import type {JobRecord} from '../../src/lib/domain/job/job-record.js';
import {JobFixture} from '../helpers/job-fixture.js';
import {schemaErrors} from '../helpers/json-schema.js';
import {requestLines} from '../helpers/request-files.js';
import {FAST_CLOCK, runCli} from '../helpers/run-cli.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator} from '../helpers/use-emulator.js';
import {parseLines} from '../helpers/json-lines.js';

interface Report {
  readonly jobs: readonly {
    readonly cost_usd: number | null;
    readonly usage: {readonly prompt_tokens: number; readonly output_tokens: number} | null;
    readonly estimate_usd: {readonly low: number; readonly high: number} | null;
  }[];
  readonly total: {readonly cost_usd: number | null; readonly cost_usd_known: number};
}

/** Tokens of the rows of a result file, summed by hand. */
async function tokensOf(path: string): Promise<{prompt: number; output: number}> {
  const rows = parseLines(await readFile(path, 'utf8')).map(
    (line) =>
      line as {
        response: {usageMetadata: {promptTokenCount: number; candidatesTokenCount: number}};
      },
  );
  return {
    prompt: rows.reduce((sum, {response}) => sum + response.usageMetadata.promptTokenCount, 0),
    output: rows.reduce((sum, {response}) => sum + response.usageMetadata.candidatesTokenCount, 0),
  };
}

describe('gembatch cost', () => {
  test('sums what the rows of fetched results used, by the price of the model that answered', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('a.jsonl', 5);
    await jobs.submit('b.jsonl', 7);
    jobs.finishJobs();
    expect((await jobs.poll()).code).toBe(0);
    const {code, json} = await runCli(['cost', '--json'], jobs.options);
    expect(code).toBe(0);
    expect(schemaErrors('cost', json())).toEqual([]);
    const report = json() as Report;
    const a = await tokensOf(join(jobs.folder, 'results/a.jsonl'));
    const b = await tokensOf(join(jobs.folder, 'results/b.jsonl'));
    expect(report.jobs.map(({usage}) => usage?.prompt_tokens)).toEqual([a.prompt, b.prompt]);
    // gemini-2.5-flash-lite: $0.05 and $0.20 per million in a batch job.
    expect(report.total.cost_usd).toBeCloseTo(
      ((a.prompt + b.prompt) * 0.05 + (a.output + b.output) * 0.2) / 1e6,
      12,
    );
  });

  test('does not know the cost of a job whose results are not here, and says so in the sum', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('a.jsonl');
    const {json, stdout} = await runCli(['cost', '--json'], jobs.options);
    expect(json()).toMatchObject({
      jobs: [{usage: null, cost_usd: null}],
      total: {cost_usd: null, cost_usd_known: 0},
    });
    expect(stdout).not.toBe('');
    expect((await runCli(['cost'], jobs.options)).stdout).toContain('1 job: the cost is unknown.');
  });

  test('reads the result file of a record of an earlier version', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('a.jsonl', 4);
    jobs.finishJobs();
    await jobs.poll();
    const path = join(jobs.folder, 'job-info.jsonl');
    const {json: before} = await runCli(['cost', '--json'], jobs.options);
    const {usage: _, ...old} = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
    await writeFile(path, `${JSON.stringify(old)}\n`);
    const {json: after} = await runCli(['cost', '--json'], jobs.options);
    expect((after() as Report).total.cost_usd).toBe((before() as Report).total.cost_usd);
  });

  test('writes a table by model, and one for a spreadsheet', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('a.jsonl');
    await jobs.submit('b.jsonl');
    jobs.finishJobs();
    await jobs.poll();
    const table = await runCli(['cost', '--by', 'model'], jobs.options);
    expect(table.stdout).toMatch(/^MODEL +JOBS +INPUT[^\n]*\ngemini-2\.5-flash-lite +2 /);
    const csv = await runCli(['cost', '--csv'], jobs.options);
    expect(csv.stdout.split('\r\n').filter((line) => line !== '')).toHaveLength(3);
  });

  test('has nothing to show without jobs', async () => {
    const {code, stdout} = await runCli(['cost'], {cwd: await tempDir()});
    expect([code, stdout]).toEqual([0, 'No batch jobs are recorded.\n']);
  });

  test('shows the forecast of the day of the submission, which submit says before it sends anything', async () => {
    const {env} = await useEmulator();
    const cwd = await tempDir();
    await writeFile(join(cwd, 'a.jsonl'), requestLines(2));
    const options = {cwd, env};
    const submit = await runCli(['submit', 'a.jsonl', '-m', 'gemini-3.5-flash-lite'], options);
    expect(submit.stderr).toMatch(/^1 file, 2 requests: about \$/u);
    const record = JSON.parse(await readFile(join(cwd, 'job-info.jsonl'), 'utf8')) as JobRecord;
    expect(record.estimate).toMatchObject({model: 'gemini-3.5-flash-lite', method: 'offline'});
    await rm(join(cwd, 'a.jsonl'));
    const {json} = await runCli(['cost', '--json'], options);
    expect((json() as Report).jobs[0]?.estimate_usd).toEqual(record.estimate?.cost_usd);
  });

  test('says by how much the estimate was off, with retries in the line of their file', async () => {
    const {emulator, env} = await useEmulator({speed: 0, seed: 1});
    const cwd = await tempDir();
    await writeFile(join(cwd, 'a.jsonl'), requestLines(4));
    const options = {cwd, env};
    emulator.control.outcome({rows: [{fault: 'error', keys: ['r1']}]});
    await runCli(['submit', 'a.jsonl', '-m', 'gemini-3.5-flash-lite'], options);
    emulator.control.advance(60_000);
    await runCli(['poll', '--once'], options);
    emulator.control.clearOutcomes();
    await runCli(['retry'], options);
    const open = (await runCli(['cost'], options)).stdout;
    expect(open).toMatch(/^a\.jsonl +2 .* unknown +\$0\.\d+ +-\d+%$/mu);
    emulator.control.advance(60_000);
    await runCli(['poll', '--once'], options);
    const {stdout} = await runCli(['cost'], options);
    expect(stdout).toMatch(/^FILE +JOBS .* COST +ESTIMATE +OFF BY$/mu);
    expect(stdout).toMatch(/^a\.jsonl +2 .* (?:< )?\$0\.\d+ +\$0\.\d+ +-\d+%$/mu);
    expect(stdout).toMatch(/^Estimated before: about \$0\.\d+, at most \$0\.\d+\.$/mu);
    expect(stdout).toMatch(/^The answers cost \d+% less than the most likely estimate\.$/mu);
    const report = (await runCli(['cost', '--json'], options)).json();
    expect(report).toMatchObject({
      jobs: [{whole_file: 'a.jsonl'}, {whole_file: 'a.jsonl', file: expect.stringMatching(/^retries\//u)}],
      total: {usage: {by_model_version: {'gemini-3.5-flash-lite': {rows: 4}}}},
    });
  });

  test('stands in list, show and at the end of poll, with the end of a model that the rows tell', async () => {
    const {emulator, env} = await useEmulator({speed: 0, seed: 1});
    const cwd = await tempDir();
    await writeFile(join(cwd, 'a.jsonl'), requestLines(2));
    const options = {cwd, env};
    emulator.control.outcome({rows: [{fault: 'retiring', keys: ['r1']}]});
    const submit = await runCli(['submit', 'a.jsonl', '-m', 'gemini-2.5-flash'], options);
    expect(submit.stderr).toContain(
      'the service answers with gemini-3.5-flash-lite in place of gemini-2.5-flash',
    );
    expect((await runCli(['list'], options)).stdout).toMatch(/~\$0\.\d+/u);
    emulator.control.advance(60_000);
    const {stdout} = await runCli(['poll', '--once'], options);
    expect(stdout).toMatch(/^Cost: (?:< )?\$0\.\d+$/mu);
    expect(stdout).toContain('Its answers say that gemini-2.5-flash ends on 2027-05-07');
    expect((await runCli(['show', 'a.jsonl'], options)).stdout).toMatch(
      /^Cost: +(?:< )?\$\S+ \(estimated .+\)$/mu,
    );
    expect((await runCli(['list'], options)).stdout).toContain('gemini-2.5-flash');
  });

  test('is in the line that says every five minutes how far all is, where nobody watches', async () => {
    const jobs = await JobFixture.create();
    await jobs.submit('a.jsonl', 5);
    const line = '0 of 5 rows (0%)';
    const {stderr} = await runCli(['poll', '--interval', '60s'], {
      ...jobs.options,
      env: {...jobs.options.env, GEMBATCH_TEST_SPEED: '200'},
      nodeArgs: FAST_CLOCK,
      signalAfter: {text: line, signal: 'SIGINT'},
    });
    expect(stderr.split('\n')).toContain(line);
  });
});
