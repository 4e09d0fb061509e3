import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {EXIT} from '../../src/lib/domain/errors.js';
import {requestFiles} from '../helpers/request-files.js';
import {runCli} from '../helpers/run-cli.js';
import {records, startSubmit, submit, tally} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator} from '../helpers/use-emulator.js';

test('five bad files among ten fail, each with its reason; the good ones go on', async () => {
  const folder = await tempDir();
  const {env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 5);
  await writeFile(
    join(folder, 'a-broken.jsonl'),
    '{"key":"1","request":{"contents":[{"parts":[{"text":"hi"}]}]}}\n{"key":"2",\n',
  );
  await writeFile(join(folder, 'b-empty.jsonl'), '\n \n');
  await mkdir(join(folder, 'c-folder.jsonl'));
  await writeFile(
    join(folder, 'd-openai.jsonl'),
    '{"custom_id":"1","method":"POST","url":"/v1","body":{}}\n',
  );

  const {code, result} = await submit(
    {folder, env},
    '0*.jsonl',
    'a-broken.jsonl',
    'b-empty.jsonl',
    'c-folder.jsonl',
    'd-openai.jsonl',
    'e-missing.jsonl',
  );
  expect(code).toBe(EXIT.partial);
  expect(tally(result)).toEqual({submitted: 5, failed: 5});
  expect(result.files.slice(5).map(({error}) => error?.code)).toEqual([
    'FILE_INVALID',
    'FILE_EMPTY',
    'FILE_IS_FOLDER',
    'FILE_INVALID',
    'FILE_MISSING',
  ]);
  expect(result.files[5]?.error).toMatchObject({line: 2, column: 12});
  expect(result.files[7]?.error?.message).toBe('c-folder.jsonl has no request files (*.jsonl) in it.');
  expect(await records(folder)).toHaveLength(5);
});

test('without a key the command ends at once, with an exit code of its own', async () => {
  const folder = await tempDir();
  const {emulator} = await useEmulator({speed: 0, seed: 1});
  const ended = await runCli(['submit', 'x.jsonl'], {
    cwd: folder,
    env: {GOOGLE_GEMINI_BASE_URL: emulator.url},
  });
  expect(ended.code).toBe(EXIT.credentials);
  expect(ended.stderr).toContain('export GEMINI_API_KEY=');
  expect(emulator.control.requests()).toHaveLength(0);
});

test('a key that the service refuses ends the run before anything is uploaded', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 3);
  const ended = await runCli(['submit', '0*.jsonl', '--json'], {
    cwd: folder,
    env: {...env, GEMINI_API_KEY: 'invalid-key'},
  });
  expect(ended.code).toBe(EXIT.credentials);
  expect(ended.json()).toMatchObject({error: {code: 'KEY_REFUSED', exit_code: EXIT.credentials}});
  expect(ended.stdout + ended.stderr).not.toContain('invalid-key');
  expect(emulator.control.counts()).toEqual({'models.get': 1});
});

test('a key that is refused in the middle stops the run', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 6);
  emulator.control.fault({
    on: 'batches.create',
    skip: 1,
    fault: {
      kind: 'status',
      status: 401,
      body: {error: {code: 401, status: 'UNAUTHENTICATED', message: 'no'}},
    },
  });
  const {code, result} = await submit({folder, env}, '0*.jsonl', '--concurrency', '1');
  expect(code).toBe(EXIT.credentials);
  expect(tally(result)).toEqual({submitted: 1, failed: 1, not_started: 4});
  expect(emulator.control.files()).toHaveLength(1);
});

test('a default model that is retired ends the run with the models there are and the option to add', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1);
  const ended = await runCli(['submit', '001.jsonl'], {cwd: folder, env});
  expect(ended.code).toBe(EXIT.model);
  expect(ended.stderr).toContain(
    '--model gemini-3.5-flash-lite ($0.15 for a million input tokens, $1.25 for a million output tokens)',
  );
  expect(ended.stderr).toMatch(/Models that take batch jobs: .*gemini-2\.5-flash-lite\b/u);
  expect(emulator.control.counts()['upload.start']).toBeUndefined();
});

test.each([
  ['imagen-4.0-generate-001', 'does not take batch jobs'],
  ['embedding-of-nobody', 'Models that take batch jobs: gemini-embedding-001, gemini-embedding-2'],
])('the model %s ends the run: %s', async (model, reason) => {
  const folder = await tempDir();
  // The file, which is wrong for these models, is checked before the answer comes.
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  emulator.control.fault({on: 'models.get', fault: {kind: 'latency', ms: 1_500}, times: null});
  await requestFiles(folder, 1);
  const ended = await runCli(['submit', '001.jsonl', '--model', model], {
    cwd: folder,
    env,
  });
  expect(ended.code).toBe(EXIT.model);
  expect(ended.stderr).toContain(reason);
});

test('refusals for quota are waited out on the file that is already uploaded', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 3);
  emulator.control.fault({on: 'batches.create', times: 4, fault: {kind: 'quota', retry_delay_seconds: 20}});
  const {code, result, stderr} = await submit({folder, env, speed: 200}, '0*.jsonl');
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(tally(result)).toEqual({submitted: 3});
  expect(emulator.control.counts()).toMatchObject({'upload.start': 3, 'batches.create': 7});
  expect(emulator.control.paid()).toHaveLength(3);
});

test('one line says that all that is left waits for quota, until when, and why', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({seed: 1});
  await requestFiles(folder, 3);
  emulator.control.fault({on: 'batches.create', times: 3, fault: {kind: 'quota'}});
  const {code, stderr} = await startSubmit({folder, env, speed: 60}, '0*.jsonl', '-c', '2').ended;
  expect(code).toBe(0);
  expect(stderr).toMatch(
    /^3 files waiting for quota until [0-9:]{8} at most, trying again at [0-9:]{8}: .*You exceeded/mu,
  );
  expect(stderr).not.toContain('again in');
});

test('when the quota does not come back in time the uploads are deleted and the rest is not begun', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 8);
  emulator.control.fault({on: 'batches.create', times: null, fault: {kind: 'quota'}});
  const {code, result} = await submit({folder, env, speed: 10}, '0*.jsonl', '-c', '4', '--quota-wait', '30s');
  expect(code).toBe(EXIT.quota);
  expect(tally(result)).toEqual({failed: 7, not_started: 1});
  expect(emulator.control.files()).toEqual([]);
  expect(await records(folder)).toEqual([]);
});

test('--quota-wait 0 gives each file one try', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 3);
  emulator.control.fault({on: 'batches.create', times: 1, match: '001.jsonl', fault: {kind: 'quota'}});
  const {code, result} = await submit({folder, env}, '0*.jsonl', '--quota-wait', '0');
  expect(code).toBe(EXIT.partial);
  expect(result.files.map(({outcome}) => outcome)).toEqual(['failed', 'submitted', 'submitted']);
  expect(result.files[0]?.error?.code).toBe('QUOTA');
});

test('a create that is refused deletes the upload, and a failed deletion is reported', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 2);
  emulator.control.fault({
    on: 'batches.create',
    times: null,
    fault: {
      kind: 'status',
      status: 400,
      body: {error: {code: 400, status: 'INVALID_ARGUMENT', message: 'Not like this.'}},
    },
  });
  emulator.control.fault({
    on: 'files.delete',
    times: 1,
    fault: {
      kind: 'status',
      status: 400,
      body: {error: {code: 400, status: 'INVALID_ARGUMENT', message: 'No.'}},
    },
  });
  const {code, result} = await submit({folder, env}, '0*.jsonl', '--concurrency', '1');
  expect(code).toBe(EXIT.failed);
  for (const {error} of result.files)
    expect(error).toMatchObject({code: 'REFUSED', message: expect.stringContaining('Not like this.')});
  expect(result.files.flatMap(({warnings = []}) => warnings)).toEqual([
    expect.stringContaining('could not be deleted'),
  ]);
  expect(emulator.control.files()).toHaveLength(1);
});

test('every upload that arrived as something else and could not be deleted is named', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1, behaviour: {has_wrong_hash: true}});
  await requestFiles(folder, 1);
  emulator.control.fault({on: 'files.delete', fault: {kind: 'status', status: 500}, times: null});
  const {code, result} = await submit({folder, env}, '001.jsonl');
  expect(code).toBe(EXIT.service);
  const warnings = result.files[0]?.warnings ?? [];
  expect(warnings).toHaveLength(3);
  for (const name of emulator.control.files())
    expect(warnings.join('\n')).toContain(`${name} could not be deleted`);
});

test('--allow takes one rule of the check back, and the refusal names it', async () => {
  const folder = await tempDir();
  const {env} = await useEmulator({speed: 0, seed: 1});
  const request = '{"contents":[{"parts":[{"text":"hi"}]}],"safetySetings":[]}';
  await writeFile(join(folder, 'a.jsonl'), `{"key":"1","request":${request}}\n`);
  const args = ['submit', 'a.jsonl', '--dry-run', '-m', 'gemini-2.5-flash'];

  const refused = await runCli(args, {cwd: folder, env});
  expect(refused.code).toBe(EXIT.usage);
  expect(refused.stdout).toContain('--allow unknown_field');
  expect((await submit({folder, env}, 'a.jsonl', '--dry-run')).result.files[0]?.error).toMatchObject({
    rule: 'unknown_field',
  });
  const allowed = await runCli([...args, '--allow', 'unknown_field'], {cwd: folder, env});
  expect(allowed.code).toBe(EXIT.ok);
  expect(allowed.stdout + allowed.stderr).toContain('"safetySetings" is no field of a request');
  const unknown = await runCli([...args, '--allow', 'everything'], {cwd: folder, env});
  expect(unknown.code).toBe(EXIT.usage);
  expect(unknown.stderr).toContain('unknown_field, unknown_value');
});

test('a table is called one, without an estimate of its lines as requests', async () => {
  const folder = await tempDir();
  const {env} = await useEmulator({speed: 0, seed: 1});
  await writeFile(join(folder, 'reviews.csv'), 'id,review\n1,good\n');
  const {code, stdout, stderr} = await runCli(['submit', 'reviews.csv'], {cwd: folder, env});
  expect(code).toBe(EXIT.usage);
  expect(stdout).toContain('gembatch prepare reviews.csv');
  expect(stdout + stderr).not.toContain('2 requests');
});
