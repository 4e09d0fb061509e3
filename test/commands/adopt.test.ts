import {access, readFile, rm, symlink, writeFile} from 'node:fs/promises';
import {basename, join} from 'node:path';
import {expect, test} from '@jest/globals';
import type {AdoptResult} from '../../src/lib/workflows/adopt/adopt-jobs.js';
import {EXIT} from '../../src/lib/domain/errors.js';
import {schemaErrors} from '../helpers/json-schema.js';
import {requestFiles, requestLines} from '../helpers/request-files.js';
import {FAST_CLOCK, runCli, startCli, type CliResult} from '../helpers/run-cli.js';
import {MODEL, records, startSubmit, submit, tally} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {until} from '../helpers/until.js';
import {useEmulator} from '../helpers/use-emulator.js';

type Env = Readonly<Record<string, string>>;

async function adopt(cwd: string, env: Env, ...args: string[]): Promise<CliResult & {result: AdoptResult}> {
  const ended = await runCli(['adopt', ...args, '--json'], {cwd, env});
  expect(schemaErrors('adopt', ended.json())).toEqual([]);
  return {...ended, result: ended.json() as AdoptResult};
}

test('a lost job-info file is rebuilt, and nothing is submitted twice after that', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 3);
  await submit({folder, env}, '0*.jsonl');
  const before = await records(folder);
  await rm(join(folder, 'job-info.jsonl'));
  await writeFile(join(folder, '002.jsonl'), requestLines(3, 'something else'));
  await rm(join(folder, '003.jsonl'));

  const {code, result} = await adopt(folder, env, '--all-mine');
  expect(code).toBe(0);
  expect(Object.fromEntries(result.jobs.map((job) => [job.file, job.request_file]))).toEqual({
    '001.jsonl': 'matched',
    '002.jsonl': 'changed',
    '003.jsonl': 'missing',
  });
  const after = await records(folder);
  const first = before.find(({input_file: file}) => file === '001.jsonl');
  expect(after.find(({input_file: file}) => file === '001.jsonl')).toMatchObject({
    count: 3,
    sha256: first?.sha256,
    attempt: first?.attempt,
    uploaded_file_name: first?.uploaded_file_name,
  });
  expect((await adopt(folder, env, '--all-mine')).result.jobs.map(({outcome}) => outcome)).toEqual([
    'known',
    'known',
    'known',
  ]);
  const again = await submit({folder, env}, '001.jsonl', '002.jsonl', '003.jsonl');
  expect(tally(again.result)).toEqual({changed: 1, skipped: 2});
  expect(emulator.control.paid()).toHaveLength(3);
});

test('rows that failed are not taken from a file that had changed when its job was adopted', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({seed: 1, behaviour: {pending_ms: 0, running_ms: 0}});
  await requestFiles(folder, 1);
  emulator.control.outcome({rows: [{fault: 'error', keys: ['r2']}]});
  await submit({folder, env}, '001.jsonl');
  await rm(join(folder, 'job-info.jsonl'));
  await writeFile(join(folder, '001.jsonl'), requestLines(3, 'something else'));
  await adopt(folder, env, '--all-mine');
  const options = {cwd: folder, env: {...env, GEMBATCH_TEST_SPEED: '10'}, nodeArgs: FAST_CLOCK};
  expect((await runCli(['poll'], options)).code).toBe(EXIT.partial);
  const retried = await runCli(['retry', '--json'], options);
  expect(retried.json()).toMatchObject({jobs: [{error: {code: 'FILE_CHANGED'}}]});
  const {code, result} = await submit({folder, env}, '001.jsonl');
  expect([code, result.files]).toMatchObject([
    EXIT.failed,
    [{outcome: 'changed', changed: true, error: {code: 'FILE_CHANGED'}}],
  ]);
  expect(emulator.control.paid()).toHaveLength(1);
});

test('a job of another tool is adopted with the file that is named', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1);
  await submit({folder, env}, '001.jsonl');
  const [name = ''] = emulator.control.jobs();
  const elsewhere = await tempDir();
  await requestFiles(elsewhere, 1);
  const {code, result} = await adopt(elsewhere, env, name.replace('batches/', ''), '--file', './001.jsonl');
  expect(code).toBe(0);
  expect(result.jobs).toMatchObject([
    {job: name, outcome: 'adopted', file: '001.jsonl', request_file: 'matched'},
  ]);
  emulator.control.advance(60_000);
  expect((await runCli(['poll', '--once'], {cwd: elsewhere, env})).code).toBe(0);
});

test('a job that the service does not have is said so, the others are adopted', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1);
  await submit({folder, env}, '001.jsonl');
  await rm(join(folder, 'job-info.jsonl'));
  const [name = ''] = emulator.control.jobs();
  const {code, result} = await adopt(folder, env, 'batches/none', name);
  expect(code).toBe(EXIT.partial);
  expect(result.jobs.map(({outcome, error}) => [outcome, error?.code])).toEqual([
    ['failed', 'NOT_FOUND'],
    ['adopted', undefined],
  ]);
});

test('adopting one of two jobs that answer to a create closes it', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1);
  emulator.control.fault({on: 'batches.create', fault: {kind: 'reset_after'}});
  emulator.control.fault({on: 'batches.list', skip: 1, times: null, fault: {kind: 'status', status: 503}});
  await submit({folder, env, speed: 500}, '001.jsonl');
  emulator.control.clearFaults();
  const [job] = emulator.control.paid();
  // Another program has sent the very same create.
  await fetch(`${emulator.url}/v1beta/${job?.model}:batchGenerateContent?key=k`, {
    method: 'POST',
    body: JSON.stringify({
      batch: {displayName: job?.display_name, inputConfig: {fileName: job?.input_file_name}},
    }),
  });
  const unclear = await submit({folder, env}, '001.jsonl');
  expect(unclear.code).toBe(EXIT.unclear);
  expect(unclear.result.files[0]?.error?.message).toContain('several batch jobs');

  expect((await adopt(folder, env, job?.name ?? '')).code).toBe(0);
  const again = await submit({folder, env}, '001.jsonl');
  expect([again.code, tally(again.result)]).toEqual([0, {skipped: 1}]);
  expect(await records(folder)).toHaveLength(1);
});

// A wait is worth a word after a second.
test('a submission that runs is waited for, and named', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1);
  emulator.control.fault({on: 'batches.create', fault: {kind: 'hang_before'}});
  const holder = startSubmit({folder, env}, '001.jsonl');
  await until(() => emulator.control.counts()['batches.create'] === 1);
  const waiter = startCli(['adopt', '--all-mine'], {cwd: folder, env});
  await waiter.seen(`Waiting for gembatch submit (pid ${holder.process.pid},`);
  holder.process.kill('SIGKILL');
  expect((await waiter.ended).code).toBe(0);
});

test('it must be clear which jobs are meant', async () => {
  const folder = await tempDir();
  const {env} = await useEmulator({speed: 0, seed: 1});
  expect((await runCli(['adopt', '', '--all-mine'], {cwd: folder, env})).code).toBe(EXIT.usage);
  expect((await runCli(['adopt', ''], {cwd: folder, env})).code).toBe(EXIT.usage);
  expect((await runCli(['adopt', '--file', 'x'], {cwd: folder, env})).code).toBe(EXIT.usage);
  expect((await runCli(['adopt', 'a', 'b', '--file', 'x'], {cwd: folder, env})).code).toBe(EXIT.usage);
});

/** Creates a job as another program does. */
async function create(env: Env, batch: Readonly<Record<string, unknown>>): Promise<string> {
  const url = `${env['GOOGLE_GEMINI_BASE_URL']}/v1beta/models/${MODEL}:batchGenerateContent?key=k`;
  const answer = await fetch(url, {method: 'POST', body: JSON.stringify({batch})});
  return ((await answer.json()) as {name: string}).name;
}

test('without a name, the jobs that no record knows are listed and nothing is recorded', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 2);
  await submit({folder, env}, '0*.jsonl');
  const [first, second] = await records(folder);
  await writeFile(join(folder, 'job-info.jsonl'), `${JSON.stringify(first)}\n`);
  const {code, result} = await adopt(folder, env);
  expect([code, result.jobs]).toEqual([
    0,
    [expect.objectContaining({job: second?.batch.name, outcome: 'not_recorded'})],
  ]);
  expect(await records(folder)).toHaveLength(1);
  expect(emulator.control.paid()).toHaveLength(2);
  const listed = await runCli(['adopt'], {cwd: folder, env});
  expect(listed.stdout).toContain('1 job at the service is not recorded here');
});

test('a job whose requests were sent inline is refused with the reason', async () => {
  const folder = await tempDir();
  const {env} = await useEmulator({speed: 0, seed: 1});
  const request = {contents: [{role: 'user', parts: [{text: 'one'}]}]};
  const name = await create(env, {
    displayName: 'inline',
    inputConfig: {requests: {requests: [{request, metadata: {key: 'r1'}}]}},
  });
  const {code, result} = await adopt(folder, env, name);
  expect([code, result.jobs[0]?.error]).toEqual([
    EXIT.failed,
    expect.objectContaining({code: 'REFUSED', message: expect.stringContaining('inline')}),
  ]);
  expect(await records(folder)).toEqual([]);
});

test('two jobs of one display name are two records, and a name that no file can have stops no other', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1);
  await submit({folder, env}, '001.jsonl');
  const [job] = emulator.control.paid();
  const inputConfig = {fileName: job?.input_file_name};
  const copy = await create(env, {displayName: job?.display_name, inputConfig});
  await create(env, {displayName: `a\0/${'b'.repeat(300)}.jsonl #gb-0123456789ab-0123456789`, inputConfig});
  await rm(join(folder, 'job-info.jsonl'));
  const {code, result} = await adopt(folder, env, '--all-mine');
  expect([code, result.jobs.map(({outcome}) => outcome)]).toEqual([
    EXIT.partial,
    ['adopted', 'adopted', 'failed'],
  ]);
  expect((await records(folder)).map(({batch}) => batch.name).toSorted()).toEqual(
    [job?.name ?? '', copy].toSorted(),
  );
  await writeFile(join(folder, 'new.jsonl'), requestLines(2, 'new'));
  expect((await submit({folder, env}, 'new.jsonl')).code).toBe(0);
});

test('what is no name of a job is refused with advice about the command line, and stops no other', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1);
  await submit({folder, env}, '001.jsonl');
  const [job] = emulator.control.paid();
  await rm(join(folder, 'job-info.jsonl'));
  const {code, result} = await adopt(folder, env, 'a b', '../../x', job?.name ?? '');
  expect([code, result.jobs.map(({outcome}) => outcome)]).toEqual([
    EXIT.partial,
    ['failed', 'failed', 'adopted'],
  ]);
  expect(result.jobs[0]?.error?.suggestions).toEqual([expect.stringContaining('gembatch adopt lists them')]);
});

test('a display name that means the folder itself counts as none', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1);
  await submit({folder, env}, '001.jsonl');
  const inputConfig = {fileName: emulator.control.paid()[0]?.input_file_name};
  const name = await create(env, {displayName: '.', inputConfig});
  expect((await adopt(folder, env, name)).result.jobs).toMatchObject([{outcome: 'adopted', file: name}]);
});

test('a display name that leads out of the folder is refused, until a person names that file', async () => {
  const folder = await tempDir();
  const elsewhere = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1);
  await requestFiles(elsewhere, 1);
  await symlink(elsewhere, join(folder, 'link'));
  await submit({folder, env}, '001.jsonl');
  const [own] = emulator.control.paid();
  await rm(join(folder, 'job-info.jsonl'));
  const inputConfig = {fileName: own?.input_file_name};
  const marker = ' #gb-0123456789ab-012345678';
  const paths = [
    join(elsewhere, '001.jsonl'),
    `../${basename(elsewhere)}/001.jsonl`,
    `a/../../${basename(elsewhere)}/001.jsonl`,
    'link/001.jsonl',
    join(elsewhere, 'missing.jsonl'),
  ];
  for (const [index, path] of paths.entries()) {
    await create(env, {displayName: `${path}${marker}${index}`, inputConfig});
  }
  const absolute = await create(env, {displayName: paths[0], inputConfig});
  emulator.control.advance(60_000);

  const {code, result} = await adopt(folder, env, '--all-mine');
  expect(code).toBe(EXIT.partial);
  expect(result.jobs.map(({outcome, error}) => [outcome, error?.code])).toEqual([
    ['adopted', undefined],
    ...paths.map(() => ['failed', 'REFUSED']),
  ]);
  const named = await runCli(['adopt', absolute], {cwd: folder, env});
  expect([named.code, named.stdout]).toEqual([EXIT.failed, expect.stringContaining('outside of')]);
  expect(named.stdout).toContain(`adopt ${absolute} --file ${paths[0]}`);
  expect((await runCli(['poll', '--once'], {cwd: folder, env})).code).toBe(0);
  expect(await isThere(join(elsewhere, 'results'))).toBe(false);

  expect((await adopt(folder, env, absolute, '--file', paths[0] ?? '')).code).toBe(0);
  expect((await runCli(['poll', '--once'], {cwd: folder, env})).code).toBe(0);
  expect(await isThere(join(elsewhere, 'results/001.jsonl'))).toBe(true);
});

test('poll deletes nothing of an adopted job, unless it answers to a create of this job-info file', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 2);
  await submit({folder, env}, '001.jsonl');
  await rm(join(folder, 'job-info.jsonl'));
  const [lost = ''] = emulator.control.jobs();
  emulator.control.fault({on: 'batches.create', fault: {kind: 'reset_after'}});
  emulator.control.fault({on: 'batches.list', skip: 1, times: null, fault: {kind: 'status', status: 503}});
  await submit({folder, env, speed: 500}, '002.jsonl');
  emulator.control.clearFaults();
  const open = emulator.control.jobs().find((name) => name !== lost) ?? '';

  expect((await adopt(folder, env, lost, open)).code).toBe(0);
  emulator.control.advance(60_000);
  expect((await runCli(['poll', '--once'], {cwd: folder, env})).code).toBe(0);
  expect(emulator.control.jobs()).toEqual([lost]);
});

test('retries of a rebuilt job-info file are merged, and only those beside the request file', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1);
  emulator.control.outcome({match: '001.jsonl', rows: [{fault: 'error', keys: ['r2']}]});
  await submit({folder, env}, '001.jsonl');
  emulator.control.advance(60_000);
  await runCli(['poll', '--once', '--keep-remote'], {cwd: folder, env});
  emulator.control.clearOutcomes();
  await runCli(['retry'], {cwd: folder, env});
  const [first, retry] = await records(folder);
  const sent = emulator.control.paid()[1];
  await create(env, {
    displayName: `other/${retry?.input_file} #gb-0123456789ab-0123456789`,
    inputConfig: {fileName: sent?.input_file_name},
  });
  await rm(join(folder, 'job-info.jsonl'));
  await rm(join(folder, 'results'), {recursive: true});

  expect((await adopt(folder, env, '--all-mine')).code).toBe(0);
  expect((await records(folder)).map(({retry_of: parent}) => parent)).toEqual([
    undefined,
    first?.batch.name,
    undefined,
  ]);
  emulator.control.advance(60_000);
  expect((await runCli(['poll', '--once'], {cwd: folder, env})).code).toBe(0);
  const [merged] = await records(folder);
  expect(merged?.results?.rows).toMatchObject({ok: 3, error: 0});
});

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

test('parts of a rebuilt job-info file are parts again, and joined', async () => {
  const folder = await tempDir();
  const {env} = await useEmulator({speed: 60, seed: 1, behaviour: {pending_ms: 5_000, running_ms: 5_000}});
  const options = {cwd: folder, env: {...env, GEMBATCH_TEST_SPEED: '60'}, nodeArgs: FAST_CLOCK};
  await writeFile(join(folder, 'big.jsonl'), requestLines(4));
  const args = ['big.jsonl', '--model', MODEL, '--max-requests', '2', '--interval', '5s', '--keep-remote'];
  expect((await runCli(['run', ...args], options)).code).toBe(0);
  for (const gone of ['job-info.jsonl', 'results', 'parts/results'])
    await rm(join(folder, gone), {recursive: true});
  const adopted = (await runCli(['adopt', '--all-mine', '--json'], options)).json() as AdoptResult;
  expect(schemaErrors('adopt', adopted)).toEqual([]);
  expect(adopted.jobs.map(({part_of: part}) => [part?.input_file, part?.of])).toEqual([
    ['big.jsonl', 2],
    ['big.jsonl', 2],
  ]);
  expect((await runCli(['poll'], options)).code).toBe(0);
  const rows = await readFile(join(folder, 'results/big.jsonl'), 'utf8');
  expect(rows.trim().split('\n')).toHaveLength(4);
});
