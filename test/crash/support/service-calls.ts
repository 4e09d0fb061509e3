import type {Emulator} from '../../../src/emulator/http/server.js';
import {requestLines} from '../../helpers/request-files.js';
import {MODEL} from '../../helpers/submit.js';

/** Calls of somebody else at the same service, over plain HTTP. */
export interface ServiceCalls {
  /** Makes jobs that are not ours. */
  createJobs(count: number, displayName?: string): Promise<void>;
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
  return {
    async createJobs(count, displayName = 'not ours') {
      const fileName = await upload(emulator, post);
      const batch = JSON.stringify({batch: {inputConfig: {fileName}, displayName}});
      for (let made = 0; made < count; made += 1)
        await post(`/v1beta/models/${MODEL}:batchGenerateContent`, {}, batch);
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
