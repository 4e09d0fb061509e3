import {copyFile, readdir, symlink, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {requestFiles} from '../helpers/request-files.js';
import {runCli} from '../helpers/run-cli.js';
import {MODEL, records, startSubmit, submit, tally} from '../helpers/submit.js';
import {tempDir} from '../helpers/temp-dir.js';
import {until} from '../helpers/until.js';
import {useEmulator} from '../helpers/use-emulator.js';

test('23 files become 23 recorded jobs; the same command again skips them all', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 23);

  const first = await submit({folder, env}, '*.jsonl');
  expect(first.code).toBe(0);
  expect(first.result.summary).toMatchObject({files: 23, submitted: 23, requests: 69, exit_code: 0});
  expect(emulator.control.paid()).toHaveLength(23);
  const jobs = await records(folder);
  expect(jobs).toHaveLength(23);
  for (const {batch, count, uploaded_file_name: file, sha256} of jobs) {
    const paid = emulator.control.paid().find(({name}) => name === batch.name);
    expect(paid).toMatchObject({input_file_name: file, request_count: count, sha256});
  }
  expect(await readdir(folder)).not.toContain('job-info.jsonl.journal');

  const second = await submit({folder, env}, '*.jsonl');
  expect(second.code).toBe(0);
  expect(tally(second.result)).toEqual({skipped: 24});
  expect(second.result.files.filter(({reason}) => reason === 'own_file').map(({file}) => file)).toEqual([
    'job-info.jsonl',
  ]);
  expect(emulator.control.paid()).toHaveLength(23);
});

test('--concurrency 1 sends one file after the other', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 4);
  await submit({folder, env}, '0*.jsonl', '--concurrency', '1');
  const operations = emulator.control.requests().map(({operation}) => operation);
  const ofOneFile = ['upload.start', 'upload.chunk', 'batches.create'];
  expect(operations).toEqual([
    'models.get',
    'batches.list',
    ...Array.from({length: 4}, () => ofOneFile).flat(),
  ]);
});

test('with more, uploads go on while batch jobs are created', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 3);
  emulator.control.fault({on: 'batches.create', times: null, fault: {kind: 'hang_before'}});
  startSubmit({folder, env}, '0*.jsonl', '--concurrency', '2');
  await until(() => emulator.control.counts()['batches.create'] === 3);
  expect(emulator.control.counts()['upload.start']).toBe(3);
});

test('the same content under another name is skipped, in one run and in the next', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1);
  await copyFile(join(folder, '001.jsonl'), join(folder, '002.jsonl'));
  const {files} = (await submit({folder, env}, '001.jsonl', '002.jsonl')).result;
  // Whichever is checked first.
  const submitted = files.find(({outcome}) => outcome === 'submitted')?.file;
  expect(files).toContainEqual(
    expect.objectContaining({outcome: 'skipped', reason: 'same_content', same_as: submitted}),
  );
  await copyFile(join(folder, '001.jsonl'), join(folder, '003.jsonl'));
  const second = await submit({folder, env}, '003.jsonl');
  expect(second.result.files[0]).toMatchObject({
    outcome: 'skipped',
    reason: 'same_content',
    same_as: submitted,
  });
  expect(emulator.control.paid()).toHaveLength(1);
});

test('spellings of one path are one file, also in the next run', async () => {
  const folder = await tempDir();
  const {env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1);
  await symlink('001.jsonl', join(folder, 'link.jsonl'));
  const first = await submit(
    {folder, env},
    '001.jsonl',
    './001.jsonl',
    join(folder, '001.jsonl'),
    'link.jsonl',
  );
  expect(tally(first.result)).toEqual({submitted: 1});
  const second = await submit({folder, env}, join(folder, 'link.jsonl'));
  expect(second.result.files[0]).toMatchObject({outcome: 'skipped', reason: 'same_file'});
});

test('--dry-run says what would be submitted, skipped and refused, and sends nothing', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 3);
  await submit({folder, env}, '001.jsonl');
  await writeFile(join(folder, '003.jsonl'), 'not JSON\n');
  const before = emulator.control.counts();

  const dry = await submit({folder, env}, '0*.jsonl', '--dry-run');
  expect(dry.code).toBe(3);
  expect(tally(dry.result)).toEqual({skipped: 1, would_submit: 1, failed: 1});
  expect(dry.result.summary).toMatchObject({requests: 3, bytes: expect.any(Number)});
  expect(dry.result.summary.bytes).toBeGreaterThan(0);
  const after = emulator.control.counts();
  expect(after['upload.start']).toBe(before['upload.start']);
  expect(after['batches.create']).toBe(before['batches.create']);
  expect(await records(folder)).toHaveLength(1);
});

test('--dry-run needs no API key and no network, and says what the files will cost', async () => {
  const folder = await tempDir();
  await requestFiles(folder, 2);
  await writeFile(join(folder, '002.jsonl'), 'not JSON\n');
  const args = ['submit', '001.jsonl', '002.jsonl', '--dry-run', '-m', 'gemini-3.5-flash-lite'];
  const env = {GEMINI_API_KEY: '', GOOGLE_API_KEY: '', GOOGLE_GEMINI_BASE_URL: 'http://127.0.0.1:9'};
  const {code, json} = await runCli([...args, '--json'], {cwd: folder, env});
  expect(code).toBe(3);
  expect(json()).toMatchObject({
    files: [{outcome: 'would_submit'}, {outcome: 'failed', error: {code: 'FILE_INVALID'}}],
    estimate: {files: [{file: '001.jsonl', method: 'offline'}]},
  });
  const {stdout} = await runCli(args, {cwd: folder, env});
  expect(stdout).toMatch(/1 file, \d requests?: about \$/);
});

test('a submitted file that is gone is skipped, not missing', async () => {
  const folder = await tempDir();
  const {env} = await useEmulator({speed: 0, seed: 1});
  await writeFile(
    join(folder, 'job-info.jsonl'),
    `${JSON.stringify({
      input_file: 'gone.jsonl',
      count: 2,
      uploaded_file_name: 'files/abc',
      batch: {
        name: 'batches/1',
        display_name: 'gone.jsonl',
        model: `models/${MODEL}`,
        state: 'JOB_STATE_RUNNING',
      },
    })}\n`,
  );
  const {result} = await submit({folder, env}, 'gone.jsonl');
  expect(result.files[0]).toMatchObject({outcome: 'skipped', changed: null, job: {name: 'batches/1'}});
});

test('records of the Python tool, current and 0.1.0, keep their files from being sent again', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 2);
  const lines = [
    '{"input_file": "001.jsonl", "count": 3, "uploaded_file_name": "files/a", "batch": {"name": "batches/a", "display_name": "001.jsonl", "model": "models/gemini-2.5-flash-lite", "state": "JOB_STATE_PENDING"}}',
    '{"input_file": "002.jsonl", "job_name": "batches/b", "uploaded_file_name": "files/b"}',
  ];
  await writeFile(join(folder, 'job-info.jsonl'), `${lines.join('\n')}\n`);
  const {result} = await submit({folder, env}, '0*.jsonl');
  expect(result.files.map(({outcome, job}) => [outcome, job?.name])).toEqual([
    ['skipped', 'batches/a'],
    ['skipped', 'batches/b'],
  ]);
  expect(emulator.control.paid()).toHaveLength(0);
});

test('many files at once are no reason for a warning of Node', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 12);
  emulator.control.fault({on: 'upload.chunk', fault: {kind: 'latency', ms: 500}, times: null});
  const {code, stderr} = await submit({folder, env}, '0*.jsonl', '--concurrency', '12');
  expect({code, stderr}).toEqual({code: 0, stderr: ''});
});

test('several files are worked on at once, as many as --concurrency says', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 12);
  emulator.control.fault({on: 'upload.start', fault: {kind: 'delay', ms: 50}, times: null});
  await submit({folder, env}, '0*.jsonl', '--concurrency', '3');
  expect(emulator.control.peak('upload.start')).toBe(3);
});

test('--webhook is passed to the service', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1);
  await submit({folder, env}, '001.jsonl', '--webhook', 'https://example.com/hook');
  const [job] = emulator.control.jobs();
  const reply = await fetch(`${emulator.url}/v1beta/${job}`, {headers: {'x-goog-api-key': 'any'}});
  expect(await reply.json()).toMatchObject({metadata: {webhookConfig: {uris: ['https://example.com/hook']}}});
});

test('the same content is known also where the service does not repeat the model', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1);
  await copyFile(join(folder, '001.jsonl'), join(folder, '002.jsonl'));
  emulator.control.fault({on: 'batches.create', fault: {kind: 'body_after', text: '{"name":"batches/zzz"}'}});
  await submit({folder, env}, '001.jsonl');
  const {result} = await submit({folder, env}, '002.jsonl');
  expect(result.files[0]).toMatchObject({outcome: 'skipped', reason: 'same_content'});
  expect(emulator.control.paid()).toHaveLength(1);
});

test('result files among the inputs are left out, also without checks', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  await requestFiles(folder, 1);
  await submit({folder, env}, '001.jsonl');
  emulator.control.advance(60_000);
  await runCli(['poll', '--once'], {cwd: folder, env});
  const {code, result} = await submit({folder, env}, 'results/*.jsonl', '--no-validate');
  expect([code, result.files[0]?.reason]).toEqual([0, 'own_file']);
  expect(emulator.control.paid()).toHaveLength(1);
});
