/**
 * What this program relies on, asked of the emulator or, with GEMBATCH_LIVE=1, of the real service: under names of its
 * own, with the cheapest model, and cleaned up afterwards.
 */
import {createHash, randomUUID} from 'node:crypto';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import type {BatchJob} from '../../src/lib/domain/job/batch-job.js';
import type {RemoteFile} from '../../src/lib/services/batch-service.js';
import {GeminiBatchClient} from '../../src/lib/services/gemini/gemini-batch-client.js';
import {systemClock} from '../../src/lib/system-clock.js';
import {conformanceTarget, emulatorOnly, IS_LIVE} from '../helpers/conformance-target.js';
import {requestLines} from '../helpers/request-files.js';
import {tempDir} from '../helpers/temp-dir.js';
import {useEmulator} from '../helpers/use-emulator.js';

const MODEL = 'models/gemini-2.5-flash-lite';
/** The real service takes seconds where the emulator takes none. */
const TIMEOUT_MS = IS_LIVE ? 300_000 : 60_000;

interface Upload {
  readonly file: RemoteFile;
  readonly sizeBytes: number;
  readonly sha256: string;
}

async function upload(client: GeminiBatchClient, displayName: string): Promise<Upload> {
  const path = join(await tempDir(), 'requests.jsonl');
  const content = Buffer.from(requestLines(1, displayName));
  await writeFile(path, content);
  const facts = {sizeBytes: content.length, sha256: createHash('sha256').update(content).digest('hex')};
  return {file: await client.uploadFile({path, displayName, ...facts}), ...facts};
}

async function listed(client: GeminiBatchClient, displayName: string): Promise<readonly BatchJob[]> {
  const found: BatchJob[] = [];
  for await (const page of client.listBatches())
    found.push(...page.filter((job) => job.display_name === displayName));
  return found;
}

test(
  'a model says whether it takes batch jobs, and the list has those that do',
  async () => {
    const {client} = await conformanceTarget();
    expect(await client.getModel(MODEL)).toMatchObject({name: MODEL, isBatchable: true});
    const models = await client.listModels();
    expect(models.filter(({isBatchable}) => isBatchable).map(({name}) => name)).toContain(MODEL);
  },
  TIMEOUT_MS,
);

test(
  'a model that does not exist, and a key that is none, are told apart',
  async () => {
    const {client, withKey} = await conformanceTarget();
    await expect(client.getModel('models/no-such-model')).rejects.toMatchObject({code: 'MODEL_UNAVAILABLE'});
    await expect(withKey('invalid-key').getModel(MODEL)).rejects.toMatchObject({code: 'KEY_REFUSED'});
  },
  TIMEOUT_MS,
);

test(
  'an uploaded file is described by its size and fingerprint, listed, and gone once deleted',
  async () => {
    const {client} = await conformanceTarget();
    const displayName = `gembatch conformance ${randomUUID()}`;
    const {file, sizeBytes, sha256} = await upload(client, displayName);
    expect(file).toMatchObject({name: expect.stringMatching(/^files\//u), sizeBytes});
    expect([undefined, sha256]).toContain(file.sha256);
    const names: string[] = [];
    for await (const page of client.listFiles()) names.push(...page.map(({name}) => name));
    expect(names).toContain(file.name);
    expect(await client.deleteFile(file.name)).toBe('deleted');
    expect(await client.deleteFile(file.name)).toBe('absent');
    await expect(client.getFile(file.name)).rejects.toMatchObject({code: 'NOT_FOUND'});
  },
  TIMEOUT_MS,
);

test(
  'a created job is found by its display name and its file, got, cancelled and deleted',
  async () => {
    const {client} = await conformanceTarget();
    const displayName = `gembatch conformance ${randomUUID()} #gb-000000000000-conformance`;
    const {file} = await upload(client, displayName);
    const job = await client.createBatch({model: MODEL, fileName: file.name, displayName});
    try {
      expect(job).toMatchObject({
        name: expect.stringMatching(/^batches\//u),
        display_name: displayName,
        src: {file_name: file.name},
        state: expect.stringMatching(/^JOB_STATE_(?:PENDING|RUNNING)$/u),
      });
      expect(await listed(client, displayName)).toMatchObject([
        {name: job.name, src: {file_name: file.name}},
      ]);
      expect(await client.getBatch(job.name)).toMatchObject({name: job.name, display_name: displayName});
      await client.cancelBatch(job.name);
    } finally {
      await client.deleteBatch(job.name);
      await client.deleteFile(file.name);
    }
    await expect(client.getBatch(job.name)).rejects.toMatchObject({code: 'NOT_FOUND'});
  },
  TIMEOUT_MS,
);

test(
  'a create for a file that is not there is refused, and makes no job',
  async () => {
    const {client} = await conformanceTarget();
    const displayName = `gembatch conformance ${randomUUID()}`;
    const create = client.createBatch({model: MODEL, fileName: 'files/doesnotexist', displayName});
    await expect(create).rejects.toMatchObject({details: {status: expect.any(Number)}});
    await expect(create).rejects.not.toMatchObject({code: 'UNCLEAR'});
    expect(await listed(client, displayName)).toEqual([]);
  },
  TIMEOUT_MS,
);

emulatorOnly('the results of a finished job can be downloaded from any byte on', async () => {
  const {emulator, env} = await useEmulator({speed: 0, seed: 1});
  const client = new GeminiBatchClient({
    apiKey: env.GEMINI_API_KEY,
    clock: systemClock,
    baseUrl: emulator.url,
  });
  const {file} = await upload(client, 'results');
  const {name} = await client.createBatch({model: MODEL, fileName: file.name, displayName: 'results'});
  emulator.control.advance(60_000);
  const {state, dest} = await client.getBatch(name);
  expect(state).toBe('JOB_STATE_SUCCEEDED');
  const read = async (fromByte: number): Promise<string> => {
    const chunks: Buffer[] = [];
    for await (const chunk of client.download(dest?.file_name ?? '', {fromByte})) chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8');
  };
  const whole = await read(0);
  expect(whole).toContain('"key":"r1"');
  expect(await read(10)).toBe(whole.slice(10));
});
