import {createHash} from 'node:crypto';
import {readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import type {Emulator} from '../../../../src/emulator/http/server.js';
import {jobDisplayName} from '../../../../src/lib/domain/job/display-name.js';
import {GeminiBatchClient} from '../../../../src/lib/services/gemini/gemini-batch-client.js';
import {JobStore} from '../../../../src/lib/store/job-store.js';
import {systemClock} from '../../../../src/lib/system-clock.js';
import {adoptOwnJob, OwnJobs, type Work} from '../../../../src/lib/workflows/reconcile/own-jobs.js';
import {requestFiles, requestLines} from '../../../helpers/request-files.js';
import {runCli} from '../../../helpers/run-cli.js';
import {MODEL, records, submit} from '../../../helpers/submit.js';
import {tempDir} from '../../../helpers/temp-dir.js';
import {useEmulator} from '../../../helpers/use-emulator.js';

interface Lost {
  readonly folder: string;
  readonly emulator: Emulator;
  readonly env: Readonly<Record<string, string>>;
  readonly work: Work;
  readonly jobs: OwnJobs;
  readonly store: JobStore;
}

/** One request file that was submitted, and whose job-info file is lost. */
async function lostJobInfo(): Promise<Lost> {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  const [path = ''] = await requestFiles(folder, 1);
  await submit({folder, env}, '001.jsonl');
  await rm(join(folder, 'job-info.jsonl'));
  const {jobs, store} = lookIn(folder, emulator);
  return {folder, emulator, env, jobs, store, work: await workOf(path)};
}

function lookIn(folder: string, emulator: Emulator): {jobs: OwnJobs; store: JobStore} {
  const client = new GeminiBatchClient({
    apiKey: 'k',
    clock: systemClock,
    baseUrl: emulator.url,
    retryMs: 0,
  });
  const store = JobStore.open(join(folder, 'job-info.jsonl'), {command: 'test', clock: systemClock});
  return {jobs: new OwnJobs({store, client, isRecorded: () => false}), store};
}

async function workOf(path: string): Promise<Work> {
  const bytes = await readFile(path);
  return {
    inputFile: '001.jsonl',
    sha256: createHash('sha256').update(bytes).digest('hex'),
    sizeBytes: bytes.length,
    count: 3,
    model: `models/${MODEL}`,
  };
}

/** Creates a job as another run of gembatch would. */
async function createAgain({emulator, work}: Lost, attempt: string, uploaded?: string): Promise<string> {
  const [first] = emulator.control.paid();
  const response = await fetch(`${emulator.url}/v1beta/${work.model}:batchGenerateContent?key=k`, {
    method: 'POST',
    body: JSON.stringify({
      batch: {
        displayName: jobDisplayName(work.inputFile, work.sha256, attempt),
        inputConfig: {fileName: uploaded ?? first?.input_file_name},
      },
    }),
  });
  return ((await response.json()) as {name: string}).name;
}

test('an open job for the same file, content and model is found', async () => {
  const {jobs, work, emulator} = await lostJobInfo();
  const found = await jobs.find(work);
  expect(found).toMatchObject({batch: {name: emulator.control.jobs()[0]}, others: [], retries: []});
  // The submission has read it once before.
  expect(emulator.control.counts()['batches.list']).toBe(2);
});

test('the list is read once for many files', async () => {
  const {jobs, work, emulator} = await lostJobInfo();
  await Promise.all(['002.jsonl', '003.jsonl'].map((inputFile) => jobs.find({...work, inputFile})));
  await jobs.find(work);
  expect(emulator.control.counts()['batches.list']).toBe(2);
});

test('another file, content or model is other work', async () => {
  const {jobs, work} = await lostJobInfo();
  const head = work.sha256.slice(0, 12);
  for (const other of [
    {inputFile: '002.jsonl'},
    {sha256: 'f'.repeat(64)},
    {sha256: head + 'f'.repeat(52)},
    {model: 'models/gemini-2.5-flash'},
  ]) {
    expect(await jobs.find({...work, ...other})).toBeUndefined();
  }
});

test('an alias of the model is the same work, one of another family is not', async () => {
  const {jobs, work} = await lostJobInfo();
  expect(await jobs.find({...work, model: 'models/gemini-flash-lite-latest'})).toBeDefined();
  expect(await jobs.find({...work, model: 'models/gemini-flash-latest'})).toBeUndefined();
});

test('where the upload is gone, the number of requests decides', async () => {
  const {jobs, work, emulator} = await lostJobInfo();
  await fetch(`${emulator.url}/v1beta/${emulator.control.files()[0]}?key=k`, {method: 'DELETE'});
  expect(await jobs.find({...work, count: 4})).toBeUndefined();
  expect(await jobs.find(work)).toBeDefined();
});

test('a job that failed is not adopted, one that succeeded is', async () => {
  const lost = await lostJobInfo();
  lost.emulator.control.advance(60_000);
  expect(await lost.jobs.find(lost.work)).toBeDefined();
  lost.emulator.control.outcome({state: 'FAILED'});
  const folder = await tempDir();
  await requestFiles(folder, 1);
  await writeFile(join(folder, '001.jsonl'), requestLines(3, 'what fails'));
  await submit({folder, env: lost.env}, '001.jsonl');
  lost.emulator.control.advance(60_000);
  const {jobs} = lookIn(folder, lost.emulator);
  expect(await jobs.find(await workOf(join(folder, '001.jsonl')))).toBeUndefined();
});

test('of several jobs the newest is taken and the others are named', async () => {
  const lost = await lostJobInfo();
  const [older = ''] = lost.emulator.control.jobs();
  lost.emulator.control.advance(1_000);
  const newer = await createAgain(lost, 'newer00000');
  const found = await lost.jobs.find(lost.work);
  expect([found?.batch.name, found?.others.map(({name}) => name)]).toEqual([newer, [older]]);
});

test('a job that is recorded is not adopted a second time', async () => {
  const {folder, emulator, work} = await lostJobInfo();
  const client = new GeminiBatchClient({apiKey: 'k', clock: systemClock, baseUrl: emulator.url});
  const {store} = lookIn(folder, emulator);
  const jobs = new OwnJobs({store, client, isRecorded: (name) => name === emulator.control.jobs()[0]});
  expect(await jobs.find(work)).toBeUndefined();
});

test('a list that breaks off proves nothing: the file must not be sent', async () => {
  const {jobs, work, emulator} = await lostJobInfo();
  emulator.control.fault({on: 'batches.list', times: null, fault: {kind: 'status', status: 503}});
  await expect(jobs.find({...work, inputFile: 'other.jsonl'})).rejects.toMatchObject({code: 'SERVICE'});
});

test('the record says when it was adopted, and poll deletes nothing of such a job', async () => {
  const {folder, emulator, env, jobs, store, work} = await lostJobInfo();
  const job = await jobs.find(work);
  if (job === undefined) throw new Error('not found');
  await store.withSession({timeoutMs: 0}, async (session) => {
    adoptOwnJob(session, {work, job, address: undefined, adoptedAt: '2026-01-31T12:00:00Z'});
  });
  expect(await records(folder)).toMatchObject([
    {input_file: '001.jsonl', count: 3, sha256: work.sha256, adopted_at: '2026-01-31T12:00:00Z'},
  ]);
  emulator.control.advance(60_000);
  expect((await runCli(['poll', '--once'], {cwd: folder, env})).code).toBe(0);
  expect((await runCli(['cleanup', '--yes'], {cwd: folder, env})).code).toBe(0);
  expect(emulator.control.jobs()).toEqual([job.batch.name]);
  expect(emulator.control.files()).toHaveLength(1);
  expect((await runCli(['cleanup', '001.jsonl', '--yes'], {cwd: folder, env})).code).toBe(0);
  expect(emulator.control.jobs()).toEqual([]);
  expect(emulator.control.files()).toEqual([]);
});

test('the retries of an adopted job find their place again', async () => {
  const folder = await tempDir();
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  const [path = ''] = await requestFiles(folder, 1);
  emulator.control.outcome({match: '001.jsonl', rows: [{fault: 'error', keys: ['r2']}]});
  await submit({folder, env}, '001.jsonl');
  emulator.control.advance(60_000);
  await runCli(['poll', '--once', '--keep-remote'], {cwd: folder, env});
  await runCli(['retry'], {cwd: folder, env});
  const [, retry] = await records(folder);
  await rm(join(folder, 'job-info.jsonl'));
  await rm(join(folder, 'results'), {recursive: true});

  const {jobs, store} = lookIn(folder, emulator);
  const work = await workOf(path);
  const job = await jobs.find(work);
  if (job === undefined) throw new Error('not found');
  await store.withSession({timeoutMs: 0}, async (session) => {
    adoptOwnJob(session, {work, job, address: undefined, adoptedAt: '2026-01-31T12:00:00Z'});
  });
  expect(await records(folder)).toMatchObject([
    {input_file: '001.jsonl'},
    {input_file: retry?.input_file, retry_of: job.batch.name, batch: {name: retry?.batch.name}},
  ]);
  emulator.control.advance(60_000);
  await runCli(['poll', '--once'], {cwd: folder, env});
  expect(emulator.control.paid()).toHaveLength(2);
});
