import {createHash} from 'node:crypto';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import type {EmulatorOptions, Emulator} from '../../../../src/emulator/http/server.js';
import {jobDisplayName, uploadDisplayName} from '../../../../src/lib/domain/job/display-name.js';
import {newAttempt} from '../../../../src/lib/domain/job/new-attempt.js';
import type {UploadFile} from '../../../../src/lib/services/batch-service.js';
import {createAuthorizer} from '../../../../src/lib/services/vertex/credentials/google-credentials.js';
import {
  VertexBatchClient,
  type VertexBatchClientOptions,
} from '../../../../src/lib/services/vertex/vertex-batch-client.js';
import {tempDir} from '../../../helpers/temp-dir.js';
import {useEmulator} from '../../../helpers/use-emulator.js';

export const MODEL = 'models/gemini-2.5-flash-lite';

/** A client on an emulator of its own, whose pauses take no time. */
export async function openVertex(
  options: EmulatorOptions = {},
  overrides: Partial<VertexBatchClientOptions> = {},
): Promise<{readonly client: VertexBatchClient; readonly emulator: Emulator}> {
  const {emulator} = await useEmulator({seed: 1, speed: 0, ...options});
  const client = new VertexBatchClient({
    project: 'my-project',
    location: 'global',
    bucket: 'gs://bucket/work',
    authorize: createAuthorizer([emulator.url], {}),
    clock: {now: () => Date.now(), monotonic: () => performance.now(), sleep: async () => undefined},
    baseUrl: emulator.url,
    storageUrl: emulator.url,
    ...overrides,
  });
  return {client, emulator};
}

/** A request file that was inspected. */
export async function inspected(content: string): Promise<UploadFile> {
  const path = join(await tempDir(), '001.jsonl');
  await writeFile(path, content);
  const sha256 = createHash('sha256').update(content).digest('hex');
  return {
    path,
    sizeBytes: Buffer.byteLength(content),
    sha256,
    displayName: uploadDisplayName('001.jsonl', sha256),
  };
}

/** Uploads a request file and creates its job. @returns the name of the job. */
export async function createdJob(client: VertexBatchClient, content: string): Promise<string> {
  const file = await inspected(content);
  const {name: fileName} = await client.uploadFile(file);
  const displayName = jobDisplayName('001.jsonl', file.sha256, newAttempt());
  return (await client.createBatch({model: MODEL, fileName, displayName})).name;
}

/** Puts an object in the bucket, as somebody else does. */
export async function putObject(
  {url}: Pick<Emulator, 'url'>,
  name: string,
  content: string,
  bucket = 'bucket',
): Promise<void> {
  const query = `uploadType=media&name=${encodeURIComponent(name)}`;
  const answer = await fetch(`${url}/upload/storage/v1/b/${bucket}/o?${query}`, {
    method: 'POST',
    headers: {authorization: 'Bearer t', 'content-type': 'application/jsonl'},
    body: content,
  });
  if (!answer.ok) throw new Error(`The object was not put there: ${await answer.text()}`);
}

/** Deletes an object, as somebody else does. @param address - `gs://bucket/name`. */
export async function deleteObject({url}: Pick<Emulator, 'url'>, address: string): Promise<void> {
  const [, bucket = '', name = ''] = /^gs:\/\/([^/]+)\/(.+)$/u.exec(address) ?? [];
  const response = await fetch(`${url}/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}`, {
    method: 'DELETE',
    headers: {authorization: 'Bearer t'},
  });
  if (!response.ok) throw new Error(await response.text());
}
