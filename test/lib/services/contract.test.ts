import {createHash, randomUUID} from 'node:crypto';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import type {BatchJob} from '../../../src/lib/domain/job/batch-job.js';
import {jobDisplayName, uploadDisplayName} from '../../../src/lib/domain/job/display-name.js';
import {newAttempt} from '../../../src/lib/domain/job/new-attempt.js';
import type {RemoteFile, UploadFile} from '../../../src/lib/services/batch-service.js';
import {requestLines} from '../../helpers/request-files.js';
import {tempDir} from '../../helpers/temp-dir.js';
import {SERVICES, type ServiceUnderTest} from './services-under-test.js';

async function* bytesIn(chunks: AsyncIterable<Buffer>): AsyncGenerator<readonly string[]> {
  for await (const chunk of chunks) yield [chunk.toString()];
}

/** What every client behind the port must do. */
describe.each(SERVICES)('$name', ({open}) => {
  test('has models that take batch jobs, and names one that it does not have', async () => {
    const {service, model} = await open();
    expect(await service.getModel(model)).toMatchObject({name: model, isBatchable: true});
    expect(await service.listModels()).toContainEqual(expect.objectContaining({name: model}));
    await expect(service.getModel(`${model}-of-nobody`)).rejects.toMatchObject({code: 'MODEL_UNAVAILABLE'});
  });

  test('counts the input of a request with its system instruction, in either spelling, and says what it refuses', async () => {
    const {service, model} = await open();
    const contents = [{role: 'user', parts: [{text: 'Name three seas and a lake.'}]}];
    const {total} = await service.countTokens(model, {contents});
    expect(total).toBeGreaterThan(0);
    const parts = [{text: 'Answer in one word, without any punctuation.'}];
    const longer = await service.countTokens(model, {contents, system_instruction: {parts}});
    expect(longer.total).toBeGreaterThan(total);
    expect(longer.by_modality).toEqual({text: longer.total});
    await expect(service.countTokens(model, {contents: []})).rejects.toMatchObject({code: 'REFUSED'});
    await expect(service.countTokens(`${model}-of-nobody`, {contents})).rejects.toMatchObject({
      code: 'MODEL_UNAVAILABLE',
    });
  });

  test('has the bytes of an upload, lists it, and forgets it once it is deleted', async () => {
    const {service} = await open();
    const file = await requestFile();
    const {name} = await service.uploadFile(file);
    expect(await service.getFile(name)).toMatchObject({name, sizeBytes: file.sizeBytes});
    expect(await allOf(service.listFiles())).toContainEqual(expect.objectContaining({name}));
    expect(await service.deleteFile(name)).toBe('deleted');
    expect(await service.deleteFile(name)).toBe('absent');
    await expect(service.getFile(name)).rejects.toMatchObject({code: 'NOT_FOUND'});
  });

  test('lists and reads request files in a bucket, or says that it reads none there', async () => {
    const {service, putObject} = await open();
    if (putObject === undefined) {
      await expect(service.listInputs('gs://bucket/*')).rejects.toMatchObject({code: 'USAGE'});
      return;
    }
    await putObject('in/a.jsonl', 'a\n');
    const [input] = await service.listInputs('gs://bucket/in/*.jsonl');
    expect(input).toMatchObject({address: 'gs://bucket/in/a.jsonl', sizeBytes: 2});
    const chunks = input === undefined ? [] : await allOf(bytesIn(service.openInput(input)));
    expect(chunks.join('')).toBe('a\n');
  });

  test('uploads nothing of a file that has changed', async () => {
    const {service} = await open();
    const file = await requestFile();
    await writeFile(file.path, requestLines(2, 'other'));
    await expect(service.uploadFile(file)).rejects.toMatchObject({code: 'FILE_CHANGED'});
    expect(await allOf(service.listFiles())).toEqual([]);
  });

  test('describes a job alike when it is created, got and listed', async () => {
    const tested = await open();
    const {job, upload, displayName} = await createdJob(tested);
    const told = {name: job.name, display_name: displayName, src: {file_name: upload.name}};
    expect(job).toMatchObject({...told, model: tested.model});
    expect(await tested.service.getBatch(job.name)).toMatchObject(told);
    expect(await allOf(tested.service.listBatches())).toMatchObject([told]);
  });

  test('refuses a create for a model that it does not have, and makes no job', async () => {
    const {service, model} = await open();
    const {name} = await service.uploadFile(await requestFile());
    const create = service.createBatch({model: `${model}-of-nobody`, fileName: name, displayName: 'd'});
    await expect(create).rejects.toMatchObject({code: 'MODEL_UNAVAILABLE'});
    expect(await allOf(service.listBatches())).toEqual([]);
  });

  test('sends a create once when its answer is lost, and finds its job by the display name', async () => {
    const {service, model, loseAnswerToCreate, creates} = await open();
    const {name} = await service.uploadFile(await requestFile());
    const displayName = jobDisplayName('001.jsonl', 'f'.repeat(64), newAttempt());
    loseAnswerToCreate();
    await expect(service.createBatch({model, fileName: name, displayName})).rejects.toMatchObject({
      code: 'UNCLEAR',
    });
    expect(creates()).toBe(1);
    expect(await allOf(service.listBatches())).toMatchObject([
      {display_name: displayName, src: {file_name: name}},
    ]);
  });

  test('cancels a job, deletes it, and knows it no more', async () => {
    const tested = await open();
    const {service} = tested;
    const {job} = await createdJob(tested);
    await service.cancelBatch(job.name);
    expect(await service.deleteBatch(job.name)).toBe('deleted');
    expect(await service.deleteBatch(job.name)).toBe('absent');
    await expect(service.getBatch(job.name)).rejects.toMatchObject({code: 'NOT_FOUND'});
    await expect(service.cancelBatch(job.name)).rejects.toMatchObject({code: 'NOT_FOUND'});
  });

  test('gives the result of a job from any byte on', async () => {
    const tested = await open();
    const {job} = await createdJob(tested);
    tested.finishJobs();
    const {state, dest} = await tested.service.getBatch(job.name);
    expect(state).toBe('JOB_STATE_SUCCEEDED');
    const result = await bytesOf(tested.service.download(dest?.file_name ?? ''));
    expect(result.toString().trimEnd().split('\n')).toHaveLength(3);
    const rest = tested.service.download(dest?.file_name ?? '', {fromByte: 100});
    expect((await bytesOf(rest)).equals(result.subarray(100))).toBe(true);
  });

  test('tells its own time once it has answered', async () => {
    const {service, model} = await open();
    expect(service.serviceTime()).toBeUndefined();
    await service.getModel(model);
    expect(service.serviceTime()).toEqual(expect.any(Number));
  });

  test('ends what is not wanted any more', async () => {
    const {service, model} = await open();
    const signal = AbortSignal.abort();
    await expect(service.getModel(model, {signal})).rejects.toMatchObject({code: 'INTERRUPTED'});
    const upload = service.uploadFile(await requestFile(), {signal});
    await expect(upload).rejects.toMatchObject({code: 'INTERRUPTED'});
  });
});

async function createdJob({
  service,
  model,
}: ServiceUnderTest): Promise<{job: BatchJob; upload: RemoteFile; displayName: string}> {
  const file = await requestFile();
  const upload = await service.uploadFile(file);
  const displayName = jobDisplayName('001.jsonl', file.sha256, newAttempt());
  return {job: await service.createBatch({model, fileName: upload.name, displayName}), upload, displayName};
}

/** Three requests, unlike those of any other call. */
async function requestFile(): Promise<UploadFile> {
  const path = join(await tempDir(), '001.jsonl');
  const content = Buffer.from(requestLines(3, randomUUID()));
  await writeFile(path, content);
  const sha256 = createHash('sha256').update(content).digest('hex');
  return {path, sizeBytes: content.length, sha256, displayName: uploadDisplayName('001.jsonl', sha256)};
}

async function allOf<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const items: T[] = [];
  for await (const page of pages) items.push(...page);
  return items;
}

async function bytesOf(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const read: Buffer[] = [];
  for await (const chunk of chunks) read.push(Buffer.from(chunk));
  return Buffer.concat(read);
}
