import {execFileSync} from 'node:child_process';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import type {BatchJob} from '../../../../src/lib/domain/job/batch-job.js';
import {jobDisplayName} from '../../../../src/lib/domain/job/display-name.js';
import {newAttempt} from '../../../../src/lib/domain/job/new-attempt.js';
import {Crc32c} from '../../../../src/lib/services/vertex/crc32c.js';
import {createAuthorizer} from '../../../../src/lib/services/vertex/credentials/google-credentials.js';
import {requestLines} from '../../../helpers/request-files.js';
import {tempDir} from '../../../helpers/temp-dir.js';
import {until} from '../../../helpers/until.js';
import {createdJob, inspected, MODEL, openVertex} from './open-vertex.js';

describe('calls of Vertex AI', () => {
  test('create a job with labels by which it is found, and with a folder of its own for the results', async () => {
    const {client, emulator} = await openVertex();
    const file = await inspected(requestLines(2));
    const {name: fileName} = await client.uploadFile(file);
    const attempt = newAttempt();
    const {name} = await client.createBatch({
      model: MODEL,
      fileName,
      displayName: jobDisplayName('001.jsonl', file.sha256, attempt),
    });
    const job: unknown = await (
      await fetch(`${emulator.url}/v1/${name}`, {headers: {authorization: 'Bearer t'}})
    ).json();
    expect(job).toMatchObject({
      labels: {gembatch_attempt: attempt, gembatch_input: file.sha256.slice(0, 32)},
      outputConfig: {gcsDestination: {outputUriPrefix: `gs://bucket/work/results/${attempt}/`}},
    });
  });

  test('look the jobs of creates up by their label, and go through all where one is missing', async () => {
    const {client, emulator} = await openVertex();
    const attempts: string[] = [];
    for (const content of [requestLines(1), requestLines(2), requestLines(3)]) {
      const file = await inspected(content);
      const {name: fileName} = await client.uploadFile(file);
      const attempt = newAttempt();
      attempts.push(attempt);
      const displayName = jobDisplayName('001.jsonl', file.sha256, attempt);
      await client.createBatch({model: MODEL, fileName, displayName});
    }
    const wanted = attempts.slice(0, 2);
    const found = await namesOf(client.listBatches({attempts: wanted}));
    expect(found).toEqual(wanted.map((attempt): unknown => expect.stringContaining(attempt)));
    expect(emulator.control.counts()['batches.list']).toBe(2);
    expect(await namesOf(client.listBatches({attempts: [newAttempt(), ...wanted]}))).toHaveLength(3);
  });

  test('say since when a job runs', async () => {
    const {client, emulator} = await openVertex({behaviour: {pending_ms: 60_000, running_ms: 60_000}});
    const name = await createdJob(client, requestLines(2));
    expect(await client.getBatch(name)).not.toHaveProperty('start_time');
    emulator.control.advance(90_000);
    const {create_time: created = '', start_time: started = ''} = await client.getBatch(name);
    expect(Date.parse(started) - Date.parse(created)).toBe(60_000);
  });

  test('of a job go where its name says, whatever is set', async () => {
    const {client, emulator} = await openVertex();
    const name = await createdJob(client, requestLines(2));
    const {client: other} = await openVertex(
      {},
      {baseUrl: emulator.url, project: undefined, bucket: undefined},
    );
    expect(await other.getBatch(name)).toMatchObject({name});
    await expect(other.getBatch('projects/p/locations/x/batchPredictionJobs/1:cancel')).rejects.toMatchObject(
      {
        code: 'REFUSED',
      },
    );
    await expect(other.uploadFile(await inspected('x'))).rejects.toMatchObject({code: 'USAGE'});
  });

  test('that cancel a job which is over are as good as done', async () => {
    const {client, emulator} = await openVertex();
    const name = await createdJob(client, requestLines(2));
    emulator.control.advance(86_400_000);
    emulator.control.fault({
      on: 'batches.cancel',
      fault: {kind: 'status', status: 400, body: {error: {code: 400}}},
    });
    await client.cancelBatch(name);
    expect(emulator.control.counts()['batches.cancel']).toBe(1);
  });

  test('that are refused say what an account needs', async () => {
    const {client} = await openVertex({behaviour: {disabled_projects: ['my-project']}});
    const file = await inspected(requestLines(2));
    const {name: fileName} = await client.uploadFile(file);
    const create = client.createBatch({model: MODEL, fileName, displayName: 'd'});
    await expect(create).rejects.toMatchObject({
      code: 'REFUSED',
      suggestions: [
        expect.stringContaining('roles/aiplatform.user'),
        expect.stringContaining('wait some minutes'),
      ],
    });
  });
});

describe('credentials', () => {
  test('go to this machine and to those who gave them, and nowhere else', async () => {
    const {emulator} = await openVertex();
    const GOOGLE_APPLICATION_CREDENTIALS = await federatedCredentials(emulator.url);
    const local = createAuthorizer([emulator.url], {GOOGLE_APPLICATION_CREDENTIALS});
    expect(await local()).toEqual({authorization: 'Bearer emulated-token'});
    expect(emulator.control.counts()['credentials']).toBe(1);
    const foreign = createAuthorizer(['https://gateway.example.com/'], {GOOGLE_APPLICATION_CREDENTIALS});
    await expect(foreign()).rejects.toMatchObject({code: 'USAGE'});
    expect(emulator.control.counts()['credentials']).toBe(1);
  });

  test('that are not there are named, with what to run', async () => {
    const file = join(await tempDir(), 'none.json');
    const authorize = createAuthorizer(['https://aiplatform.googleapis.com/'], {
      GOOGLE_APPLICATION_CREDENTIALS: file,
    });
    await expect(authorize()).rejects.toMatchObject({
      code: 'KEY_MISSING',
      message: expect.stringContaining(`${file} is not there`),
      suggestions: [expect.anything(), expect.stringContaining('gcloud auth application-default login')],
    });
  });

  test('that are refused are not taken for missing', async () => {
    const {emulator} = await openVertex();
    const GOOGLE_APPLICATION_CREDENTIALS = await federatedCredentials(emulator.url);
    const refusal = {kind: 'status', status: 400, body: {error: 'invalid_grant'}} as const;
    emulator.control.fault({on: 'credentials', times: null, fault: refusal});
    const authorize = createAuthorizer([emulator.url], {GOOGLE_APPLICATION_CREDENTIALS});
    await expect(authorize()).rejects.toMatchObject({code: 'KEY_REFUSED'});
  });

  test('in a pipe are refused at once', async () => {
    const file = join(await tempDir(), 'pipe');
    execFileSync('mkfifo', [file]);
    const authorize = createAuthorizer(['https://aiplatform.googleapis.com/'], {
      GOOGLE_APPLICATION_CREDENTIALS: file,
    });
    await expect(authorize()).rejects.toMatchObject({
      code: 'KEY_MISSING',
      message: expect.stringContaining('is a pipe'),
    });
  });

  test('are not waited for when nobody wants them any more', async () => {
    const {emulator} = await openVertex();
    const GOOGLE_APPLICATION_CREDENTIALS = await federatedCredentials(emulator.url);
    emulator.control.fault({on: 'credentials', times: null, fault: {kind: 'hang_before'}});
    const stop = new AbortController();
    const authorize = createAuthorizer([emulator.url], {GOOGLE_APPLICATION_CREDENTIALS});
    const headers = authorize(stop.signal);
    await until(() => emulator.control.counts()['credentials'] === 1);
    stop.abort();
    await expect(headers).rejects.toMatchObject({code: 'INTERRUPTED'});
    emulator.control.clearFaults();
    expect(await authorize()).toEqual({authorization: 'Bearer emulated-token'});
  });

  test('that emulators take are none of anybody', async () => {
    expect(await createAuthorizer(['http://127.0.0.1:1/', 'http://localhost:2'], {})()).toEqual({
      authorization: 'Bearer emulator',
    });
  });
});

async function namesOf(pages: AsyncIterable<readonly BatchJob[]>): Promise<readonly (string | undefined)[]> {
  const jobs: BatchJob[] = [];
  for await (const page of pages) jobs.push(...page);
  return jobs.map(({display_name: name}) => name);
}

/** A file of workload identity federation whose tokens come from an emulator. */
async function federatedCredentials(url: string): Promise<string> {
  const folder = await tempDir();
  const subject = join(folder, 'subject-token');
  const file = join(folder, 'credentials.json');
  await writeFile(subject, 'a-token-of-a-ci-system');
  const content = {
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `${url}/token`,
    credential_source: {file: subject},
  };
  await writeFile(file, JSON.stringify(content));
  return file;
}

test('the checksum is that of Cloud Storage, in whatever pieces the bytes come', () => {
  const text = 'The quick brown fox jumps over the lazy dog';
  const whole = new Crc32c();
  whole.update(Buffer.from(text));
  const pieces = new Crc32c();
  for (const part of [text.slice(0, 3), text.slice(3, 20), text.slice(20)]) pieces.update(Buffer.from(part));
  expect([whole.digest(), pieces.digest()]).toEqual(['ImIEBA==', 'ImIEBA==']);
});
