import {mkdir, readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import type {Emulator, EmulatorOptions} from '../../src/emulator/http/server.js';
import {EXIT} from '../../src/lib/domain/errors.js';
import {requestFiles} from '../helpers/request-files.js';
import {FAST_CLOCK, runCli, type CliResult} from '../helpers/run-cli.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator, vertexEnv} from '../helpers/use-emulator.js';
import {parseLines} from '../helpers/json-lines.js';

const MODEL = 'gemini-2.5-flash-lite';
const VERTEX = ['--vertex', '--bucket', 'gs://my-bucket/work'];
const JOB: unknown = expect.stringMatching(/^projects\/\d+\/locations\/global\/batchPredictionJobs\/\d+$/u);

interface Place {
  readonly cwd: string;
  readonly emulator: Emulator;
  /** Of Vertex AI, without an API key of the Gemini API. */
  readonly env: Readonly<Record<string, string>>;
  /** The same with one. */
  readonly both: Readonly<Record<string, string>>;
  readonly run: (args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<CliResult>;
}

async function place(files = 2, options: EmulatorOptions = {}): Promise<Place> {
  const cwd = await tempDir();
  const {emulator, env: gemini} = await useEmulator({
    seed: 1,
    behaviour: {pending_ms: 0, running_ms: 0},
    ...options,
  });
  await requestFiles(join(cwd, 'batch'), files);
  const {url} = emulator;
  const env = vertexEnv(url);
  const run = (args: readonly string[], chosen: Readonly<Record<string, string>> = env): Promise<CliResult> =>
    runCli(args, {cwd, env: chosen, nodeArgs: FAST_CLOCK});
  return {cwd, emulator, env, both: {...env, ...gemini}, run};
}

async function recordsIn(cwd: string): Promise<readonly {batch: {name: string}}[]> {
  const text = await readFile(join(cwd, 'job-info.jsonl'), 'utf8');
  return parseLines(text).map((line) => line as {batch: {name: string}});
}

describe('with --vertex', () => {
  test('submit, poll and results go through Vertex AI, and nothing is left there', async () => {
    const {cwd, emulator, run} = await place();
    const submitted = await run(['submit', 'batch', '-m', MODEL, '--json', ...VERTEX]);
    expect(submitted.code).toBe(0);
    expect(submitted.json()).toMatchObject({
      files: [{outcome: 'submitted', job: {name: JOB}}, {outcome: 'submitted'}],
    });
    // From here on the records say where the jobs are.
    const polled = await run(['poll']);
    expect([polled.code, polled.stdout]).toEqual([0, expect.stringContaining('Rows: 6 ok')]);
    const results = await run(['results', '--json']);
    expect(results.json()).toMatchObject({
      jobs: [{results: {rows: {ok: 3}}}, {results: {rows: {ok: 3}}}],
    });
    const text = await readFile(join(cwd, 'batch/results/001.jsonl'), 'utf8');
    expect(Object.keys(JSON.parse(text.split('\n')[0] ?? '') as object)).toEqual(['key', 'response']);
    expect([emulator.control.objects(), emulator.control.jobs()]).toEqual([[], []]);
    expect(emulator.control.paid()).toHaveLength(2);
  });

  test('run does it all, and again, and pays once', async () => {
    const {emulator, run} = await place(3);
    for (let times = 0; times < 2; times += 1)
      expect((await run(['run', 'batch', '-m', MODEL, ...VERTEX])).code).toBe(0);
    expect(emulator.control.paid()).toHaveLength(3);
  });

  test('a create whose answer is lost is looked for, and paid once', async () => {
    const {emulator, run} = await place(1);
    emulator.control.fault({on: 'batches.create', fault: {kind: 'reset_after'}});
    const failure = {kind: 'status', status: 503} as const;
    emulator.control.fault({on: 'batches.list', match: 'labels.gembatch_attempt=', fault: failure});
    emulator.control.behave({list_delay_calls: 1});
    expect((await run(['run', 'batch', '-m', MODEL, ...VERTEX])).code).toBe(0);
    expect(emulator.control.paid()).toHaveLength(1);
    expect(emulator.control.counts()['batches.create']).toBe(1);
    // Both met a call: the job was looked up by its label.
    expect(emulator.control.faultsMet()).toBe(2);
  });

  test('poll from another location says where the create that it does not find was sent to', async () => {
    const {emulator, env, run} = await place(1);
    emulator.control.fault({on: 'batches.create', fault: {kind: 'reset_after'}});
    emulator.control.fault({on: 'batches.list', skip: 1, times: null, fault: {kind: 'status', status: 400}});
    const unclear = await run(['submit', 'batch', '-m', MODEL, ...VERTEX, '--create-grace', '1s']);
    expect(unclear.code).toBe(EXIT.unclear);
    emulator.control.clearFaults();
    const elsewhere = {...env, GOOGLE_CLOUD_LOCATION: 'us-central1'};
    const polled = await run(['poll', '--create-grace', '1s'], elsewhere);
    expect([polled.code, polled.stderr]).toEqual([
      EXIT.unclear,
      expect.stringMatching(
        /001\.jsonl: its create was sent to projects\/my-project\/locations\/global[^]*GOOGLE_CLOUD_LOCATION=global/u,
      ),
    ]);
    expect(polled.stderr.match(/its create was sent to/gu)).toHaveLength(1);
    expect((await run(['poll'])).code).toBe(0);
    expect(emulator.control.paid()).toHaveLength(1);
  });

  test('a create that had no effect is not taken for the job of another model on the same upload', async () => {
    const {emulator, run} = await place(1, {behaviour: {running_ms: 600_000}});
    expect((await run(['submit', 'batch', '-m', MODEL, ...VERTEX])).code).toBe(0);
    emulator.control.fault({on: 'batches.create', fault: {kind: 'reset_before'}});
    const other = ['submit', 'batch', '-m', 'gemini-2.5-flash', ...VERTEX, '--if-changed', 'submit'];
    const lost = await run([...other, '--create-grace', '1s', '--json']);
    expect(lost.json()).toMatchObject({files: [{outcome: 'failed'}]});
    expect((await run([...other, '--json'])).json()).toMatchObject({files: [{outcome: 'submitted'}]});
    expect(emulator.control.paid()).toHaveLength(2);
  });

  test('work whose records are lost is adopted', async () => {
    const {emulator, run} = await place(1, {behaviour: {running_ms: 60_000}});
    await run(['submit', 'batch', '-m', MODEL, '--job-info', 'lost.jsonl', ...VERTEX]);
    const again = await run(['submit', 'batch', '-m', MODEL, '--json', ...VERTEX]);
    expect(again.json()).toMatchObject({files: [{outcome: 'skipped', reason: 'adopted', job: {name: JOB}}]});
    expect(emulator.control.paid()).toHaveLength(1);
  });

  test('the rows of a job that was cancelled are fetched, and only the others are sent again', async () => {
    const {emulator, run} = await place(1, {speed: 0, behaviour: {pending_ms: 0, running_ms: 3_000}});
    await run(['submit', 'batch', '-m', MODEL, ...VERTEX]);
    emulator.control.advance(1_000);
    expect((await run(['cancel', 'batch/001.jsonl'])).code).toBe(0);
    const polled = await run(['poll', '--once', '--json']);
    expect(polled.code).toBe(3);
    const results = await run(['results', '--json']);
    expect(results.json()).toMatchObject({jobs: [{results: {rows: {ok: 1, missing: 2}}}]});
    const retried = await run(['retry', '--json', ...VERTEX]);
    expect(retried.json()).toMatchObject({jobs: [{requests: 2}]});
    expect(emulator.control.paid().map(({request_count: count}) => count)).toEqual([3, 2]);
  });

  test('cleanup deletes what a cancelled job has written, once the rows that it lacks are here', async () => {
    const {emulator, run} = await place(1, {speed: 0, behaviour: {pending_ms: 0, running_ms: 3_000}});
    await run(['submit', 'batch', '-m', MODEL, ...VERTEX]);
    emulator.control.advance(1_000);
    await run(['cancel', 'batch/001.jsonl']);
    await run(['poll', '--once']);
    await run(['retry', ...VERTEX]);
    emulator.control.advance(10_000);
    expect((await run(['poll'])).code).toBe(0);
    expect(emulator.control.objects()).toContainEqual(expect.stringContaining('incremental_predictions'));
    expect((await run(['cleanup', ...VERTEX])).code).toBe(0);
    expect([emulator.control.objects(), emulator.control.jobs()]).toEqual([[], []]);
  });

  test('results that may not be deleted are said, and their job stays until they are', async () => {
    const {emulator, run} = await place();
    await run(['submit', 'batch', '-m', MODEL, ...VERTEX]);
    const refusal = {
      on: 'files.delete',
      match: 'results',
      fault: {kind: 'status', status: 403},
      times: null,
    } as const;
    emulator.control.fault(refusal);
    const polled = await run(['poll', 'batch/001.jsonl']);
    expect(polled.stderr).toContain('could not be deleted');
    await run(['poll', 'batch/002.jsonl', '--keep-remote']);
    // Their uploads are deleted.
    expect((await run(['cleanup', ...VERTEX])).code).toBe(3);
    expect(emulator.control.jobs()).toHaveLength(2);
    emulator.control.clearFaults();
    expect((await run(['cleanup', ...VERTEX])).code).toBe(0);
    expect([emulator.control.objects(), emulator.control.jobs()]).toEqual([[], []]);
  });

  test('results that a cleanup by name takes with it are lost, and retry says so', async () => {
    const {emulator, run} = await place(1);
    await run(['submit', 'batch', '-m', MODEL, ...VERTEX]);
    const {stdout, stderr} = await run(['cleanup', 'batch/001.jsonl', '--yes', ...VERTEX]);
    expect(stdout + stderr).toContain('its results, which are not on disk, go with it');
    expect(emulator.control.objects()).not.toContainEqual(expect.stringContaining('predictions'));
    expect((await run(['list', '--json'])).json()).toMatchObject({jobs: [{outcome: 'lost'}]});
    const retried = await run(['retry', '--lost', 'batch/001.jsonl', '--yes', ...VERTEX]);
    expect([retried.code, emulator.control.paid().length]).toEqual([0, 2]);
  });

  test('what Vertex AI refuses is found before anything is sent', async () => {
    const {cwd, emulator, run} = await place(0);
    await mkdir(join(cwd, 'batch'), {recursive: true});
    const contents = [{role: 'user', parts: [{text: 'hi'}]}];
    const file = {
      fileData: {
        fileUri: 'https://generativelanguage.googleapis.com/v1beta/files/abc',
        mimeType: 'image/png',
      },
    };
    const requests = [
      {contents, tools: [{googleSearch: {}}]},
      {contents, cachedContent: 'cachedContents/abc'},
      {contents: [{role: 'user', parts: [file]}]},
    ];
    const lines = requests.map((request, at) => JSON.stringify({key: `r${at}`, request}));
    await writeFile(join(cwd, 'batch/001.jsonl'), lines.join('\n'));
    const {code, stdout, stderr} = await run(['submit', 'batch', '-m', MODEL, ...VERTEX]);
    expect([code, stdout + stderr]).toEqual([
      2,
      expect.stringMatching(/001\.jsonl:1:\d+: "googleSearch" is an empty object/u),
    ]);
    expect(emulator.control.counts()['upload.start']).toBeUndefined();
    const dry = await run(['submit', 'batch', '-m', MODEL, '--dry-run', '--vertex']);
    expect(dry.code).toBe(2);
  });

  test('more requests than one job takes go in parts', async () => {
    const {emulator, run} = await place(1);
    const {code} = await run(['run', 'batch', '-m', MODEL, '--max-requests', '2', ...VERTEX]);
    expect(code).toBe(0);
    expect(new Set(emulator.control.paid().map(({request_count: count}) => count))).toEqual(new Set([2, 1]));
  });
});

describe('which service is used', () => {
  test('the variable of the SDK alone ends with exit code 2, and together with a bucket counts', async () => {
    const {emulator, run, both} = await place(1);
    const env = {...both, GOOGLE_GENAI_USE_VERTEXAI: 'true'};
    const alone = await run(['submit', 'batch', '-m', MODEL], env);
    expect([alone.code, alone.stderr]).toEqual([2, expect.stringContaining('no bucket is named')]);
    expect(emulator.control.requests()).toEqual([]);
    const withBucket = await run(['submit', 'batch', '-m', MODEL], {
      ...env,
      GEMBATCH_BUCKET: 'gs://my-bucket',
    });
    expect(withBucket.code).toBe(0);
    expect(emulator.control.paid()).toMatchObject([{name: JOB}]);
  });

  test('jobs of both are followed together', async () => {
    const {cwd, emulator, run, both} = await place();
    await run(['submit', 'batch/001.jsonl', '-m', MODEL], both);
    await run(['submit', 'batch/002.jsonl', '-m', MODEL, ...VERTEX], both);
    const names = (await recordsIn(cwd)).map(({batch}) => batch.name);
    expect(names).toEqual([expect.stringMatching(/^batches\//u), JOB]);
    expect((await run(['poll'], both)).code).toBe(0);
    expect([emulator.control.jobs(), emulator.control.files(), emulator.control.objects()]).toEqual([
      [],
      [],
      [],
    ]);
  });

  test('work that is at the other one is not sent again, unless that is asked for', async () => {
    const {emulator, run, both} = await place(1, {behaviour: {running_ms: 60_000}});
    await run(['submit', 'batch', '-m', MODEL], both);
    const changed = await run(['submit', 'batch', '-m', MODEL, '--json', ...VERTEX], both);
    expect([changed.code, changed.json()]).toEqual([
      1,
      expect.objectContaining({files: [expect.objectContaining({outcome: 'changed'})]}),
    ]);
    expect(emulator.control.paid()).toHaveLength(1);
    const asked = await run(['submit', 'batch', '-m', MODEL, '--if-changed', 'submit', ...VERTEX], both);
    expect(asked.code).toBe(0);
    expect(emulator.control.paid()).toHaveLength(2);
  });

  test('what has its results here is done, wherever they came from', async () => {
    const {emulator, run, both} = await place(1);
    await run(['run', 'batch', '-m', MODEL], both);
    const again = await run(['submit', 'batch', '-m', MODEL, '--json', ...VERTEX], both);
    expect([again.code, again.json()]).toMatchObject([0, {files: [{outcome: 'skipped'}]}]);
    expect(emulator.control.paid()).toHaveLength(1);
  });

  test('a create without an answer at one is not sent to the other', async () => {
    const {emulator, run, both} = await place(1);
    emulator.control.fault({on: 'batches.create', fault: {kind: 'reset_after'}});
    const failure = {kind: 'status', status: 503} as const;
    emulator.control.fault({on: 'batches.list', skip: 1, times: null, fault: failure});
    // It looks for the job for minutes.
    const fast = {...both, GEMBATCH_TEST_SPEED: '500'};
    const unclear = await run(['submit', 'batch', '-m', MODEL, '--create-grace', '1s', ...VERTEX], fast);
    expect(unclear.code).toBe(8);
    emulator.control.clearFaults();
    // Whoever comes without --vertex finds the job at the other service and follows it.
    const other = await run(['run', 'batch', '-m', MODEL], both);
    expect(other.code).toBe(0);
    expect(emulator.control.paid()).toHaveLength(1);
  });

  test.each(['gs://b1', 'my-bucket', 'gs://', 'gs://My Bucket'])(
    '--bucket %j is wrong usage',
    async (bucket) => {
      const {code, stderr} = await runCli(['poll', '--vertex', '--bucket', bucket], {cwd: await tempDir()});
      expect(code).toBe(2);
      expect(stderr).toMatch(new RegExp(`--bucket(?: is|:) "${bucket}"`, 'u'));
    },
  );

  test('a bucket or an address that a found configuration file sets is refused', async () => {
    const {cwd, run} = await place(1);
    await writeFile(join(cwd, 'gembatch.toml'), 'bucket = "gs://of-somebody-else"\n');
    const {code, stderr} = await run(['submit', 'batch', '--vertex']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('must not set "bucket"')]);
  });

  test.each([
    ['STORAGE_EMULATOR_HOST', '', 'STORAGE_EMULATOR_HOST does not'],
    ['GOOGLE_VERTEX_BASE_URL', 'http://gateway.example.com', 'in clear'],
    ['GOOGLE_CLOUD_LOCATION', 'evil.example.com/', 'GOOGLE_CLOUD_LOCATION'],
  ])('%s that cannot be meant is refused before anything is sent', async (name, value, text) => {
    const {env, run, emulator} = await place(1);
    const {code, stderr} = await run(['submit', 'batch', '-m', MODEL, ...VERTEX], {...env, [name]: value});
    expect([code, stderr]).toEqual([2, expect.stringContaining(text)]);
    expect(emulator.control.requests()).toEqual([]);
  });

  test('credentials that are not there are named, with what to run', async () => {
    const {run} = await place(1);
    const env = {GOOGLE_CLOUD_PROJECT: 'p', GOOGLE_APPLICATION_CREDENTIALS: '/nowhere/key.json'};
    const {code, stderr} = await run(['submit', 'batch', '-m', MODEL, ...VERTEX], env);
    expect([code, stderr]).toEqual([
      6,
      expect.stringMatching(/\/nowhere\/key\.json is not there.*gcloud auth/su),
    ]);
  });

  test('without --vertex nothing of it is loaded', async () => {
    const {cwd, both} = await place(1);
    const seen = await runCli(['run', 'batch', '-m', MODEL], {
      cwd,
      env: {...both, NODE_V8_COVERAGE: join(cwd, 'coverage')},
    });
    expect(seen.code).toBe(0);
    const {readdir} = await import('node:fs/promises');
    const [report = ''] = await readdir(join(cwd, 'coverage'));
    const text = await readFile(join(cwd, 'coverage', report), 'utf8');
    expect(text).not.toMatch(/vertex-client|google-auth-library|both-services/u);
  });
});
