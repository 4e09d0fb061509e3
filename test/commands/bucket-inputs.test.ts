/** Request files that are in a bucket already: `gembatch run gs://…`. */
import {mkdir, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import type {JobRecord} from '../../src/lib/domain/job/job-record.js';
import {objectFingerprint} from '../../src/lib/domain/bucket/object-fingerprint.js';
import {parseLines} from '../helpers/json-lines.js';
import {requestLines} from '../helpers/request-files.js';
import {FAST_CLOCK, runCli, type CliResult} from '../helpers/run-cli.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator, vertexEnv} from '../helpers/use-emulator.js';
import {deleteObject, putObject} from '../lib/services/vertex/open-vertex.js';

const VERTEX = ['--vertex', '--bucket', 'gs://bucket/work', '-m', 'gemini-2.5-flash-lite'];
/** The other commands are told by the records. */
function flagsOf(command = ''): readonly string[] {
  if (['poll', 'results', 'show'].includes(command)) return [];
  return command === 'adopt' ? VERTEX.slice(0, 3) : VERTEX;
}

const ALL = 'gs://bucket/in/*.jsonl';

/** A folder without any request file, and a bucket with some. */
async function bucket(...names: readonly string[]) {
  const cwd = await tempDir();
  const {emulator} = await useEmulator({seed: 1, behaviour: {pending_ms: 0, running_ms: 0}});
  const {url, control} = emulator;
  const env = vertexEnv(url);
  const put = (name: string, content = requestLines(2, name)): Promise<void> =>
    putObject(emulator, name, content);
  for (const name of names) await put(name);
  const runWith = (more: Readonly<Record<string, string>>, ...args: string[]): Promise<CliResult> =>
    runCli([...args, ...flagsOf(args[0])], {cwd, env: {...env, ...more}, nodeArgs: FAST_CLOCK});
  const run = (...args: string[]): Promise<CliResult> => runWith({}, ...args);
  const records = async (): Promise<readonly JobRecord[]> =>
    parseLines(await readFile(join(cwd, 'job-info.jsonl'), 'utf8')) as JobRecord[];
  const inputs = (): readonly string[] =>
    control.objects().filter((address) => address.startsWith('gs://bucket/in/'));
  return {cwd, emulator, control, env, put, run, runWith, records, inputs};
}

describe('request files in a bucket', () => {
  test('are run by address, stay where they are, and are paid once', async () => {
    const {cwd, control, run, records, inputs} = await bucket('in/1.jsonl', 'in/2.jsonl', 'in/10.jsonl');
    const first = await run('run', ALL, '--results-dir', 'out');
    expect([first.code, first.stdout]).toEqual([0, expect.stringContaining('Rows: 6 ok')]);
    expect(first.stderr).toContain('the cost is unknown, because the lines are not read');
    expect(await readdir(join(cwd, 'out'))).toEqual(['1.jsonl', '10.jsonl', '2.jsonl']);
    const again = await run('run', ALL, 'gs://bucket/in/', '--results-dir', 'out');
    expect(again.code).toBe(0);
    expect(control.paid()).toHaveLength(3);
    expect(inputs()).toHaveLength(3);
    for (const record of await records()) {
      const {input_file: address, uploaded_file_name: upload, object, size_bytes: sizeBytes = 0} = record;
      expect(upload).toBe(address);
      if (object === undefined) throw new Error('It does not say which object it is.');
      expect(record.sha256).toBe(objectFingerprint({address, sizeBytes, ...object}));
    }
    // The data never came here: each job's results did.
    expect(control.counts()['files.download']).toBe(3);
  });

  test('leave their results in the bucket, unless a folder is named for them', async () => {
    const {cwd, control, run, records} = await bucket('in/1.jsonl');
    const ran = await run('run', ALL, '--json');
    expect([ran.code, ran.json()]).toMatchObject([0, {poll: {done: 1, left: 1}}]);
    const [record] = await records();
    expect(record?.results_left).toBe(`gs://bucket/work/results/${record?.attempt}/`);
    expect(await readdir(cwd)).not.toContain('results');
    expect(control.counts()['files.download']).toBeUndefined();
    const polled = await run('poll', '--results-dir', 'out');
    expect([polled.code, await readdir(join(cwd, 'out'))]).toEqual([0, ['1.jsonl']]);
  });

  test.each([
    ['left in the bucket', []],
    ['fetched', ['--results-dir', 'out']],
  ])('whose results are gone there, once %s, are paid for again when a person agrees', async (_, fetched) => {
    const {cwd, control, emulator, run, runWith, records} = await bucket('in/1.jsonl');
    expect((await run('run', ALL, ...fetched)).code).toBe(0);
    await rm(join(cwd, 'out'), {recursive: true, force: true});
    const isResult = (address: string): boolean => address.startsWith('gs://bucket/work/results/');
    const results = control.objects().filter(isResult);
    await Promise.all(results.map((address) => deleteObject(emulator, address)));
    const polled = await runWith({GEMBATCH_TEST_SPEED: '600'}, 'poll', '--results-dir', 'out');
    const advice = 'To pay for the work again: gembatch retry --lost gs://bucket/in/1.jsonl';
    for (const {stdout, stderr} of [
      polled,
      await runWith({}, 'show', 'gs://bucket/in/1.jsonl'),
      await run('results'),
      await run('retry'),
    ])
      expect(stdout + stderr).toContain(advice);

    for (let times = 0; times < 2; times += 1) {
      await run('retry', '--lost', 'gs://bucket/in/1.jsonl', '--yes');
      expect(control.paid()).toHaveLength(2);
      expect((await run('poll', '--results-dir', 'out')).code).toBe(0);
    }
    expect(await readdir(join(cwd, 'out'))).toEqual(['1.jsonl']);
    const [first, second] = await records();
    expect(second).toMatchObject({retry_of: first?.batch.name, sha256: first?.sha256});
  });

  test('that have changed are not sent, read or unread', async () => {
    const {control, run, put} = await bucket('in/1.jsonl', 'in/2.jsonl');
    const checked = await run('submit', ALL, '--check', '--json');
    expect(checked.json()).toMatchObject({
      files: [{outcome: 'submitted', count: 2, estimate_usd: {high: expect.any(Number)}}, {count: 2}],
      summary: {requests: 4},
      estimate: null,
    });
    await put('in/2.jsonl', requestLines(3, 'other'));
    const unread = await run('submit', ALL, '--json');
    expect([unread.code, unread.json()]).toMatchObject([
      3,
      {
        files: [
          {outcome: 'skipped', changed: false},
          {outcome: 'changed', error: {code: 'FILE_CHANGED'}},
        ],
      },
    ]);
    expect(control.paid()).toHaveLength(2);
    const sent = await run('submit', 'gs://bucket/in/2.jsonl', '--if-changed', 'submit', '--json');
    expect(sent.json()).toMatchObject({
      files: [{outcome: 'submitted', count: null}],
      summary: {requests: null},
    });
    expect(control.paid()).toHaveLength(3);
  });

  test('are the same work under another name, and when they are written again as they were', async () => {
    const {control, run, put} = await bucket('in/1.jsonl');
    await put('in/2.jsonl', requestLines(2, 'in/1.jsonl'));
    const first = await run('submit', ALL, '--concurrency', '1', '--json');
    expect(first.json()).toMatchObject({
      files: [{outcome: 'submitted'}, {outcome: 'skipped', reason: 'same_content'}],
    });
    await put('in/1.jsonl', requestLines(2, 'in/1.jsonl'));
    const again = await run('submit', ALL, '--json');
    expect(again.json()).toMatchObject({
      files: [{outcome: 'skipped', changed: false}, {reason: 'same_content'}],
    });
    expect(control.paid()).toHaveLength(1);
  });

  test('are checked before anything is sent, where that is asked for', async () => {
    const {control, run, put} = await bucket('in/1.jsonl');
    await put('in/2.jsonl', `${requestLines(1)}{"key":"x","request":{"contents":[]`);
    await put('in/3.jsonl', '');
    const result = await run('submit', ALL, 'gs://bucket/none/', '--check', '--dry-run', '--json');
    expect(result.json()).toMatchObject({
      files: [
        {outcome: 'would_submit', count: 2},
        {outcome: 'failed', error: {code: 'FILE_INVALID', line: 2}},
        {outcome: 'failed', error: {code: 'FILE_EMPTY'}},
        {outcome: 'failed', error: {code: 'FILE_MISSING'}},
      ],
      estimate: {total: {requests: 2, cost_usd: {high: expect.any(Number)}}},
    });
    expect((await run('submit', ALL, '--check', '--no-validate')).code).toBe(2);
    const capped = await run('submit', ALL, '--max-cost', '1');
    expect([capped.code, capped.stdout]).toEqual([12, expect.stringContaining('--check')]);
    expect((await run('submit', 'gs://bucket/in/1.jsonl', '--max-cost', '1', '--check')).code).toBe(0);
    expect(control.paid()).toHaveLength(1);
  });

  test('move no work to Vertex AI by themselves', async () => {
    const {control, cwd, env} = await bucket('in/1.jsonl');
    for (const command of ['submit', 'run']) {
      const result = await runCli([command, ALL], {cwd, env});
      expect([result.code, result.stderr]).toEqual([2, expect.stringContaining('--vertex --bucket')]);
    }
    expect(control.paid()).toEqual([]);
  });

  test('are known again when the job-info file is lost', async () => {
    const {control, run, cwd, records, inputs} = await bucket('in/1.jsonl');
    expect((await run('submit', ALL)).code).toBe(0);
    const before = await records();
    await rm(join(cwd, 'job-info.jsonl'));
    const again = await run('submit', ALL, '--json');
    expect(again.json()).toMatchObject({files: [{outcome: 'skipped', reason: 'adopted'}]});
    const [record] = await records();
    expect(record).toMatchObject({
      input_file: 'gs://bucket/in/1.jsonl',
      uploaded_file_name: 'gs://bucket/in/1.jsonl',
      sha256: before[0]?.sha256,
      object: before[0]?.object,
    });
    expect([control.paid(), inputs()]).toMatchObject([{length: 1}, {length: 1}]);
  });

  test.each([
    ['is refused', {kind: 'status', status: 400}, {outcome: 'failed'}, 0],
    ['has no answer and made a job', {kind: 'reset_after'}, {outcome: 'submitted'}, 1],
    ['has no answer and made none', {kind: 'reset_before'}, {outcome: 'failed'}, 0],
  ] as const)('stay where they are when a create %s', async (_, fault, outcome, paid) => {
    const {control, run, inputs} = await bucket('in/1.jsonl');
    control.fault({on: 'batches.create', fault});
    const result = await run('submit', ALL, '--json', '--create-grace', '5s');
    expect(result.json()).toMatchObject({files: [outcome]});
    expect([control.paid(), inputs()]).toMatchObject([{length: paid}, {length: 1}]);
  });

  test('are joined with their answers, as long as they are what was submitted', async () => {
    const {cwd, run, put} = await bucket('in/1.jsonl', 'in/2.jsonl');
    expect((await run('run', ALL, '--results-dir', 'out')).code).toBe(0);
    const joined = await run('results', '--join', 'answers.csv', '--json');
    expect([joined.code, joined.json()]).toMatchObject([0, {joined: {rows: 4, ok: 4}}]);
    expect(await readFile(join(cwd, 'answers.csv'), 'utf8')).toContain('r2');
    await put('in/2.jsonl', requestLines(3, 'other'));
    const failed = await run('results', '--failed', '--json');
    expect([failed.code, failed.stderr]).toEqual([
      3,
      expect.stringContaining('has changed since it was submitted'),
    ]);
  });

  test('whose rows failed are read again for them, and merged', async () => {
    const {cwd, control, run, put, records, inputs} = await bucket();
    await put('in/1.jsonl', requestLines(4));
    control.outcome({rows: [{fault: 'error', keys: ['r2']}]});
    expect((await run('run', ALL, '--results-dir', 'out')).code).toBe(3);
    control.outcome({rows: []});
    const retried = await run('retry', '--json');
    expect(retried.json()).toMatchObject({
      jobs: [{requests: 1, request_file: expect.stringMatching(/^retries\/1\./u)}],
    });
    const polled = await run('poll', '--results-dir', 'out');
    expect([polled.code, polled.stdout]).toEqual([0, expect.stringContaining('Rows: 4 ok')]);
    const text = await readFile(join(cwd, (await records())[1]?.input_file ?? ''), 'utf8');
    expect(text).toBe(`${requestLines(4).split('\n')[1]}\n`);
    expect([control.paid(), inputs()]).toMatchObject([{length: 2}, {length: 1}]);
  });

  test('whose job failed are submitted again as they are, unless they have changed', async () => {
    const {control, run, put, records, inputs} = await bucket('in/1.jsonl');
    control.outcome({state: 'FAILED'});
    await run('run', ALL);
    expect((await run('retry', '--json')).json()).toMatchObject({
      jobs: [{requests: null, request_files: ['gs://bucket/in/1.jsonl']}],
      submissions: [{files: [{outcome: 'submitted'}]}],
    });
    expect((await records())[1]).toMatchObject({retry_of: (await records())[0]?.batch.name, object: {}});
    await run('poll');
    await put('in/1.jsonl', requestLines(5, 'other'));
    const changed = await run('retry', '--json');
    expect([changed.code, changed.json()]).toMatchObject([1, {jobs: [{error: {code: 'FILE_CHANGED'}}]}]);
    expect(control.paid()).toHaveLength(2);
    expect(inputs()).toHaveLength(1);
  });

  test('that have changed by the time their job is over are warned of', async () => {
    const {run, put} = await bucket('in/1.jsonl', 'in/2.jsonl');
    await run('submit', ALL);
    await put('in/2.jsonl', requestLines(3, 'other'));
    const polled = await run('poll');
    expect(polled.stderr.match(/which content the job has read is not known/gu)).toHaveLength(1);
    expect(polled.stderr).toContain('gs://bucket/in/2.jsonl: The object has another content since');
  });

  test('are adopted with the job that reads them, by an address of any length', async () => {
    const name = `in/${'long/'.repeat(30)}1.jsonl`;
    const {cwd, control, run, records} = await bucket(name);
    expect((await run('submit', 'gs://bucket/in/**')).code).toBe(0);
    const [before] = await records();
    await rm(join(cwd, 'job-info.jsonl'));
    const adopted = await run('adopt', '--all-mine', '--json');
    expect(adopted.json()).toMatchObject({jobs: [{file: `gs://bucket/${name}`, request_file: 'matched'}]});
    expect((await records())[0]).toMatchObject({
      uploaded_file_name: `gs://bucket/${name}`,
      sha256: before?.sha256,
      object: before?.object,
    });
    await rm(join(cwd, 'job-info.jsonl'));
    const again = await run('submit', 'gs://bucket/in/**', '--json');
    expect(again.json()).toMatchObject({files: [{outcome: 'skipped', reason: 'adopted'}]});
    expect(control.paid()).toHaveLength(1);
  });

  test.each([
    ['project', {GOOGLE_CLOUD_PROJECT: 'other-project'}],
    ['location', {GOOGLE_CLOUD_LOCATION: 'us-central1'}],
  ] as const)('are not paid again when the list of another %s lacks their job', async (_, more) => {
    const {control, run, runWith} = await bucket('in/1.jsonl');
    control.fault({on: 'batches.create', fault: {kind: 'reset_after'}});
    control.fault({on: 'batches.list', skip: 1, times: null, fault: {kind: 'status', status: 400}});
    expect((await run('submit', ALL)).code).toBe(8);
    control.clearFaults();
    const elsewhere = await runWith(more, 'submit', ALL, '--create-grace', '5s');
    expect([elsewhere.code, elsewhere.stdout]).toEqual([
      8,
      expect.stringContaining('GOOGLE_CLOUD_PROJECT=my-project GOOGLE_CLOUD_LOCATION=global'),
    ]);
    expect((await run('submit', ALL)).code).toBe(0);
    expect(control.paid()).toHaveLength(1);
  });

  test('have results under a name that a file here can have, in the folder that is named', async () => {
    const long = 'l'.repeat(300);
    const {cwd, control, run} = await bucket(
      'in/..',
      `in/${long}.jsonl`,
      'retries/3.jsonl',
      'in/one\ntwo.jsonl',
    );
    const ran = await run('run', 'gs://bucket/in/..', 'gs://bucket/**', '--results-dir', 'out/put');
    expect([ran.code, ran.stdout]).toEqual([
      3,
      expect.stringContaining('two.jsonl" is not a Cloud Storage address'),
    ]);
    expect(await readdir(join(cwd, 'out'))).toEqual(['put']);
    expect((await readdir(join(cwd, 'out/put'))).toSorted((a, b) => a.length - b.length)).toEqual([
      '3.jsonl',
      expect.stringMatching(/^\d+\.jsonl$/u),
      expect.stringMatching(/^[0-9a-f]{8}-l{144}\.jsonl$/u),
    ]);
    expect(control.paid()).toHaveLength(3);
  });

  test('in a folder that is named like one of ours leave the results of a new job as those of others', async () => {
    const {cwd, control, run, records} = await bucket('retries/1.jsonl');
    control.outcome({state: 'FAILED'});
    await run('run', 'gs://bucket/retries/');
    control.clearOutcomes();
    await run('retry');
    const polled = await run('poll');
    expect([polled.code, polled.stdout]).toEqual([0, expect.stringContaining('Cost: unknown')]);
    expect((await records())[1]?.results_left).toBeDefined();
    expect(await readdir(cwd)).not.toContain('results');
    // A result that stands in its place is looked for, too.
    await rm(join(cwd, 'job-info.jsonl'));
    await mkdir(join(cwd, 'out'));
    await writeFile(join(cwd, 'out/1.jsonl'), '{}\n');
    const again = await run('submit', 'gs://bucket/retries/', '--results-dir', 'out', '--json');
    expect(again.json()).toMatchObject({files: [{outcome: 'failed', error: {code: 'RESULT_EXISTS'}}]});
    expect(control.paid()).toHaveLength(2);
  });

  test('are sent although those of another bucket may not be listed', async () => {
    const {control, run} = await bucket('in/1.jsonl');
    const body = {error: {code: 403, message: 'No access.', status: 'PERMISSION_DENIED'}};
    control.fault({on: 'files.list', fault: {kind: 'status', status: 403, body}});
    const result = await run('submit', 'gs://bucket/theirs/*.jsonl', 'gs://bucket/in/1.jsonl', '--json');
    expect([result.code, result.json()]).toMatchObject([
      3,
      {files: [{outcome: 'failed', file: 'gs://bucket/theirs/*.jsonl'}, {outcome: 'submitted'}]},
    ]);
    expect(control.paid()).toHaveLength(1);
  });

  test('are found by a pattern only if they are named as request files are', async () => {
    const {control, run} = await bucket('in/1.jsonl', 'in/notes.txt');
    const all = await run('submit', 'gs://bucket/in/*', '--json');
    expect([all.code, all.json()]).toMatchObject([
      3,
      {files: [{outcome: 'submitted'}, {outcome: 'failed', error: {code: 'FILE_INVALID'}}]},
    ]);
    expect(control.paid()).toHaveLength(1);
    expect((await run('submit', 'gs://bucket/in/notes.txt')).code).toBe(0);
    expect(control.paid()).toHaveLength(2);
  });

  test('with the content of one that has a job are not paid again under another name', async () => {
    const {control, run, put} = await bucket();
    await put('in/1.jsonl', requestLines(2));
    expect((await run('submit', ALL)).code).toBe(0);
    await put('in/2.jsonl', requestLines(2));
    const copied = await run('submit', ALL, '--json');
    expect(copied.json()).toMatchObject({
      files: [
        {outcome: 'skipped', reason: 'same_file'},
        {outcome: 'skipped', reason: 'same_content'},
      ],
    });
    expect(control.paid()).toHaveLength(1);
  });

  test('that had changed when their job was adopted are not read for rows that failed', async () => {
    const {cwd, control, run, put} = await bucket('in/1.jsonl');
    control.outcome({rows: [{fault: 'error', keys: ['r2']}]});
    await run('submit', ALL, '--results-dir', 'out');
    await put('in/1.jsonl', requestLines(2, 'other'));
    await rm(join(cwd, 'job-info.jsonl'));
    expect((await run('adopt', '--all-mine')).stdout).toContain('has changed since');
    await run('poll', '--results-dir', 'out');
    control.clearOutcomes();
    const retried = await run('retry', '--json');
    expect([retried.code, retried.json()]).toMatchObject([1, {jobs: [{error: {code: 'FILE_CHANGED'}}]}]);
    expect(control.paid()).toHaveLength(1);
  });

  test('and places for results are never taken for paths', async () => {
    const {cwd, control, run} = await bucket('in/1.jsonl');
    await run('run', ALL);
    for (const args of [['run', ALL], ['poll']])
      expect((await run(...args, '--results-dir', 'gs:/bucket/out')).code).toBe(2);
    const adopted = await run('adopt', '--done', 'gs://bucket/in/9.jsonl');
    expect(adopted.stdout).toContain('gs://bucket/in/9.jsonl');
    expect(adopted.stdout).not.toContain('gs:/bucket');
    expect(await readdir(cwd)).not.toContain('gs:');
    expect(control.paid()).toHaveLength(1);
  });
});
