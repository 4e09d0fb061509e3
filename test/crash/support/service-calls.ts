import type {Emulator} from '../../../src/emulator/http/server.js';
import {requestLines} from '../../helpers/request-files.js';
import {MODEL} from '../../helpers/submit.js';

/** Calls of somebody else at the same service, over plain HTTP. */
export interface ServiceCalls {
  /** Makes jobs that are not ours. */
  createJobs(count: number, displayName?: string): Promise<void>;
  /** Makes a job whose requests are in the call; its name. */
  createInlineJob(): Promise<string>;
}

export function serviceCalls(emulator: Emulator): ServiceCalls {
  const post = async (path: string, headers: Record<string, string>, body: string): Promise<Response> => {
    const response = await fetch(`${emulator.url}${path}`, {
      method: 'POST',
      headers: {'x-goog-api-key': 'somebody-else', 'content-type': 'application/json', ...headers},
      body,
    });
    if (!response.ok) throw new Error(await response.text());
    return response;
  };
  const create = async (batch: object): Promise<Response> =>
    post(`/v1beta/models/${MODEL}:batchGenerateContent`, {}, JSON.stringify({batch}));
  return {
    async createJobs(count, displayName = 'not ours') {
      const fileName = await upload(emulator, post);
      for (let made = 0; made < count; made += 1) await create({inputConfig: {fileName}, displayName});
    },
    async createInlineJob() {
      const request = {contents: [{role: 'user', parts: [{text: 'one'}]}]};
      const requests = [{request, metadata: {key: 'r1'}}];
      const made = await create({displayName: 'inline', inputConfig: {requests: {requests}}});
      return ((await made.json()) as {name: string}).name;
    },
  };
}

/** @returns the resource name of the uploaded file. */
async function upload(
  {url}: Emulator,
  post: (path: string, headers: Record<string, string>, body: string) => Promise<Response>,
): Promise<string> {
  const start = await post(
    '/upload/v1beta/files',
    {'x-goog-upload-protocol': 'resumable', 'x-goog-upload-command': 'start'},
    JSON.stringify({file: {mimeType: 'application/jsonl'}}),
  );
  const address = (start.headers.get('x-goog-upload-url') ?? '').slice(url.length);
  const headers = {'x-goog-upload-command': 'upload, finalize', 'x-goog-upload-offset': '0'};
  const end = await post(address, headers, requestLines(1, 'other things'));
  const {file} = (await end.json()) as {file: {name: string}};
  return file.name;
}
