const HEADERS = {'x-goog-api-key': 'bench', 'content-type': 'application/json'};
const MODEL = 'models/gemini-2.5-flash-lite';

/** Creates batch jobs at an emulator, all of one file. Returns their names. */
export async function createJobs(url: string, jobs: number): Promise<string[]> {
  const file = await uploadFile(url);
  const names: string[] = [];
  for (let i = 0; i < jobs; i += 1) {
    const batch = {inputConfig: {fileName: file}, displayName: `job ${i}`};
    const {name} = await post<{name: string}>(`${url}/v1beta/${MODEL}:batchGenerateContent`, {
      body: JSON.stringify({batch}),
    });
    names.push(name);
  }
  return names;
}

async function uploadFile(url: string): Promise<string> {
  const start = await fetch(`${url}/upload/v1beta/files`, {
    method: 'POST',
    headers: {...HEADERS, 'x-goog-upload-protocol': 'resumable', 'x-goog-upload-command': 'start'},
    body: JSON.stringify({file: {mimeType: 'application/jsonl'}}),
  });
  const session = start.headers.get('x-goog-upload-url') ?? '';
  const {file} = await post<{file: {name: string}}>(session, {
    headers: {'x-goog-upload-command': 'upload, finalize', 'x-goog-upload-offset': '0'},
    body: `${JSON.stringify({key: 'r1', request: {contents: [{parts: [{text: 'Hello.'}]}]}})}\n`,
  });
  return file.name;
}

async function post<T>(
  url: string,
  {headers = {}, body}: {headers?: Readonly<Record<string, string>>; body: string},
): Promise<T> {
  const response = await fetch(url, {method: 'POST', headers: {...HEADERS, ...headers}, body});
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as T;
}
