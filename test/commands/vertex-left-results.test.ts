import {readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import type {Emulator, EmulatorOptions} from '../../src/emulator/http/server.js';
import {parseLines} from '../helpers/json-lines.js';
import {requestFiles} from '../helpers/request-files.js';
import {FAST_CLOCK, runCli, type CliResult} from '../helpers/run-cli.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator, vertexEnv} from '../helpers/use-emulator.js';

const VERTEX = ['--vertex', '--bucket', 'gs://my-bucket/work', '-m', 'gemini-2.5-flash-lite'];
const LEAVE = [...VERTEX, '--results-dir', 'gs://my-bucket/out'];

interface Place {
  readonly cwd: string;
  readonly emulator: Emulator;
  readonly run: (args: readonly string[], more?: Readonly<Record<string, string>>) => Promise<CliResult>;
}

async function place(files = 2, options: EmulatorOptions = {}): Promise<Place> {
  const cwd = await tempDir();
  const {emulator} = await useEmulator({seed: 1, behaviour: {pending_ms: 0, running_ms: 0}, ...options});
  await requestFiles(join(cwd, 'batch'), files);
  const env = vertexEnv(emulator.url);
  const run: Place['run'] = (args, more = {}) =>
    runCli(args, {cwd, env: {...env, ...more}, nodeArgs: FAST_CLOCK});
  return {cwd, emulator, run};
}

interface LeftRecord {
  readonly batch: {readonly name: string};
  readonly results?: unknown;
  readonly results_left?: string;
  readonly left?: {readonly objects: number; readonly size_bytes: number};
  readonly remote_deleted_at?: string;
}

async function recordsIn(cwd: string): Promise<readonly LeftRecord[]> {
  return parseLines(await readFile(join(cwd, 'job-info.jsonl'), 'utf8')) as LeftRecord[];
}

const PLACE: unknown = expect.stringMatching(/^gs:\/\/my-bucket\/out\/00[12]\/[0-9a-z]{10}\/$/u);
const SHARD: unknown = expect.stringMatching(
  /^gs:\/\/my-bucket\/out\/00[12]\/[0-9a-z]{10}\/prediction-.*\.jsonl/u,
);

describe('results that are left in a bucket', () => {
  test('run is done when they are there, reads none of them, and deletes the uploads and the jobs only', async () => {
    const {cwd, emulator, run} = await place();
    const ran = await run(['run', 'batch', '--json', ...LEAVE]);
    expect(ran.code).toBe(0);
    expect(ran.json()).toMatchObject({poll: {done: 2, left: 2, bad_rows: 0}});
    expect(emulator.control.objects()).toEqual([SHARD, SHARD]);
    expect(emulator.control.jobs()).toEqual([]);
    expect(emulator.control.counts()['files.download']).toBeUndefined();
    expect(await readdir(join(cwd, 'batch'))).toEqual(['001.jsonl', '002.jsonl']);
    expect(await recordsIn(cwd)).toEqual([
      expect.objectContaining({results_left: PLACE, left: expect.objectContaining({objects: 1}) as unknown}),
      expect.objectContaining({results_left: PLACE}),
    ]);
    const again = await run(['run', 'batch', ...LEAVE]);
    expect([again.code, again.stdout]).toEqual([
      0,
      expect.stringContaining('Left in gs://my-bucket/out/: 2'),
    ]);
    expect(emulator.control.paid()).toHaveLength(2);
  });

  test('poll --results-dir fetches and checks them, and leaves the copy there', async () => {
    const {cwd, emulator, run} = await place();
    await run(['submit', 'batch', ...LEAVE]);
    const polled = await run(['poll']);
    expect([polled.code, polled.stdout]).toEqual([
      0,
      expect.stringContaining('6 rows ok by the counts of the service'),
    ]);
    const fetched = await run(['poll', '--results-dir', 'here', '--json']);
    expect(fetched.code).toBe(0);
    expect(parseLines(fetched.stdout).at(-1)).toMatchObject({done: 2, left: 0, rows: {ok: 6}});
    expect(await readdir(join(cwd, 'here/batch'))).toEqual(['001.jsonl', '002.jsonl']);
    expect(emulator.control.objects()).toEqual([SHARD, SHARD]);
    // They may be fetched again, although their jobs are deleted.
    await rm(join(cwd, 'here/batch/001.jsonl'));
    expect((await run(['poll', '--results-dir', 'here'])).code).toBe(0);
    expect(await readdir(join(cwd, 'here/batch'))).toEqual(['001.jsonl', '002.jsonl']);
    expect((await run(['results', '--join', 'all.jsonl'])).code).toBe(0);
  });

  test('list --refresh finds that they are there, and deletes nothing', async () => {
    const {cwd, emulator, run} = await place(1);
    await run(['submit', 'batch', ...LEAVE]);
    const listed = await run(['list', '--refresh', '--json']);
    expect([listed.code, listed.json()]).toMatchObject([0, {jobs: [{outcome: 'done', left: {objects: 1}}]}]);
    expect((await recordsIn(cwd))[0]?.left?.objects).toBe(1);
    expect(emulator.control.jobs()).toHaveLength(1);
    expect((await run(['poll'])).code).toBe(0);
  });

  test('list, show, results, retry, cost and report say where they are', async () => {
    const {run} = await place();
    await run(['run', 'batch', ...LEAVE]);
    const listed = await run(['list', '--json']);
    expect(listed.json()).toMatchObject({
      jobs: [{outcome: 'done', bad_rows: 0, results_left: PLACE, left: {objects: 1}}, {outcome: 'done'}],
    });
    const shown = await run(['show', 'batch/001.jsonl']);
    expect(shown.stdout).toMatch(/Results left in: +gs:\/\/my-bucket\/out\/001\/\w{10}\/ \(3 ok/u);
    // A variable alone fetches nothing.
    const results = await run(['results', '--json'], {GEMBATCH_RESULTS_DIR: 'here'});
    expect(results.code).toBe(1);
    expect(results.json()).toMatchObject({
      jobs: [{results: null, results_left: PLACE, error: {code: 'RESULTS_LEFT'}}, {}],
    });
    const joined = await run(['results', '--join', 'all.csv']);
    expect([joined.code, joined.stderr]).toEqual([
      1,
      expect.stringContaining('poll batch/001.jsonl --results-dir'),
    ]);
    expect((await run(['cost', '--json'])).json()).toMatchObject({total: {cost_usd: null}});
    expect((await run(['retry', '--json', ...VERTEX])).json()).toMatchObject({jobs: []});
    expect((await run(['report', '-o', 'page.html'])).code).toBe(0);
  });

  test('a job with bad rows ends with 3, and its rows are sent again only once they are here', async () => {
    const {emulator, run} = await place(1);
    emulator.control.outcome({rows: [{fault: 'error', share: 0.5}]});
    const ran = await run(['run', 'batch', '--json', ...LEAVE]);
    expect([ran.code, ran.json()]).toMatchObject([3, {poll: {bad_rows: 1, left: 1}}]);
    const early = await run(['retry', '--json', ...LEAVE]);
    expect([early.code, early.json()]).toMatchObject([1, {jobs: [{error: {code: 'RESULTS_LEFT'}}]}]);
    expect(emulator.control.paid()).toHaveLength(1);
    expect((await run(['poll', '--results-dir', 'here'])).code).toBe(3);
    emulator.control.clearOutcomes();
    // Its answers are merged into the results that are here, so they are fetched.
    const late = await run(['retry', '--json', ...LEAVE]);
    expect([late.code, late.json()]).toMatchObject([0, {jobs: [{requests: 1}]}]);
    expect((await run(['poll'])).code).toBe(0);
    expect(emulator.control.paid()).toHaveLength(2);
  });

  test('cleanup deletes uploads and jobs, also those that are named, and never what was left', async () => {
    const {cwd, emulator, run} = await place();
    await run(['submit', 'batch', ...LEAVE]);
    await run(['poll', '--keep-remote']);
    expect(emulator.control.objects()).toHaveLength(4);
    const named = await run(['cleanup', 'batch/001.jsonl', '--yes', ...VERTEX.slice(0, 3)]);
    expect(named.code).toBe(0);
    expect(emulator.control.objects()).toEqual([SHARD, SHARD]);
    expect(emulator.control.jobs()).toEqual([]);
    expect((await recordsIn(cwd)).map(({left}) => left?.objects)).toEqual([1, 1]);
    expect((await run(['poll', '--results-dir', 'here'])).code).toBe(0);
  });

  test('a cleanup of the whole project without any record keeps them: their job says so', async () => {
    const {emulator, run} = await place(1);
    await run(['submit', 'batch', ...LEAVE]);
    await run(['poll', '--keep-remote']);
    const [job = ''] = emulator.control.jobs();
    const cleaned = await run([
      'cleanup',
      '--all',
      job,
      '--yes',
      '--job-info',
      'none.jsonl',
      ...VERTEX.slice(0, 3),
    ]);
    expect(cleaned.code).toBe(0);
    expect(emulator.control.jobs()).toEqual([]);
    expect(emulator.control.objects()).toEqual([SHARD]);
  });

  test('a create whose answer is lost, and a job whose record is lost, leave them all the same', async () => {
    const {cwd, emulator, run} = await place(1);
    emulator.control.fault({on: 'batches.create', fault: {kind: 'reset_after'}});
    expect((await run(['run', 'batch', ...LEAVE])).code).toBe(0);
    const [recovered] = await recordsIn(cwd);
    expect(recovered?.results_left).toEqual(PLACE);
    await run(['submit', 'batch/001.jsonl', '--force', ...LEAVE]);
    await rm(join(cwd, 'job-info.jsonl'));
    const adopted = await run(['submit', 'batch', ...VERTEX]);
    expect(adopted.code).toBe(0);
    expect((await recordsIn(cwd)).at(-1)?.results_left).toEqual(PLACE);
    expect((await run(['poll'])).code).toBe(0);
    expect(emulator.control.objects()).toEqual(expect.arrayContaining([SHARD, SHARD]));
    expect(emulator.control.paid()).toHaveLength(2);
  });

  test('a place in a bucket is refused where nothing would write to it', async () => {
    const {cwd, emulator, run} = await place(1);
    const refusals = [
      ['submit', 'batch', '--results-dir', 'gs://my-bucket/out'],
      ['run', 'batch', '--results-dir', 'gs://my-bucket/out'],
      ['run', 'batch', '--canary', '1', ...LEAVE],
      ['submit', 'batch', ...VERTEX, '--results-dir', 'gs://x'],
      ['poll', '--results-dir', 'gs://my-bucket/out'],
      ['init', '-m', 'gemini-2.5-flash-lite', '--results-dir', 'gs://my-bucket/out'],
    ];
    for (const args of refusals) {
      const {code, stderr} = await run(args);
      expect([args.join(' '), code, stderr]).toEqual([args.join(' '), 2, expect.stringContaining('bucket')]);
    }
    await writeFile(join(cwd, 'gembatch.toml'), 'results-dir = "gs://somebody/out"\n');
    expect((await run(['submit', 'batch', ...VERTEX])).code).toBe(2);
    expect(emulator.control.paid()).toEqual([]);
  });

  test('those of objects in a bucket are checked by the counts of the service, and their requests are not read', async () => {
    const {cwd, emulator, run} = await place(1);
    const address = 'gs://my-bucket/in/%03d.jsonl';
    emulator.control.makeObjects({address, count: 2, size_bytes: 3_000, requests: 5});
    expect((await run(['run', 'gs://my-bucket/in/', ...VERTEX])).code).toBe(0);
    const fetched = await run(['poll', '--results-dir', 'here', '--json']);
    expect([fetched.code, fetched.stdout]).toEqual([0, expect.not.stringContaining('warning')]);
    expect(await readdir(join(cwd, 'here'))).toEqual(['001.jsonl', '002.jsonl']);
    expect(await recordsIn(cwd)).toMatchObject([
      {results: {rows: {ok: 5, missing: 0}, request_file: 'not_read'}},
      {results: {rows: {ok: 5, missing: 0}}},
    ]);
    expect(emulator.control.objects()).toHaveLength(4);
  });
});
